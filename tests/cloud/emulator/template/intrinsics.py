"""The intrinsic functions of a template, resolved.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import base64
import ipaddress
import json
import re
from collections.abc import Callable
from typing import Any, Protocol

from .errors import TemplateError, Unresolvable
from .references import attribute


class Scope(Protocol):
    """What names mean while a template is resolved. Each raises Unresolvable for a name without a value."""

    def ref(self, name: str) -> Any:
        """Returns what Ref gives for a parameter, a pseudo parameter or a resource."""

    def attribute(self, resource: str, name: str) -> Any:
        """Returns an attribute of a resource."""

    def condition(self, name: str) -> bool:
        """Says whether a condition holds."""

    def mapping(self, name: str, first: str, second: str) -> Any:
        """Returns a value of the template's Mappings."""

    def imported(self, name: str) -> Any:
        """Returns what another stack exports under a name."""

    def zones(self, region: str) -> list[str]:
        """Returns the availability zones of a region."""


class Later:
    """A value that is known only once a resource exists, while a change is planned. Text holds its place."""

    def __init__(self, resource: str, told: str):
        self.resource, self.told = resource, told

    def __repr__(self) -> str:
        return f"<{self.told}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Later) and other.told == self.told

    def __hash__(self) -> int:
        return hash(self.told)


NO_VALUE = object()


def resolve(value: Any, scope: Scope) -> Any:
    """Returns a value with every intrinsic function replaced by what it gives; members of AWS::NoValue are left out."""
    if isinstance(value, list):
        return [item for item in (resolve(inner, scope) for inner in value) if item is not NO_VALUE]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        name, argument = next(iter(value.items()))
        if name in _FUNCTIONS and (name != "Condition" or isinstance(argument, str)):
            return _FUNCTIONS[name](argument, scope)
        if name.startswith("Fn::"):
            raise TemplateError(f"Template error: the function {name} is not supported by this emulator")
    resolved = {key: resolve(inner, scope) for key, inner in value.items()}
    return {key: inner for key, inner in resolved.items() if inner is not NO_VALUE}


def _ref(name: Any, scope: Scope) -> Any:
    return NO_VALUE if name == "AWS::NoValue" else scope.ref(str(name))


def _get_att(argument: Any, scope: Scope) -> Any:
    resource, name = attribute(argument)
    return scope.attribute(resource, str(resolve(name, scope)))


def _if(argument: Any, scope: Scope) -> Any:
    name, yes, no = argument
    return resolve(yes if scope.condition(name) else no, scope)


def _join(argument: Any, scope: Scope) -> Any:
    separator, parts = argument[0], resolve(argument[1], scope)
    later = _later(parts)
    if later:
        return Later(later.resource, f"Join {separator!r} {parts!r}")
    if not isinstance(parts, list):
        raise Unresolvable("Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings")
    return separator.join(text(part) for part in parts)


def _sub(argument: Any, scope: Scope) -> Any:
    template, names = (argument, {}) if isinstance(argument, str) else (argument[0], resolve(argument[1], scope))
    found: list[Later] = []

    def fill(match: re.Match[str]) -> str:
        name = match.group(1).strip()
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        if name in names:
            value = names[name]
        elif "." in name:
            value = scope.attribute(*name.split(".", 1))
        else:
            value = scope.ref(name)
        if isinstance(value, Later):
            found.append(value)
            return repr(value)
        return text(value)

    filled = re.sub(r"\$\{([^}]+)\}", fill, template)
    return Later(found[0].resource, f"Sub {filled}") if found else filled


def _select(argument: Any, scope: Scope) -> Any:
    index, items = resolve(argument[0], scope), resolve(argument[1], scope)
    later = _later(items)
    if later:
        return Later(later.resource, f"Select {index} {items!r}")
    try:
        return items[int(index)]
    except (IndexError, ValueError, TypeError) as error:
        raise Unresolvable(f"Template error: Fn::Select cannot select nonexistent value at index {index}") from error


def _split(argument: Any, scope: Scope) -> Any:
    value = resolve(argument[1], scope)
    if isinstance(value, Later):
        return Later(value.resource, f"Split {argument[0]!r} {value!r}")
    return text(value).split(argument[0])


def _find_in_map(argument: Any, scope: Scope) -> Any:
    first, second, third = (resolve(part, scope) for part in argument[:3])
    try:
        return scope.mapping(first, text(second), text(third))
    except TemplateError:
        if len(argument) > 3 and "DefaultValue" in argument[3]:
            return resolve(argument[3]["DefaultValue"], scope)
        raise


def _zones(argument: Any, scope: Scope) -> list[str]:
    return scope.zones(resolve(argument, scope) or "")


def _import(argument: Any, scope: Scope) -> Any:
    return scope.imported(text(resolve(argument, scope)))


def _base64(argument: Any, scope: Scope) -> Any:
    value = resolve(argument, scope)
    return value if isinstance(value, Later) else base64.b64encode(text(value).encode()).decode()


def _cidr(argument: Any, scope: Scope) -> Any:
    block, count, bits = (resolve(part, scope) for part in [*argument, "8"][:3])
    if isinstance(block, Later):
        return [Later(block.resource, f"Cidr {block!r} {bits} {index}") for index in range(int(count))]
    network = ipaddress.ip_network(block)
    subnets = network.subnets(new_prefix=network.max_prefixlen - int(bits))
    return [str(next(subnets)) for _ in range(int(count))]


def _to_json(argument: Any, scope: Scope) -> Any:
    value = resolve(argument, scope)
    later = _later(value)
    return Later(later.resource, f"Json {value!r}") if later else json.dumps(value, separators=(",", ":"))


def _length(argument: Any, scope: Scope) -> Any:
    value = resolve(argument, scope)
    return value if isinstance(value, Later) else len(value)


def _equals(argument: Any, scope: Scope) -> bool:
    left, right = (resolve(part, scope) for part in argument)
    return text(left) == text(right)


def _condition(argument: Any, scope: Scope) -> bool:
    return scope.condition(str(argument))


_FUNCTIONS: dict[str, Callable[[Any, Scope], Any]] = {
    "Ref": _ref,
    "Condition": _condition,
    "Fn::GetAtt": _get_att,
    "Fn::If": _if,
    "Fn::Join": _join,
    "Fn::Sub": _sub,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAZs": _zones,
    "Fn::ImportValue": _import,
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::ToJsonString": _to_json,
    "Fn::Length": _length,
    "Fn::Equals": _equals,
    "Fn::And": lambda argument, scope: all(resolve(part, scope) for part in argument),
    "Fn::Or": lambda argument, scope: any(resolve(part, scope) for part in argument),
    "Fn::Not": lambda argument, scope: not resolve(argument[0], scope),
    "Fn::Contains": lambda argument, scope: text(resolve(argument[1], scope)) in [text(item) for item in resolve(argument[0], scope)],
}


def _later(value: Any) -> Later | None:
    """Returns a value within that is known only later, if there is one."""
    if isinstance(value, Later):
        return value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for found in map(_later, inner) if found), None)


def later_within(value: Any) -> set[str]:
    """Returns the resources on whose existence a resolved value waits."""
    if isinstance(value, Later):
        return {value.resource}
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*(later_within(item) for item in inner))


def text(value: Any) -> str:
    """Returns a scalar as CloudFormation writes it into text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(text(item) for item in value)
    return str(value)
