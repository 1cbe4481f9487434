"""Change sets: what `cdk deploy` and `cdk diff` ask for before anything is touched."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..template.errors import TemplateError
from ..wire.operation import Refusal
from .model import Model, make_model
from .plan import Change, changes_outputs, plan
from .stack import Stack, new_stack, now
from .store import stacks

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
"""The reason with which CloudFormation fails a change set without changes; the CDK CLI knows these words."""

_EARLY = "The following validation checks failed before the deployment: AWS::EarlyValidation::PROPERTY_VALIDATION. To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information."


@dataclass
class ChangeSet:
    """One change set of a stack."""

    name: str
    id: str
    kind: str
    description: str
    model: Model | None
    settings: dict[str, Any]
    status: str = "CREATE_COMPLETE"
    reason: str = ""
    execution: str = "AVAILABLE"
    changes: list[Change] = field(default_factory=list)
    created: datetime = field(default_factory=now)


def make_change_set(region: str, account: str, asked: dict[str, Any], text: str, given: dict[str, str]) -> tuple[Stack, ChangeSet]:
    """Makes a change set as CreateChangeSet asks. Raises Refusal for what CloudFormation answers with an error."""
    kind = asked.get("ChangeSetType", "UPDATE")
    stack = _stack_for(region, account, asked["StackName"], kind)
    name = asked["ChangeSetName"]
    if name in stack.change_sets:
        raise Refusal("AlreadyExistsException", f"ChangeSet {name} already exists")
    arn = f"arn:aws:cloudformation:{region}:{account}:changeSet/{name}/{uuid.uuid4()}"
    settings = settings_of(asked)
    try:
        model = make_model(stack, text, given)
    except TemplateError as error:
        if kind == "CREATE" and not stack.change_sets:
            stacks.forget(stack)
        raise Refusal("ValidationError", str(error)) from error
    made = ChangeSet(name, arn, kind, asked.get("Description", ""), model, settings)
    _judge(stack, made, model)
    stack.change_sets[name] = made
    return stack, made


def _stack_for(region: str, account: str, name: str, kind: str) -> Stack:
    stack = stacks.find(region, name)
    if kind == "UPDATE":
        if stack is None or stack.status == "REVIEW_IN_PROGRESS":
            raise Refusal("ValidationError", f"Stack [{name}] does not exist")
        expect_updatable(stack)
        return stack
    if stack is not None and stack.status != "REVIEW_IN_PROGRESS":
        raise Refusal("ValidationError", f"Stack [{name}] already exists and cannot be created again with the changeSet [{kind}].")
    if stack is None:
        stack = new_stack(name, region, account, "REVIEW_IN_PROGRESS")
        stack.become("REVIEW_IN_PROGRESS", "User Initiated")
        stacks.add(stack)
    return stack


def expect_updatable(stack: Stack) -> None:
    """Refuses a stack in a state in which CloudFormation changes nothing."""
    final = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED", "CREATE_FAILED")
    if stack.busy or (stack.status in final and not (stack.status == "CREATE_FAILED" and stack.disable_rollback)):
        raise Refusal("ValidationError", f"Stack:{stack.id} is in {stack.status} state and can not be updated.")


def settings_of(asked: dict[str, Any]) -> dict[str, Any]:
    """Returns what a request says about the stack besides its template."""
    return {
        "tags": {tag["Key"]: tag["Value"] for tag in asked.get("Tags", [])},
        "capabilities": list(asked.get("Capabilities", [])),
        "role": asked.get("RoleARN", ""),
        "notifications": list(asked.get("NotificationARNs", [])),
    }


def expect_capabilities(model: Model, settings: dict[str, Any]) -> None:
    """Refuses a template that makes IAM resources without the caller saying so."""
    resources = model.document["Resources"].values()
    named = any(one["Type"].startswith("AWS::IAM::") and _names(one) for one in resources)
    any_iam = any(one["Type"] in _IAM for one in resources)
    given = set(settings["capabilities"])
    if named and "CAPABILITY_NAMED_IAM" not in given:
        raise Refusal("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_NAMED_IAM]")
    if any_iam and not given & {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"}:
        raise Refusal("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]")


_IAM = {f"AWS::IAM::{name}" for name in ("Role", "Policy", "ManagedPolicy", "User", "Group", "InstanceProfile", "AccessKey")}


def _names(one: dict[str, Any]) -> bool:
    return any(name in one.get("Properties", {}) for name in ("RoleName", "ManagedPolicyName", "UserName", "GroupName", "InstanceProfileName"))


def _judge(stack: Stack, made: ChangeSet, model: Model) -> None:
    """Fails a change set that does not fit the schemas, or that changes nothing."""
    if model.invalid:
        made.status, made.execution, made.reason = "FAILED", "UNAVAILABLE", _EARLY
        return
    expect_capabilities(model, made.settings)
    made.changes = plan(stack, model)
    if not is_change(stack, made.changes, model, made.settings):
        made.status, made.execution, made.reason = "FAILED", "UNAVAILABLE", NO_CHANGES


def is_change(stack: Stack, changes: list[Change], model: Model, settings: dict[str, Any]) -> bool:
    """Says whether there is anything to do: resources, outputs or the stack's tags."""
    return bool(changes) or changes_outputs(stack, model) or stack.tags != settings["tags"]
