"""The schemas of the resource types, as cfn-lint brings them.

They are AWS's own (https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html), so that
what an unknown property is, what must be replaced and which attributes exist is not written down here a second time.
"""

import re
import threading
from functools import lru_cache
from typing import Any

from cfnlint.schema import ResourceNotFoundError
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

_lock = threading.Lock()

_TAGS = {"type": "array", "items": {"type": "object", "properties": {"Key": {"type": "string"}, "Value": {"type": "string"}}, "required": ["Key", "Value"], "additionalProperties": False}}

NEWER = {
    "AWS::CloudWatch::Dashboard": {"Tags": _TAGS},
}
"""Properties that AWS accepts and the pinned cfn-lint does not know yet, by type."""

_CUSTOM: dict[str, Any] = {
    "properties": {"ServiceToken": {"type": "string"}, "ServiceTimeout": {"type": "integer", "minimum": 1, "maximum": 3600}},
    "required": ["ServiceToken"],
    "createOnlyProperties": ["/properties/ServiceToken"],
}


def is_custom(kind: str) -> bool:
    """Says whether a resource type is a custom resource, answered by a function of ours."""
    return kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource"


@lru_cache(maxsize=None)
def schema(kind: str, region: str) -> dict[str, Any] | None:
    """Returns the schema of a resource type in a region, or None when there is no such type."""
    if is_custom(kind):
        return _CUSTOM
    with _lock:
        try:
            found = dict(PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, kind).schema)
        except ResourceNotFoundError:
            return None
    if kind in NEWER:
        found["properties"] = {**found["properties"], **NEWER[kind]}
    return found


def has_attribute(kind: str, region: str, name: str) -> bool:
    """Says whether Fn::GetAtt may ask a type for an attribute. A custom resource may answer with any."""
    if is_custom(kind):
        return True
    with _lock:
        return name in PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, kind).get_atts


def replaces(kind: str, region: str, changed: list[str]) -> list[str]:
    """Returns those of the changed properties (`A.B`) that cannot change without replacing the resource."""
    found = schema(kind, region) or {}
    fixed = [_dotted(pointer) for pointer in found.get("createOnlyProperties", [])]
    return [path for path in changed if any(_covers(one, path) for one in fixed)]


def _covers(fixed: str, changed: str) -> bool:
    """A fixed property covers what is within it; a change of a whole covers what is fixed in it."""
    pattern = re.escape(fixed).replace(r"\*", r"[^.]+")
    return re.match(pattern + r"(\.|$)", changed) is not None


def _dotted(pointer: str) -> str:
    return pointer.removeprefix("/properties/").replace("/properties/", ".").replace("/", ".")
