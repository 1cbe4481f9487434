"""Which resources a part of a template refers to."""

import re
from collections.abc import Iterator
from typing import Any

_PLACEHOLDER = re.compile(r"\$\{([^!][^}]*)\}")


def references(value: Any) -> Iterator[str]:
    """Yields the names that a value refers to by Ref, Fn::GetAtt or Fn::Sub: resources, parameters and pseudo ones."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _of_member(key, inner)


def _of_member(key: str, inner: Any) -> Iterator[str]:
    if key == "Ref" and isinstance(inner, str):
        yield inner
    elif key == "Fn::GetAtt":
        yield attribute(inner)[0]
    elif key == "Fn::Sub":
        text, names = (inner, {}) if isinstance(inner, str) else (inner[0], inner[1])
        for name in placeholders(text):
            if name not in names:
                yield name.split(".")[0]
        yield from references(names)
    else:
        yield from references(inner)


def placeholders(text: str) -> list[str]:
    """Returns the names in `${…}` of an Fn::Sub; `${!x}` is the text `${x}`."""
    return [name.strip() for name in _PLACEHOLDER.findall(text)]


def attribute(value: Any) -> tuple[str, str]:
    """Returns the resource and the attribute that an Fn::GetAtt names, in either spelling."""
    if isinstance(value, str):
        name, _, rest = value.partition(".")
        return name, rest
    return str(value[0]), ".".join(str(part) for part in value[1:])


def depends_on(resource: dict[str, Any]) -> list[str]:
    """Returns what a resource names in DependsOn."""
    named = resource.get("DependsOn", [])
    return [named] if isinstance(named, str) else list(named)
