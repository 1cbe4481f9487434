"""The CloudFormation API: stacks and change sets.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
"""

from typing import Any
from urllib.parse import unquote, urlparse

from botocore.exceptions import ClientError

from ..aws import client
from ..engine import operations
from ..engine.changeset import ChangeSet, expect_capabilities, expect_updatable, is_change, make_change_set, settings_of
from ..engine.model import Model, make_model
from ..engine.plan import plan
from ..engine.stack import Stack, new_stack
from ..engine.store import stacks
from ..template.errors import TemplateError
from .operation import Call, Refusal, operation

_SERVICE = "cloudformation"


def stack_of(call: Call, name: str = "StackName") -> Stack:
    """Returns the stack that a request names, or refuses it as CloudFormation does."""
    wanted = call.get(name, "")
    found = stacks.find(call.region, wanted)
    if found is None:
        raise Refusal("ValidationError", f"Stack with id {wanted} does not exist")
    return found


def template_text(call: Call, stack: Stack | None) -> str:
    """Returns the template that a request brings, points to, or takes over."""
    if call.get("TemplateBody"):
        return str(call.get("TemplateBody"))
    if call.get("TemplateURL"):
        return _fetch(call.get("TemplateURL"), call.region)
    if call.get("UsePreviousTemplate") and stack is not None:
        return stack.template
    raise Refusal("ValidationError", "Either Template URL or Template Body must be specified.")


def _fetch(url: str, region: str) -> str:
    """Reads a template from this emulator's S3, whichever way the URL names the bucket."""
    parts = urlparse(url)
    host = parts.hostname or ""
    path = unquote(parts.path.lstrip("/"))
    bucket, _, key = path.partition("/")
    virtual = host.partition(".s3.")[0] if ".s3." in host else ""
    if virtual and not host.startswith("s3."):
        bucket, key = virtual, path
    try:
        return client("s3", region).get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    except ClientError as error:
        raise Refusal("ValidationError", f"S3 error: {error.response['Error'].get('Message', error)}") from error


def given_parameters(call: Call, stack: Stack | None) -> dict[str, str]:
    """Returns the parameters of a request, those included that keep the value they have."""
    given = {}
    held = stack.parameters if stack else {}
    for parameter in call.get("Parameters", []):
        name = parameter["ParameterKey"]
        if not parameter.get("UsePreviousValue"):
            given[name] = str(parameter.get("ParameterValue", ""))
        elif name in held:
            given[name] = held[name].given
        else:
            raise Refusal("ValidationError", f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true for a parameter key not in the previous template")
    return given


@operation(_SERVICE, "CreateChangeSet")
def create_change_set(call: Call) -> dict[str, Any]:
    """Plans a change."""
    if call.get("ChangeSetType", "UPDATE") == "IMPORT":
        raise Refusal("ValidationError", "this emulator cannot import resources")
    previous = stacks.find(call.region, call.get("StackName", ""))
    stack, made = make_change_set(call.region, call.account, call.parameters, template_text(call, previous), given_parameters(call, previous))
    return {"Id": made.id, "StackId": stack.id}


def change_set_of(call: Call) -> tuple[Stack, ChangeSet]:
    """Returns the change set that a request names by its name and stack, or by its id."""
    wanted = call.get("ChangeSetName", "")
    named = call.get("StackName")
    candidates = [stack_of(call)] if named else stacks.all(call.region)
    for stack in candidates:
        for made in stack.change_sets.values():
            if wanted in (made.name, made.id):
                return stack, made
    raise Refusal("ChangeSetNotFound", f"ChangeSet [{wanted}] does not exist")


@operation(_SERVICE, "DescribeChangeSet")
def describe_change_set(call: Call) -> dict[str, Any]:
    """Tells what a change set would do."""
    stack, made = change_set_of(call)
    return {
        "ChangeSetName": made.name,
        "ChangeSetId": made.id,
        "StackId": stack.id,
        "StackName": stack.name,
        "Description": made.description,
        "Parameters": _parameters(made.model.parameters if made.model else {}),
        "CreationTime": made.created,
        "ExecutionStatus": made.execution,
        "Status": made.status,
        "StatusReason": made.reason,
        "Capabilities": made.settings["capabilities"],
        "NotificationARNs": made.settings["notifications"],
        "Tags": [{"Key": key, "Value": value} for key, value in made.settings["tags"].items()],
        "Changes": [{"Type": "Resource", "ResourceChange": _change(change)} for change in made.changes],
    }


def _change(change: Any) -> dict[str, Any]:
    told = {"Action": change.action, "LogicalResourceId": change.logical_id, "ResourceType": change.kind, "Scope": change.scope if change.action == "Modify" else []}
    if change.physical_id:
        told["PhysicalResourceId"] = change.physical_id
    if change.action == "Modify":
        told["Replacement"] = change.replacement
        told["Details"] = [_detail(change, path) for path in change.paths]
    if change.action == "Remove" and change.scope:
        told["PolicyAction"] = change.scope[0]
    return told


def _detail(change: Any, path: str) -> dict[str, Any]:
    recreation = "Never" if path not in change.fixed else "Always" if change.replacement == "True" else "Conditionally"
    target = {"Attribute": "Properties", "Name": path.split(".")[0], "RequiresRecreation": recreation, "Path": "/Properties/" + path.replace(".", "/")}
    return {"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}


def _parameters(parameters: dict[str, Any]) -> list[dict[str, Any]]:
    told = []
    for parameter in parameters.values():
        one = {"ParameterKey": parameter.name, "ParameterValue": "****" if parameter.hidden else parameter.given}
        if parameter.from_store:
            one["ResolvedValue"] = ",".join(parameter.value) if isinstance(parameter.value, list) else parameter.value
        told.append(one)
    return told


@operation(_SERVICE, "ExecuteChangeSet")
def execute_change_set(call: Call) -> dict[str, Any]:
    """Carries out a change set."""
    stack, made = change_set_of(call)
    operations.execute(stack, made, bool(call.get("DisableRollback", False)), call.get("ClientRequestToken", ""))
    return {}


@operation(_SERVICE, "DeleteChangeSet")
def delete_change_set(call: Call) -> dict[str, Any]:
    """Forgets a change set. One that is not there is fine."""
    try:
        stack, made = change_set_of(call)
    except Refusal as refusal:
        if refusal.code == "ChangeSetNotFound":
            return {}
        raise
    del stack.change_sets[made.name]
    return {}


@operation(_SERVICE, "ListChangeSets")
def list_change_sets(call: Call) -> dict[str, Any]:
    """Lists a stack's change sets."""
    stack = stack_of(call)
    told = [
        {"StackId": stack.id, "StackName": stack.name, "ChangeSetId": made.id, "ChangeSetName": made.name, "ExecutionStatus": made.execution,
         "Status": made.status, "StatusReason": made.reason, "CreationTime": made.created, "Description": made.description}
        for made in stack.change_sets.values()
    ]  # fmt: skip
    return {"Summaries": told}


@operation(_SERVICE, "CreateStack")
def create_stack(call: Call) -> dict[str, Any]:
    """Creates a stack without a change set."""
    name = call.get("StackName", "")
    if stacks.find(call.region, name) is not None:
        raise Refusal("AlreadyExistsException", f"Stack [{name}] already exists")
    stack = new_stack(name, call.region, call.account, "CREATE_IN_PROGRESS")
    model = _model(call, stack)
    stack.protected = bool(call.get("EnableTerminationProtection", False))
    stacks.add(stack)
    hold = bool(call.get("DisableRollback", False)) or call.get("OnFailure") == "DO_NOTHING"
    operations.deploy(stack, model, settings_of(call.parameters), True, hold, call.get("ClientRequestToken", ""))
    return {"StackId": stack.id}


@operation(_SERVICE, "UpdateStack")
def update_stack(call: Call) -> dict[str, Any]:
    """Updates a stack without a change set."""
    stack = stack_of(call)
    expect_updatable(stack)
    model, settings = _model(call, stack), settings_of(call.parameters)
    if not is_change(stack, plan(stack, model), model, settings):
        raise Refusal("ValidationError", "No updates are to be performed.")
    operations.deploy(stack, model, settings, False, bool(call.get("DisableRollback", False)), call.get("ClientRequestToken", ""))
    return {"StackId": stack.id}


def _model(call: Call, stack: Stack) -> Model:
    try:
        model = make_model(stack, template_text(call, stack), given_parameters(call, stack))
    except TemplateError as error:
        raise Refusal("ValidationError", str(error)) from error
    if model.invalid:
        one = model.invalid[0]
        raise Refusal("ValidationError", f"Properties validation failed for resource {one.logical_id} with message:\n#{one.fault.path}: {one.fault.message}")
    expect_capabilities(model, settings_of(call.parameters))
    return model


@operation(_SERVICE, "DeleteStack")
def delete_stack(call: Call) -> dict[str, Any]:
    """Deletes a stack. One that is not there is fine."""
    stack = stacks.find(call.region, call.get("StackName", ""))
    if stack is not None:
        operations.delete(stack, set(call.get("RetainResources", [])), call.get("ClientRequestToken", ""))
    return {}


@operation(_SERVICE, "ContinueUpdateRollback")
def continue_update_rollback(call: Call) -> dict[str, Any]:
    """Goes on with a rollback that failed."""
    operations.continue_rollback(stack_of(call), set(call.get("ResourcesToSkip", [])), call.get("ClientRequestToken", ""))
    return {}


@operation(_SERVICE, "RollbackStack")
def rollback_stack(call: Call) -> dict[str, Any]:
    """Rolls back a stack that was left where it failed."""
    stack = stack_of(call)
    operations.roll_back(stack, call.get("ClientRequestToken", ""))
    return {"StackId": stack.id}


@operation(_SERVICE, "UpdateTerminationProtection")
def update_termination_protection(call: Call) -> dict[str, Any]:
    """Protects a stack from deletion, or ends that."""
    stack = stack_of(call)
    stack.protected = bool(call.get("EnableTerminationProtection", False))
    return {"StackId": stack.id}


