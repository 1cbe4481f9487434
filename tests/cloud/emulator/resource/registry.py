"""The table of resource types: what creates, updates and deletes each of them."""

import re
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..aws import client
from ..template.errors import Unresolvable
from ..template.schema import is_custom


@dataclass
class Work:
    """One resource to make, change or remove.

    A handler sets `physical_id` as soon as there is something that a rollback must remove.
    """

    stack_name: str
    stack_id: str
    region: str
    account: str
    logical_id: str
    kind: str
    properties: dict[str, Any]
    old: dict[str, Any] = field(default_factory=dict)
    physical_id: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    update_policy: dict[str, Any] = field(default_factory=dict)
    token: str = ""
    snapshot: bool = False
    rollback: bool = False

    def aws(self, service: str, region: str = "") -> Any:
        """Returns a client of a service of this account."""
        return client(service, region or self.region)

    def get(self, name: str, default: Any = None) -> Any:
        """Returns a property, or the default when it is not set."""
        return self.properties.get(name, default)

    def pick(self, *names: str) -> dict[str, Any]:
        """Returns those of the properties that are set."""
        return {name: self.properties[name] for name in names if name in self.properties}

    def changed(self, *names: str) -> bool:
        """Says whether one of the properties differs from what it was."""
        return any(self.properties.get(name) != self.old.get(name) for name in names)

    def name(self, given: str, limit: int = 64, lower: bool = False) -> str:
        """Returns the name given by a property, or one made as CloudFormation makes them: stack, logical id, random part."""
        if self.properties.get(given):
            return str(self.properties[given])
        tail = "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(12))
        room = limit - len(tail) - 2
        half = min(len(self.logical_id), max(room - len(self.stack_name), room // 2))
        stem = f"{self.stack_name[: room - half]}-{self.logical_id[:half]}-{tail}"
        return re.sub("-+", "-", stem.lower() if lower else stem)

    @property
    def tags(self) -> list[dict[str, str]]:
        """Returns the property Tags as a list of Key and Value, whichever way the type writes it."""
        given = self.properties.get("Tags") or []
        if isinstance(given, dict):
            return [{"Key": key, "Value": str(value)} for key, value in given.items()]
        return [{"Key": tag["Key"], "Value": str(tag.get("Value", ""))} for tag in given]

    @property
    def tag_map(self) -> dict[str, str]:
        """Returns the property Tags as a dictionary."""
        return {tag["Key"]: tag["Value"] for tag in self.tags}

    @property
    def gone_tags(self) -> list[str]:
        """Returns the keys of the tags that an update takes away."""
        given = self.old.get("Tags") or []
        keys = given if isinstance(given, dict) else [tag["Key"] for tag in given]
        return [key for key in keys if key not in self.tag_map]


class Kind:
    """A resource type. Each method calls the service's API and returns the attributes that Fn::GetAtt then gives."""

    def create(self, work: Work) -> dict[str, Any] | None:
        """Makes the resource and sets `work.physical_id`."""
        raise NotImplementedError

    def update(self, work: Work) -> dict[str, Any] | None:
        """Changes the resource from `work.old` to `work.properties`. None keeps the attributes."""
        raise Unresolvable(f"this emulator cannot update a resource of type {work.kind}")

    def delete(self, work: Work) -> None:
        """Removes the resource."""
        raise NotImplementedError

    def attribute(self, work: Work, name: str) -> Any:
        """Returns an attribute that may have changed since the resource was made, or None for those that stay."""
        return None


_kinds: dict[str, Kind] = {}
_custom: list[Kind] = []


def resource(name: str) -> Callable[[type[Kind]], type[Kind]]:
    """Registers a class for a resource type; `Custom::*` is for all custom resources without a class of their own."""

    def register(cls: type[Kind]) -> type[Kind]:
        if name == "Custom::*":
            _custom.append(cls())
        else:
            _kinds[name] = cls()
        return cls

    return register


def is_known(name: str) -> bool:
    """Says whether the emulator can make resources of a type."""
    return name in _kinds or is_custom(name)


def known() -> list[str]:
    """Returns the names of all types, in order."""
    return sorted(_kinds)


def kind(name: str) -> Kind:
    """Returns what handles a resource type."""
    return _kinds[name] if name in _kinds else _custom[0]


def attribute_of(stack: Any, held: Any, name: str) -> Any:
    """Returns an attribute of a resource that exists. Raises Unresolvable when it has none of that name."""
    work = Work(stack.name, stack.id, stack.region, stack.account, held.logical_id, held.kind, held.properties, physical_id=held.physical_id, attributes=held.attributes)
    value = kind(held.kind).attribute(work, name)
    if value is None:
        value = held.attributes.get(name)
    if value is None:
        whose = "CustomResource attribute error: Vendor response doesn't contain" if is_custom(held.kind) else "Template error: this emulator has no value for"
        raise Unresolvable(f"{whose} {name} attribute in {held.logical_id}")
    return value
