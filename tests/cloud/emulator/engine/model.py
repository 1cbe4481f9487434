"""A template with its parameters fixed: what a stack is to become. Making one checks everything that can be checked."""

from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from ..aws import client
from ..resource.registry import is_known
from ..template.conform import Fault, conform
from ..template.document import parse
from ..template.errors import TemplateError
from ..template.intrinsics import resolve
from ..template.order import dependencies, in_order
from ..template.parameters import Parameter, values
from ..template.references import attribute, depends_on, references
from ..template.rules import check_rules
from ..template.schema import has_attribute, is_custom, schema
from .scope import StackScope
from .stack import Stack

_SECTIONS = {"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings", "Conditions", "Resources", "Outputs"}
_MEMBERS = {"Type", "Properties", "Condition", "DependsOn", "Metadata", "DeletionPolicy", "UpdateReplacePolicy", "UpdatePolicy", "CreationPolicy", "Version"}
_POLICIES = {"Delete", "Retain", "Snapshot", "RetainExceptOnCreate"}


@dataclass(frozen=True)
class Invalid:
    """A resource that does not fit its type's schema."""

    logical_id: str
    kind: str
    fault: Fault


@dataclass
class Model:
    """What a stack is to become."""

    text: str
    document: dict[str, Any]
    parameters: dict[str, Parameter]
    declared: dict[str, dict[str, Any]] = field(default_factory=dict)
    needs: dict[str, set[str]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    invalid: list[Invalid] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    def resource(self, name: str) -> dict[str, Any]:
        """Returns a resource's part of the template."""
        return dict(self.document["Resources"][name])


def make_model(stack: Stack, text: str, given: dict[str, str]) -> Model:
    """Reads a template for a stack.

    Raises TemplateError for what CloudFormation refuses at once: unknown types and members, names that lead nowhere,
    parameters without values, cycles. Properties that do not fit their schema are in the model's `invalid`.
    """
    document = parse(text)
    _check_structure(document)
    parameters = values(document.get("Parameters", {}), given, lambda name: _stored(stack.region, name))
    model = Model(text, document, parameters)
    scope = StackScope(stack, document, parameters)
    check_rules(document.get("Rules", {}), scope)
    active = {name: one for name, one in document["Resources"].items() if "Condition" not in one or scope.condition(one["Condition"])}
    _check_names(document, stack.region)
    for name, one in active.items():
        model.declared[name], found = _declare(one, scope, stack.region)
        model.invalid.extend(Invalid(name, one["Type"], fault) for fault in found)
    model.needs = dependencies(active)
    model.order = in_order(model.needs)
    model.outputs = _outputs(document, scope)
    return model


def _declare(one: dict[str, Any], scope: StackScope, region: str) -> tuple[dict[str, Any], list[Fault]]:
    properties = resolve(one.get("Properties", {}), scope)
    found = schema(one["Type"], region)
    if found is None:
        raise TemplateError(f"Template format error: Unrecognized resource types: [{one['Type']}]")
    return conform(properties, found)


def _outputs(document: dict[str, Any], scope: StackScope) -> dict[str, Any]:
    declared = document.get("Outputs", {})
    active = {name: one for name, one in declared.items() if "Condition" not in one or scope.condition(one["Condition"])}
    return {name: {key: resolve(inner, scope) for key, inner in one.items() if key != "Condition"} for name, one in active.items()}


def _check_structure(document: dict[str, Any]) -> None:
    odd = sorted(set(document) - _SECTIONS)
    if odd:
        raise TemplateError(f"Invalid template property or properties [{', '.join(odd)}]")
    unknown = sorted({one["Type"] for one in document["Resources"].values() if not is_known(one["Type"])})
    if unknown:
        raise TemplateError(f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]")
    for name, one in document["Resources"].items():
        odd = sorted(set(one) - _MEMBERS)
        if odd:
            raise TemplateError(f"Invalid template resource property '{odd[0]}' of resource {name}")
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            if one.get(policy, "Delete") not in _POLICIES:
                raise TemplateError(f"Template error: unrecognized {policy} {one[policy]} for resource {name}")


def _check_names(document: dict[str, Any], region: str) -> None:
    """Refuses references to nothing and attributes that a type does not have."""
    resources = document["Resources"]
    known = set(resources) | set(document.get("Parameters", {}))
    for name, one in resources.items():
        missing = [other for other in depends_on(one) if other not in resources]
        missing += [other for other in references(one.get("Properties", {})) if other not in known and not other.startswith("AWS::")]
        if missing:
            raise TemplateError(f"Template format error: Unresolved resource dependencies [{', '.join(sorted(set(missing)))}] in the Resources block of the template")
        _check_attributes(one.get("Properties", {}), resources, region)
    for one in document.get("Outputs", {}).values():
        missing = [other for other in references(one) if other not in known and not other.startswith("AWS::")]
        if missing:
            raise TemplateError(f"Template format error: Unresolved resource dependencies [{', '.join(missing)}] in the Outputs block of the template")
        _check_attributes(one, resources, region)


def _check_attributes(value: Any, resources: dict[str, Any], region: str) -> None:
    if isinstance(value, list):
        for item in value:
            _check_attributes(item, resources, region)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key != "Fn::GetAtt":
                _check_attributes(inner, resources, region)
                continue
            resource, name = attribute(inner)
            kind = resources[resource]["Type"]
            if not is_custom(kind) and not has_attribute(kind, region, name):
                raise TemplateError(f"Template error: resource {resource} does not support attribute type {name} in Fn::GetAtt")


def _stored(region: str, name: str) -> tuple[str, str]:
    try:
        found = client("ssm", region).get_parameter(Name=name)["Parameter"]
    except ClientError as error:
        raise TemplateError(f"Unable to fetch parameters [{name}] from parameter store for this account.") from error
    return str(found["Value"]), str(found["Type"])
