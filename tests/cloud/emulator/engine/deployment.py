"""Creating and updating a stack, and going back when a resource fails.

The states and their order are those of
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
"""

import logging
from dataclasses import dataclass, field
from typing import Any

from ..template.errors import TemplateError, Unresolvable
from ..template.intrinsics import resolve, text
from ..template.order import in_order
from ..template.schema import is_custom, schema
from . import resources
from .model import Model
from .resources import ResourceFailed
from .scope import StackScope
from .stack import Resource, Stack, now
from .store import stacks

_log = logging.getLogger(__name__)


@dataclass
class _Step:
    """One thing that was done, so that it can be taken back: `old` became `new`."""

    name: str
    old: Resource | None
    new: Resource | None
    replaced: bool = False


@dataclass
class Deployment:
    """One create or update of a stack."""

    stack: Stack
    model: Model
    settings: dict[str, Any]
    steps: list[_Step] = field(default_factory=list)

    def create(self) -> None:
        """Makes all resources of a new stack; when one fails, removes those that were made."""
        stack = self.stack
        self._adopt()
        stack.become("CREATE_IN_PROGRESS", "User Initiated")
        failure = self._forward()
        if failure is None:
            stack.become("CREATE_COMPLETE")
            return
        told = f"The following resource(s) failed to create: [{failure.logical_id}]. "
        if stack.disable_rollback:
            stack.become("CREATE_FAILED", told)
            return
        roll_back_creation(stack, told + "Rollback requested by user.")

    def update(self) -> None:
        """Brings a stack to the model; when a resource fails, brings the others back to what they were."""
        stack = self.stack
        before = {key: getattr(stack, key) for key in _HELD}
        self._adopt()
        stack.updated = now()
        stack.become("UPDATE_IN_PROGRESS", "User Initiated")
        failure = self._forward()
        if failure is None:
            stack.become("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
            self._clean_up([step.old for step in self.steps if step.old and (step.replaced or step.new is None)], "UpdateReplacePolicy")
            stack.become("UPDATE_COMPLETE")
            return
        told = f"The following resource(s) failed to {failure.verb}: [{failure.logical_id}]. "
        if stack.disable_rollback:
            stack.become("UPDATE_FAILED", told)
            stack.unfinished = (self, before)
            return
        stack.become("UPDATE_ROLLBACK_IN_PROGRESS", told)
        self.roll_back(before, set())

    def roll_back(self, before: dict[str, Any], skip: set[str]) -> None:
        """Takes back what an update did, last first. Resources to skip stay as they are."""
        stack = self.stack
        failed = [step.name for step in reversed(self.steps) if not self._take_back(step, step.name in skip)]
        if failed:
            stack.unfinished = (self, before)
            stack.become("UPDATE_ROLLBACK_FAILED", f"The following resource(s) failed to update: [{', '.join(failed)}]. ")
            return
        stack.unfinished = None
        for key, value in before.items():
            setattr(stack, key, value)
        stack.become("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        made = [step.new for step in self.steps if step.new and (step.replaced or step.old is None)]
        self._clean_up(made, "DeletionPolicy", on_create=True)
        stack.become("UPDATE_ROLLBACK_COMPLETE")

    def _adopt(self) -> None:
        stack, model = self.stack, self.model
        stack.template, stack.document, stack.parameters = model.text, model.document, model.parameters
        for key, value in self.settings.items():
            setattr(stack, key, value)

    def _forward(self) -> ResourceFailed | None:
        """Makes every resource what it should be, in order, then the outputs. Returns the first failure."""
        try:
            for name in self.model.order:
                self._bring(name)
            for name in [name for name in self.stack.resources if name not in self.model.declared]:
                self.steps.append(_Step(name, self.stack.resources.pop(name), None))
            self._set_outputs()
        except ResourceFailed as failure:
            return failure
        return None

    def _bring(self, name: str) -> None:
        stack, old = self.stack, self.stack.resources.get(name)
        if old is not None and not old.exists:
            old = None
        verb = "create" if old is None else "update"
        try:
            new = resources.desired(stack, self.model, name)
        except ResourceFailed as failure:
            self._record_unmade(name, verb, failure)
            raise
        if old is not None and _same(old, new):
            old.template, old.needs, old.declared, old.imports = new.template, new.needs, new.declared, new.imports
            return
        replace = old is not None and resources.must_replace(stack, old, new)
        step = _Step(name, old, new, replace)
        self.steps.append(step)
        stack.resources[name] = new
        try:
            if old is None:
                resources.create(stack, new)
            elif replace:
                _check_name(stack, old, new)
                resources.create(stack, new, _REPLACING, "UPDATE")
            else:
                resources.update(stack, old, new)
                step.replaced = is_custom(new.kind) and new.physical_id != old.physical_id
        except ResourceFailed as failure:
            failure.verb = verb
            raise

    def _record_unmade(self, name: str, verb: str, failure: ResourceFailed) -> None:
        failure.verb = verb
        template = self.model.resource(name)
        old = self.stack.resources.get(name)
        unmade = Resource(name, template["Type"], template, self.model.needs[name], physical_id=old.physical_id if old else "")
        if old is None:
            self.stack.resources[name] = unmade
            self.steps.append(_Step(name, None, unmade))
        self.stack.mark(unmade, f"{verb.upper()}_FAILED", failure.reason)

    def _set_outputs(self) -> None:
        stack = self.stack
        scope = StackScope(stack, self.model.document, self.model.parameters, stack.resources)
        outputs = {}
        try:
            for name, declared in self.model.outputs.items():
                one = self.model.document["Outputs"][name]
                output = {"OutputKey": name, "OutputValue": text(resolve(one["Value"], scope)), "declared": declared}
                if "Description" in one:
                    output["Description"] = text(resolve(one["Description"], scope))
                if "Export" in one:
                    output["ExportName"] = text(resolve(one["Export"]["Name"], scope))
                outputs[name] = output
            check_exports(stack, outputs)
        except (Unresolvable, TemplateError) as error:
            raise ResourceFailed(stack.name, str(error)) from error
        stack.outputs = outputs

    def _take_back(self, step: _Step, skip: bool) -> bool:
        """Takes one step back. Says whether that worked."""
        stack = self.stack
        if step.old is None:
            stack.resources.pop(step.name, None)
            return True
        if step.new is not None and not step.replaced and not skip:
            try:
                resources.update(stack, step.new, step.old, rollback=True)
            except ResourceFailed:
                return False
        stack.resources[step.name] = step.old
        return True

    def _clean_up(self, left: list[Resource], policy: str, on_create: bool = False) -> None:
        """Removes what the stack no longer needs, users first. What cannot be removed stays, as on AWS."""
        removed_from_template = {step.name for step in self.steps if step.new is None}
        for resource in _users_first([one for one in left if one.exists]):
            name = "DeletionPolicy" if resource.logical_id in removed_from_template else policy
            try:
                resources.delete(self.stack, resource, effective(resource, name, on_create))
            except ResourceFailed as failure:
                _log.warning("%s: %s is left behind: %s", self.stack.name, failure.logical_id, failure.reason)


_HELD = ("template", "document", "parameters", "tags", "outputs", "capabilities", "role", "notifications")
_REPLACING = "Requested update requires the creation of a new physical resource; hence creating one."


def _same(old: Resource, new: Resource) -> bool:
    return old.kind == new.kind and old.properties == new.properties and old.exists


def _check_name(stack: Stack, old: Resource, new: Resource) -> None:
    """Refuses to replace something under the name that it was given, as CloudFormation does."""
    for pointer in (schema(new.kind, stack.region) or {}).get("primaryIdentifier", []):
        name = pointer.removeprefix("/properties/")
        if old.kind == new.kind and name in new.properties and new.properties[name] == old.properties.get(name):
            told = "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
            told += f"Rename {new.properties[name]} and update the stack again."
            stack.mark(new, "UPDATE_FAILED", told)
            raise ResourceFailed(new.logical_id, told)


def _users_first(left: list[Resource]) -> list[Resource]:
    """Returns resources with each before those that it needs."""
    by_name = {resource.logical_id: resource for resource in left}
    return [by_name[name] for name in reversed(in_order({name: one.needs for name, one in by_name.items()}))]


def effective(resource: Resource, name: str, on_create: bool) -> str:
    """Returns what a policy means: on the rollback of a creation RetainExceptOnCreate deletes, and nothing is worth a snapshot."""
    policy = resource.policy(name)
    if on_create and policy in ("RetainExceptOnCreate", "Snapshot"):
        return "Delete"
    return policy


def check_exports(stack: Stack, outputs: dict[str, dict[str, Any]]) -> None:
    """Refuses a second export of a name, and the change or removal of one that another stack uses."""
    exported = stacks.exports(stack.region)
    after = {one["ExportName"]: one["OutputValue"] for one in outputs.values() if "ExportName" in one}
    for name in after:
        if name in exported and exported[name][0] is not stack:
            raise TemplateError(f"Export with name {name} is already exported by stack {exported[name][0].name}. Rollback requested by user.")
    for output in stack.outputs.values():
        name = output.get("ExportName")
        users = stacks.importers(stack.region, name) if name else []
        if users and after.get(name) != output["OutputValue"]:
            verb = "updated" if name in after else "deleted"
            raise TemplateError(f"Cannot {verb[:-1]} export {name} as it is in use by {', '.join(users)}.")


def roll_back_creation(stack: Stack, reason: str) -> None:
    """Removes what a failed creation has made."""
    stack.become("ROLLBACK_IN_PROGRESS", reason)
    failed = remove_all(stack, on_create=True)
    if failed:
        stack.become("ROLLBACK_FAILED", f"The following resource(s) failed to delete: [{', '.join(failed)}]. ")
    else:
        stack.become("ROLLBACK_COMPLETE")


def remove_all(stack: Stack, on_create: bool = False, skip: set[str] | None = None) -> list[str]:
    """Removes a stack's resources, each before what it needs. Returns those that could not be removed.

    What a resource that is still there needs, stays too.
    """
    failed: dict[str, Resource] = {}
    for resource in _users_first(list(stack.resources.values())):
        if any(resource.logical_id in other.needs for other in failed.values()):
            failed[resource.logical_id] = resource
            continue
        policy = "Retain" if resource.logical_id in (skip or ()) else effective(resource, "DeletionPolicy", on_create)
        try:
            resources.delete(stack, resource, policy)
        except ResourceFailed:
            failed[resource.logical_id] = resource
            continue
        stack.resources.pop(resource.logical_id, None)
    return [name for name, resource in failed.items() if resource.status == "DELETE_FAILED"]
