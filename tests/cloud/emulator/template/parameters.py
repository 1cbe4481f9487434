"""The parameters of a template: given, remembered or default, and those that Parameter Store holds.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .errors import TemplateError

Read = Callable[[str], tuple[str, str]]
"""Reads a name from Parameter Store: its value and its type. Raises TemplateError when it is not there."""

_SSM = re.compile(r"AWS::SSM::Parameter::Value<(.+)>")


@dataclass(frozen=True)
class Parameter:
    """A parameter's value as given, and what Ref gives for it."""

    name: str
    given: str
    value: Any
    hidden: bool
    from_store: bool


def values(declared: dict[str, Any], given: dict[str, str], read: Read) -> dict[str, Parameter]:
    """Returns the value of each declared parameter.

    Raises TemplateError for one that has no value, one that is not declared, and a value that is not allowed.
    """
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise TemplateError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    missing = [name for name, declaration in declared.items() if name not in given and "Default" not in declaration]
    if missing:
        raise TemplateError(f"Parameters: [{', '.join(missing)}] must have values")
    return {name: _value(name, declaration, given, read) for name, declaration in declared.items()}


def _value(name: str, declaration: dict[str, Any], given: dict[str, str], read: Read) -> Parameter:
    text = str(given.get(name, declaration.get("Default")))
    kind = str(declaration.get("Type", "String"))
    _check(name, text, declaration)
    stored = _SSM.fullmatch(kind)
    value: Any = text
    if stored:
        value, kind = read(text)[0], stored.group(1)
    elif kind == "AWS::SSM::Parameter::Name":
        read(text)
    if kind.startswith("List<") or kind == "CommaDelimitedList":
        value = [item.strip() for item in value.split(",")] if value else []
    return Parameter(name, text, value, str(declaration.get("NoEcho", "")).lower() == "true", stored is not None)


def _check(name: str, text: str, declaration: dict[str, Any]) -> None:
    allowed = [str(value) for value in declaration.get("AllowedValues", [])]
    told = declaration.get("ConstraintDescription")
    if allowed and text not in allowed:
        raise TemplateError(told or f"Parameter '{name}' must be one of AllowedValues")
    pattern = declaration.get("AllowedPattern")
    if pattern and not re.fullmatch(pattern, text):
        raise TemplateError(told or f"Parameter '{name}' failed to satisfy constraint: must match pattern {pattern}")
    if len(text) < int(declaration.get("MinLength", 0)) or len(text) > int(declaration.get("MaxLength", 4096)):
        raise TemplateError(f"Parameter '{name}' must contain from {declaration.get('MinLength', 0)} to {declaration.get('MaxLength', 4096)} characters")
    if declaration.get("Type") == "Number":
        _check_number(name, text, declaration)


def _check_number(name: str, text: str, declaration: dict[str, Any]) -> None:
    try:
        number = float(text)
    except ValueError as error:
        raise TemplateError(f"Parameter '{name}' must be a number") from error
    if number < float(declaration.get("MinValue", number)) or number > float(declaration.get("MaxValue", number)):
        raise TemplateError(f"Parameter '{name}' must be a number between MinValue and MaxValue")
