"""What a change set shows: how a stack differs from what it is to become."""

from dataclasses import dataclass, field
from typing import Any

from ..template.intrinsics import later_within
from ..template.schema import replaces
from .model import Model
from .stack import Stack

_ATTRIBUTES = ("Metadata", "DeletionPolicy", "UpdateReplacePolicy", "UpdatePolicy", "CreationPolicy")


@dataclass
class Change:
    """One resource that is added, modified or removed. `replacement` is True, False or Conditional, as the API says it."""

    action: str
    logical_id: str
    physical_id: str
    kind: str
    replacement: str = ""
    scope: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    fixed: list[str] = field(default_factory=list)


def plan(stack: Stack, model: Model) -> list[Change]:
    """Returns the changes that a model makes to a stack's resources, in the order in which they will be made."""
    found: dict[str, Change] = {}
    for name in model.order:
        change = _change(stack, model, name, found)
        if change is not None:
            found[name] = change
    for name, resource in stack.resources.items():
        if name not in model.declared:
            policy = "Retain" if resource.policy("DeletionPolicy").startswith("Retain") else "Delete"
            found[name] = Change("Remove", name, resource.physical_id, resource.kind, scope=[policy])
    return list(found.values())


def _change(stack: Stack, model: Model, name: str, earlier: dict[str, Change]) -> Change | None:
    template = model.resource(name)
    old = stack.resources.get(name)
    if old is None:
        return Change("Add", name, "", template["Type"])
    if old.kind != template["Type"]:
        return Change("Modify", name, old.physical_id, template["Type"], "True", ["Properties"])
    paths = differences(old.declared, model.declared[name])
    renewed = [path for path in _following(model.declared[name], earlier) if path not in paths]
    scope = [part for part in _ATTRIBUTES if old.template.get(part) != template.get(part)]
    if not paths and not renewed and not scope:
        return None
    fixed = replaces(old.kind, stack.region, paths)
    perhaps = replaces(old.kind, stack.region, renewed)
    replacement = "True" if fixed else "Conditional" if perhaps else "False"
    properties = ["Properties"] if paths or renewed else []
    return Change("Modify", name, old.physical_id, old.kind, replacement, properties + scope, paths + renewed, fixed + perhaps)


def _following(declared: dict[str, Any], earlier: dict[str, Change]) -> list[str]:
    """Returns the properties that refer to something that is replaced."""
    moved = {name for name, change in earlier.items() if change.action == "Modify" and change.replacement != "False"}
    return [path for path, value in declared.items() if later_within(value) & moved]


def differences(old: Any, new: Any, path: str = "") -> list[str]:
    """Returns the paths (`A.B`) of what differs between two structures, down to the first difference in a list."""
    if isinstance(old, dict) and isinstance(new, dict):
        found = []
        for key in sorted(set(old) | set(new)):
            inner = f"{path}.{key}" if path else key
            if key not in old or key not in new:
                found.append(inner)
            else:
                found.extend(differences(old[key], new[key], inner))
        return found
    return [] if type(old) is type(new) and old == new else [path]


def changes_outputs(stack: Stack, model: Model) -> bool:
    """Says whether a model changes the stack's outputs as they were declared."""
    return {name: output.get("declared") for name, output in stack.outputs.items()} != model.outputs
