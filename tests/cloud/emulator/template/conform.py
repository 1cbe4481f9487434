"""Holding a resource's properties against its schema: what is wrong, and the values in the types of the schema.

CloudFormation takes `"20"` for 20 and `true` for `"true"`; everything else must fit.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from .intrinsics import NO_VALUE, Later, text


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, where (`/Properties/A/0/B`), and which check found it."""

    path: str
    message: str


@dataclass
class _Check:
    """One walk through properties and schema together."""

    root: dict[str, Any]
    faults: list[Fault] = field(default_factory=list)


def conform(value: Any, schema: dict[str, Any], path: str = "/Properties") -> tuple[Any, list[Fault]]:
    """Returns the value in the schema's types, and what does not fit. Unresolved functions and Later fit everything."""
    check = _Check(schema)
    top = {key: inner for key, inner in schema.items() if key in _TOP}
    fitted = _fit(value, {**top, "type": "object"}, path, check)
    if isinstance(value, dict):
        for name in value:
            if f"/properties/{name}" in schema.get("readOnlyProperties", []):
                check.faults.append(Fault(f"{path}/{name}", f"Encountered read-only property {name}, which a template cannot set"))
    return fitted, check.faults


_TOP = {
    "properties", "patternProperties", "additionalProperties", "required", "anyOf", "oneOf", "allOf",
    "dependentRequired", "dependentExcluded", "requiredXor", "requiredOr",
}  # fmt: skip


def _is_open(value: Any) -> bool:
    """Says whether a value is known only later, so that nothing can be said about it now."""
    if isinstance(value, Later) or value is NO_VALUE:
        return True
    return isinstance(value, str) and "{{resolve:" in value


def _fit(value: Any, schema: Any, path: str, check: _Check) -> Any:
    schema = _deref(schema, check.root)
    if not isinstance(schema, dict) or _is_open(value):
        return value
    value = _typed(value, schema, path, check)
    if isinstance(value, dict):
        value = _object(value, schema, path, check)
    elif isinstance(value, list):
        value = _array(value, schema, path, check)
    elif value is not None:
        _scalar(value, schema, path, check)
    return _branches(value, schema, path, check)


def _deref(schema: Any, root: dict[str, Any]) -> Any:
    seen = 0
    while isinstance(schema, dict) and "$ref" in schema and seen < 20:
        target: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target.get(part.replace("~1", "/").replace("~0", "~"), {})
        schema = {**target, **{key: inner for key, inner in schema.items() if key != "$ref"}}
        seen += 1
    return schema


def _typed(value: Any, schema: dict[str, Any], path: str, check: _Check) -> Any:
    kinds = schema.get("type")
    if kinds is None:
        return value
    kinds = [kinds] if isinstance(kinds, str) else kinds
    for kind in kinds:
        if _is(value, kind):
            return value
    for kind in kinds:
        converted = _convert(value, kind)
        if converted is not None:
            return converted
    check.faults.append(Fault(path, f"expected type: {' or '.join(kinds)}, found: {_name(value)}"))
    return None


def _is(value: Any, kind: str) -> bool:
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "boolean": bool, "object": dict, "array": list}.get(kind, object))


def _convert(value: Any, kind: str) -> Any:
    if kind == "string" and isinstance(value, bool | int | float):
        return text(value)
    if kind == "boolean" and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind in ("integer", "number") and isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        number = float(value)
        return int(value) if "." not in value else number if kind == "number" else None
    return None


def _name(value: Any) -> str:
    names = {bool: "Boolean", int: "Integer", float: "Number", str: "String", list: "JSONArray", dict: "JSONObject"}
    return names.get(type(value), type(value).__name__)


def _object(value: dict[str, Any], schema: dict[str, Any], path: str, check: _Check) -> dict[str, Any]:
    known = schema.get("properties", {})
    fitted = {}
    for name, inner in value.items():
        patterned = next((one for pattern, one in schema.get("patternProperties", {}).items() if _matches(pattern, name)), None)
        if name in known:
            fitted[name] = _fit(inner, known[name], f"{path}/{name}", check)
        elif patterned is not None:
            fitted[name] = _fit(inner, patterned, f"{path}/{name}", check)
        elif schema.get("additionalProperties") is False and (known or schema.get("patternProperties")):
            check.faults.append(Fault(f"{path}/{name}", f"extraneous key [{name}] is not permitted"))
        else:
            fitted[name] = inner
    _members(value, schema, path, check)
    return fitted


def _members(value: dict[str, Any], schema: dict[str, Any], path: str, check: _Check) -> None:
    for name in schema.get("required", []):
        if name not in value:
            check.faults.append(Fault(path, f"required key [{name}] not found"))
    for name, needed in schema.get("dependentRequired", {}).items():
        missing = [one for one in needed if name in value and one not in value]
        check.faults.extend(Fault(path, f"property [{one}] is required with [{name}]") for one in missing)
    for name, excluded in schema.get("dependentExcluded", {}).items():
        both = [one for one in excluded if name in value and one in value]
        check.faults.extend(Fault(path, f"property [{one}] is not permitted with [{name}]") for one in both)
    choices = schema.get("requiredXor")
    if choices and sum(one in value for one in choices) != 1:
        check.faults.append(Fault(path, f"exactly one of {choices} is required"))
    if schema.get("requiredOr") and not any(one in value for one in schema["requiredOr"]):
        check.faults.append(Fault(path, f"one of {schema['requiredOr']} is required"))


def _array(value: list[Any], schema: dict[str, Any], path: str, check: _Check) -> list[Any]:
    if len(value) < schema.get("minItems", 0):
        check.faults.append(Fault(path, f"expected minimum item count: {schema['minItems']}, found: {len(value)}"))
    if "maxItems" in schema and len(value) > schema["maxItems"]:
        check.faults.append(Fault(path, f"expected maximum item count: {schema['maxItems']}, found: {len(value)}"))
    items = schema.get("items")
    return [_fit(item, items, f"{path}/{index}", check) for index, item in enumerate(value)] if items else value


def _scalar(value: Any, schema: dict[str, Any], path: str, check: _Check) -> None:
    if "enum" in schema and value not in schema["enum"] and text(value) not in [text(one) for one in schema["enum"]]:
        check.faults.append(Fault(path, f"#: {value} is not a valid enum value of {schema['enum']}"))
    if "const" in schema and value != schema["const"]:
        check.faults.append(Fault(path, f"#: {value} is not {schema['const']}"))
    if isinstance(value, str):
        _string(value, schema, path, check)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if value < schema.get("minimum", value):
            check.faults.append(Fault(path, f"#: {value} is not greater or equal to {schema['minimum']}"))
        if value > schema.get("maximum", value):
            check.faults.append(Fault(path, f"#: {value} is not less or equal to {schema['maximum']}"))


def _string(value: str, schema: dict[str, Any], path: str, check: _Check) -> None:
    if len(value) < schema.get("minLength", 0):
        check.faults.append(Fault(path, f"expected minLength: {schema['minLength']}, actual: {len(value)}"))
    if len(value) > schema.get("maxLength", len(value)):
        check.faults.append(Fault(path, f"expected maxLength: {schema['maxLength']}, actual: {len(value)}"))
    if "pattern" in schema and not _matches(schema["pattern"], value):
        check.faults.append(Fault(path, f"string [{value}] does not match pattern {schema['pattern']}"))


def _matches(pattern: str, value: str) -> bool:
    """Matches as the schemas mean it. A pattern that Python cannot read is not held against a value."""
    try:
        return re.search(pattern, value) is not None
    except re.error:
        return True


def _branches(value: Any, schema: dict[str, Any], path: str, check: _Check) -> Any:
    for branch in schema.get("allOf", []):
        value = _fit(value, branch, path, check)
    for word in ("anyOf", "oneOf"):
        branches = schema.get(word)
        if not branches:
            continue
        tried = [_try(value, branch, path, check.root) for branch in branches]
        fitting = next((fitted for fitted, faults in tried if not faults), None)
        if fitting is None and value is not None:
            check.faults.extend(min((faults for _, faults in tried), key=len))
        elif fitting is not None:
            value = fitting
    return value


def _try(value: Any, branch: Any, path: str, root: dict[str, Any]) -> tuple[Any, list[Fault]]:
    check = _Check(root)
    return _fit(value, branch, path, check), check.faults
