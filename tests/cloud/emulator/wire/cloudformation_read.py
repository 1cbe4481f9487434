"""The CloudFormation API: what asks without changing anything."""

import json
from typing import Any

from ..engine.stack import Event, Resource, Stack
from ..engine.store import stacks
from ..template.document import parse
from ..template.errors import TemplateError
from .cloudformation import change_set_of, stack_of, template_text
from .operation import Call, Refusal, operation

_SERVICE = "cloudformation"


@operation(_SERVICE, "DescribeStacks")
def describe_stacks(call: Call) -> dict[str, Any]:
    """Describes one stack, or all that are not deleted."""
    found = [stack_of(call)] if call.get("StackName") else [stack for stack in stacks.all(call.region) if stack.deleted is None]
    return {"Stacks": [_stack(stack) for stack in found]}


def _stack(stack: Stack) -> dict[str, Any]:
    told = {
        "StackId": stack.id,
        "StackName": stack.name,
        "StackStatus": stack.status,
        "CreationTime": stack.created,
        "Description": stack.document.get("Description"),
        "StackStatusReason": stack.reason or None,
        "DisableRollback": stack.disable_rollback,
        "EnableTerminationProtection": stack.protected,
        "Capabilities": stack.capabilities,
        "NotificationARNs": stack.notifications,
        "RoleARN": stack.role or None,
        "LastUpdatedTime": stack.updated,
        "DeletionTime": stack.deleted,
        "Tags": [{"Key": key, "Value": value} for key, value in stack.tags.items()],
        "Parameters": [_parameter(parameter) for parameter in stack.parameters.values()],
        "Outputs": [{key: value for key, value in output.items() if key != "declared"} for output in stack.outputs.values()],
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }
    return {key: value for key, value in told.items() if value is not None}


def _parameter(parameter: Any) -> dict[str, Any]:
    told = {"ParameterKey": parameter.name, "ParameterValue": "****" if parameter.hidden else parameter.given}
    if parameter.from_store:
        told["ResolvedValue"] = ",".join(parameter.value) if isinstance(parameter.value, list) else parameter.value
    return told


@operation(_SERVICE, "ListStacks")
def list_stacks(call: Call) -> dict[str, Any]:
    """Lists the stacks, deleted ones included, newest first."""
    wanted = set(call.get("StackStatusFilter", []))
    found = [stack for stack in reversed(stacks.all(call.region)) if not wanted or stack.status in wanted]
    return {"StackSummaries": [{key: value for key, value in _stack(stack).items() if key not in ("Parameters", "Outputs", "Tags")} for stack in found]}


@operation(_SERVICE, "DescribeStackEvents")
def describe_stack_events(call: Call) -> dict[str, Any]:
    """Tells a stack's history, newest first."""
    stack = stack_of(call)
    events = list(reversed(stack.events))
    start = int(call.get("NextToken") or 0)
    page = {"StackEvents": [_event(stack, event) for event in events[start : start + 100]]}
    if start + 100 < len(events):
        page["NextToken"] = str(start + 100)
    return page


def _event(stack: Stack, event: Event) -> dict[str, Any]:
    told = {
        "StackId": stack.id,
        "EventId": event.id,
        "StackName": stack.name,
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.kind,
        "Timestamp": event.time,
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason or None,
        "ResourceProperties": json.dumps(event.properties, default=str) if event.properties else None,
        "ClientRequestToken": event.token or None,
    }
    return {key: value for key, value in told.items() if value is not None}


@operation(_SERVICE, "DescribeEvents")
def describe_events(call: Call) -> dict[str, Any]:
    """Tells why a change set was refused before anything was touched, resource by resource."""
    if not call.get("ChangeSetName"):
        return {"OperationEvents": []}
    stack, made = change_set_of(call)
    events = []
    for number, invalid in enumerate(made.model.invalid if made.model else []):
        events.append({
            "EventId": f"{made.name}-{number}",
            "StackId": stack.id,
            "OperationId": made.id,
            "OperationType": "CREATE_CHANGESET",
            "EventType": "VALIDATION_ERROR",
            "LogicalResourceId": invalid.logical_id,
            "ResourceType": invalid.kind,
            "Timestamp": made.created,
            "ValidationFailureMode": "FAIL",
            "ValidationName": "PROPERTY_VALIDATION",
            "ValidationStatus": "FAILED",
            "ValidationStatusReason": f"{invalid.logical_id}: {invalid.fault.message}",
            "ValidationPath": f"/Resources/{invalid.logical_id}{invalid.fault.path}",
        })  # fmt: skip
    return {"OperationEvents": events}


@operation(_SERVICE, "ListHookResults")
def list_hook_results(_call: Call) -> dict[str, Any]:
    """Lists the results of CloudFormation Hooks, of which there are none here."""
    return {"HookResults": []}


@operation(_SERVICE, "DescribeStackResources")
def describe_stack_resources(call: Call) -> dict[str, Any]:
    """Describes a stack's resources."""
    stack = stack_of(call)
    wanted = call.get("LogicalResourceId")
    return {"StackResources": [_resource(stack, one) for one in list(stack.resources.values()) if wanted in (None, one.logical_id)]}


@operation(_SERVICE, "DescribeStackResource")
def describe_stack_resource(call: Call) -> dict[str, Any]:
    """Describes one resource of a stack."""
    stack, wanted = stack_of(call), call.get("LogicalResourceId", "")
    if wanted not in stack.resources:
        raise Refusal("ValidationError", f"Resource {wanted} does not exist for stack {stack.name}")
    told = _resource(stack, stack.resources[wanted])
    told["LastUpdatedTimestamp"] = told.pop("Timestamp")
    told["Metadata"] = json.dumps(stack.resources[wanted].template.get("Metadata", {}))
    return {"StackResourceDetail": told}


@operation(_SERVICE, "ListStackResources")
def list_stack_resources(call: Call) -> dict[str, Any]:
    """Lists a stack's resources."""
    stack = stack_of(call)
    told = []
    for one in list(stack.resources.values()):
        summary = _resource(stack, one)
        summary["LastUpdatedTimestamp"] = summary.pop("Timestamp")
        told.append(summary)
    return {"StackResourceSummaries": told}


def _resource(stack: Stack, resource: Resource) -> dict[str, Any]:
    told = {
        "StackName": stack.name,
        "StackId": stack.id,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id or None,
        "ResourceType": resource.kind,
        "Timestamp": resource.time,
        "ResourceStatus": resource.status,
        "ResourceStatusReason": resource.reason or None,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }
    return {key: value for key, value in told.items() if value is not None}


@operation(_SERVICE, "GetTemplate")
def get_template(call: Call) -> dict[str, Any]:
    """Returns the template of a stack or of a change set as it was given."""
    if call.get("ChangeSetName"):
        model = change_set_of(call)[1].model
        return {"TemplateBody": model.text if model else "", "StagesAvailable": ["Original", "Processed"]}
    return {"TemplateBody": stack_of(call).template, "StagesAvailable": ["Original", "Processed"]}


@operation(_SERVICE, "GetTemplateSummary")
def get_template_summary(call: Call) -> dict[str, Any]:
    """Returns the parameters and types of a template."""
    text = stack_of(call).template if call.get("StackName") else template_text(call, None)
    return _summary(text)


@operation(_SERVICE, "ValidateTemplate")
def validate_template(call: Call) -> dict[str, Any]:
    """Reads a template and returns its parameters."""
    summary = _summary(template_text(call, None))
    return {key: summary[key] for key in ("Parameters", "Description") if key in summary}


def _summary(text: str) -> dict[str, Any]:
    try:
        document = parse(text)
    except TemplateError as error:
        raise Refusal("ValidationError", str(error)) from error
    told: dict[str, Any] = {"Parameters": [], "ResourceTypes": sorted({one["Type"] for one in document["Resources"].values()})}
    for name, declared in document.get("Parameters", {}).items():
        one = {"ParameterKey": name, "ParameterType": declared.get("Type", "String"), "NoEcho": bool(declared.get("NoEcho", False))}
        if "Default" in declared:
            one["DefaultValue"] = str(declared["Default"])
        told["Parameters"].append({**one, "Description": declared.get("Description", "")})
    if "Description" in document:
        told["Description"] = document["Description"]
    return told


@operation(_SERVICE, "ListExports")
def list_exports(call: Call) -> dict[str, Any]:
    """Lists what the stacks of a region export."""
    return {"Exports": [{"ExportingStackId": stack.id, "Name": name, "Value": value} for name, (stack, value) in stacks.exports(call.region).items()]}


@operation(_SERVICE, "ListImports")
def list_imports(call: Call) -> dict[str, Any]:
    """Lists the stacks that use an export."""
    found = stacks.importers(call.region, call.get("ExportName", ""))
    if not found:
        raise Refusal("ValidationError", f"Export '{call.get('ExportName')}' is not imported by any stack.")
    return {"Imports": found}
