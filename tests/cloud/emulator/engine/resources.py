"""One step of a deployment: making, changing or removing one resource, with its events."""

import logging
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..aws import explain, is_gone
from ..resource.registry import Work, kind
from ..template.conform import conform
from ..template.dynamic import resolve_dynamic
from ..template.errors import TemplateError, Unresolvable
from ..template.intrinsics import resolve
from ..template.schema import replaces, schema
from .model import Model
from .plan import differences
from .scope import StackScope
from .stack import Resource, Stack

_log = logging.getLogger(__name__)


class ResourceFailed(Exception):
    """A resource that could not be made, changed or removed. Its reason is in the stack's events."""

    def __init__(self, logical_id: str, reason: str, verb: str = "update"):
        super().__init__(reason)
        self.logical_id, self.reason, self.verb = logical_id, reason, verb


def work_on(stack: Stack, resource: Resource, properties: dict[str, Any], **more: Any) -> Work:
    """Returns the work on a resource, its dynamic references resolved."""
    return Work(
        stack.name, stack.id, stack.region, stack.account, resource.logical_id, resource.kind,
        resolve_dynamic(properties, stack.region), physical_id=resource.physical_id, attributes=dict(resource.attributes),
        update_policy=resource.update_policy, token=stack.token, **more,
    )  # fmt: skip


def desired(stack: Stack, model: Model, name: str) -> Resource:
    """Returns a resource as the model wants it now that those it needs exist. Raises ResourceFailed if that has no value."""
    template = model.resource(name)
    resource = Resource(name, template["Type"], template, model.needs[name], model.declared[name])
    scope = StackScope(stack, model.document, model.parameters, stack.resources)
    try:
        properties = resolve(template.get("Properties", {}), scope)
        resource.update_policy = resolve(template.get("UpdatePolicy", {}), scope)
        resource.properties, faults = conform(properties, schema(resource.kind, stack.region) or {})
    except (Unresolvable, TemplateError) as error:
        raise ResourceFailed(name, str(error)) from error
    resource.imports = scope.imports
    if faults:
        told = "\n".join(f"#{fault.path}: {fault.message}" for fault in faults)
        raise ResourceFailed(name, f"Properties validation failed for resource {name} with message:\n{told}")
    return resource


def create(stack: Stack, resource: Resource, reason: str = "", verb: str = "CREATE") -> None:
    """Makes a resource. What was made is in `resource` even when ResourceFailed is raised."""
    stack.mark(resource, f"{verb}_IN_PROGRESS", reason)
    work: Work | None = None
    try:
        work = work_on(stack, resource, resource.properties)
        attributes = kind(resource.kind).create(work)
    except Exception as error:
        resource.physical_id = work.physical_id if work else ""
        told = reason_of(error)
        stack.mark(resource, f"{verb}_FAILED", told)
        raise ResourceFailed(resource.logical_id, told) from error
    resource.physical_id, resource.attributes = work.physical_id, attributes or {}
    stack.mark(resource, f"{verb}_IN_PROGRESS", "Resource creation Initiated")
    stack.mark(resource, f"{verb}_COMPLETE")


def must_replace(stack: Stack, old: Resource, new: Resource) -> bool:
    """Says whether the change from one to the other needs a new resource."""
    return old.kind != new.kind or bool(replaces(old.kind, stack.region, differences(old.properties, new.properties)))


def update(stack: Stack, old: Resource, new: Resource, rollback: bool = False) -> None:
    """Changes a resource in place. `new` takes over its physical id and attributes."""
    new.physical_id, new.attributes = old.physical_id, dict(old.attributes)
    stack.mark(new, "UPDATE_IN_PROGRESS")
    try:
        work = work_on(stack, new, new.properties, old=resolve_dynamic(old.properties, stack.region), rollback=rollback)
        attributes = kind(new.kind).update(work)
    except Exception as error:
        told = reason_of(error)
        stack.mark(new, "UPDATE_FAILED", told)
        raise ResourceFailed(new.logical_id, told) from error
    new.physical_id = work.physical_id
    if attributes is not None:
        new.attributes = attributes
    stack.mark(new, "UPDATE_COMPLETE")


def delete(stack: Stack, resource: Resource, policy: str) -> None:
    """Removes a resource, or leaves it in the account when its policy says so. One that is gone already is fine."""
    if policy in ("Retain", "RetainExceptOnCreate"):
        stack.mark(resource, "DELETE_SKIPPED")
        return
    stack.mark(resource, "DELETE_IN_PROGRESS")
    try:
        if resource.exists:
            kind(resource.kind).delete(work_on(stack, resource, resource.properties, snapshot=policy == "Snapshot"))
    except Exception as error:
        if not (isinstance(error, ClientError) and is_gone(error)):
            told = reason_of(error)
            stack.mark(resource, "DELETE_FAILED", told)
            raise ResourceFailed(resource.logical_id, told) from error
    stack.mark(resource, "DELETE_COMPLETE")


def reason_of(error: Exception) -> str:
    """Returns why a resource failed. What nobody expected is logged with its trace."""
    if isinstance(error, ClientError | Unresolvable | TemplateError):
        return f"Resource handler returned message: \"{explain(error)}\"" if isinstance(error, ClientError) else str(error)
    if not isinstance(error, BotoCoreError | OSError):
        _log.exception("resource handler")
    return f"{type(error).__name__}: {error}"
