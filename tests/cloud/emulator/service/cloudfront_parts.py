"""CloudFront functions and policies, which moto lacks: kept, told and versioned by their ETag."""

import uuid
from datetime import datetime, timezone
from typing import Any

from ..wire.operation import Call, Refusal, operation


def _mark() -> str:
    return "E" + uuid.uuid4().hex[:13].upper()


_functions: dict[str, dict[str, dict[str, Any]]] = {}
"""Name to stage (DEVELOPMENT, LIVE) to the function there."""


def _function(call: Call) -> dict[str, Any]:
    stages = _functions.get(call.get("Name"), {})
    held = stages.get(call.get("Stage", "DEVELOPMENT"))
    if held is None:
        raise Refusal("NoSuchFunctionExists", "The specified function does not exist.")
    return held


def _expect(held: dict[str, Any], call: Call) -> None:
    if held["ETag"] != call.get("IfMatch"):
        raise Refusal("PreconditionFailed", "The request failed because it didn't meet the preconditions in one or more request-header fields.")


def _summary(held: dict[str, Any]) -> dict[str, Any]:
    metadata = {"FunctionARN": held["ARN"], "Stage": held["Stage"], "CreatedTime": held["Created"], "LastModifiedTime": held["Modified"]}
    return {"Name": held["Name"], "Status": "UNASSOCIATED", "FunctionConfig": held["Config"], "FunctionMetadata": metadata}


@operation("cloudfront", "CreateFunction")
def create_function(call: Call) -> dict[str, Any]:
    """Makes a function in the stage DEVELOPMENT."""
    name, now = call.get("Name"), datetime.now(timezone.utc)
    if name in _functions:
        raise Refusal("FunctionAlreadyExists", "A function with the same name already exists.")
    held = {"Name": name, "ARN": f"arn:aws:cloudfront::{call.account}:function/{name}", "Stage": "DEVELOPMENT", "Created": now, "Modified": now}
    held |= {"Config": call.get("FunctionConfig"), "Code": call.get("FunctionCode"), "ETag": _mark()}
    _functions[name] = {"DEVELOPMENT": held}
    return {"FunctionSummary": _summary(held), "ETag": held["ETag"], "Location": held["ARN"]}


@operation("cloudfront", "UpdateFunction")
def update_function(call: Call) -> dict[str, Any]:
    """Changes a function in the stage DEVELOPMENT."""
    held = _function(call)
    _expect(held, call)
    held |= {"Config": call.get("FunctionConfig"), "Code": call.get("FunctionCode"), "ETag": _mark(), "Modified": datetime.now(timezone.utc)}
    return {"FunctionSummary": _summary(held), "ETag": held["ETag"]}


@operation("cloudfront", "PublishFunction")
def publish_function(call: Call) -> dict[str, Any]:
    """Copies a function from DEVELOPMENT to LIVE."""
    held = _function(call)
    _expect(held, call)
    _functions[held["Name"]]["LIVE"] = {**held, "Stage": "LIVE"}
    return {"FunctionSummary": _summary(_functions[held["Name"]]["LIVE"])}


@operation("cloudfront", "DescribeFunction")
def describe_function(call: Call) -> dict[str, Any]:
    """Describes a function in one stage."""
    held = _function(call)
    return {"FunctionSummary": _summary(held), "ETag": held["ETag"]}


@operation("cloudfront", "GetFunction")
def get_function(call: Call) -> dict[str, Any]:
    """Returns a function's code in one stage."""
    held = _function(call)
    return {"FunctionCode": held["Code"], "ETag": held["ETag"], "ContentType": "application/octet-stream"}


@operation("cloudfront", "ListFunctions")
def list_functions(call: Call) -> dict[str, Any]:
    """Lists the functions of a stage."""
    stage = call.get("Stage", "DEVELOPMENT")
    found = [_summary(stages[stage]) for stages in _functions.values() if stage in stages]
    return {"FunctionList": {"MaxItems": 100, "Quantity": len(found), "Items": found}}


@operation("cloudfront", "DeleteFunction")
def delete_function(call: Call) -> dict[str, Any]:
    """Removes a function from both stages."""
    held = _function(call)
    _expect(held, call)
    del _functions[held["Name"]]
    return {}


def _register(noun: str, policy: str) -> None:
    """Registers the operations of one kind of policy, which are alike."""
    policies: dict[str, dict[str, Any]] = {}

    def find(call: Call) -> dict[str, Any]:
        if call.get("Id") not in policies:
            raise Refusal(f"NoSuch{policy}", f"The {noun} does not exist.")
        return policies[call.get("Id")]

    def tell(held: dict[str, Any]) -> dict[str, Any]:
        return {policy: {key: value for key, value in held.items() if key != "ETag"}, "ETag": held["ETag"]}

    def create(call: Call) -> dict[str, Any]:
        asked = call.get(f"{policy}Config")
        if any(held[f"{policy}Config"]["Name"] == asked["Name"] for held in policies.values()):
            raise Refusal(f"{policy}AlreadyExists", f"A {noun} with the name {asked['Name']} already exists.")
        held = {"Id": str(uuid.uuid4()), "LastModifiedTime": datetime.now(timezone.utc), f"{policy}Config": asked, "ETag": _mark()}
        policies[held["Id"]] = held
        return tell(held)

    def get(call: Call) -> dict[str, Any]:
        return tell(find(call))

    def update(call: Call) -> dict[str, Any]:
        held = find(call)
        _expect(held, call)
        held |= {"LastModifiedTime": datetime.now(timezone.utc), f"{policy}Config": call.get(f"{policy}Config"), "ETag": _mark()}
        return tell(held)

    def delete(call: Call) -> dict[str, Any]:
        held = find(call)
        _expect(held, call)
        del policies[held["Id"]]
        return {}

    def every(_call: Call) -> dict[str, Any]:
        items = [{"Type": "custom", policy: tell(held)[policy]} for held in policies.values()]
        return {f"{policy}List": {"MaxItems": 100, "Quantity": len(items), "Items": items}}

    for verb, answer in (("Create", create), ("Get", get), ("Update", update), ("Delete", delete)):
        operation("cloudfront", verb + policy)(answer)
    operation("cloudfront", "List" + policy.replace("Policy", "Policies"))(every)


_register("response headers policy", "ResponseHeadersPolicy")
_register("cache policy", "CachePolicy")
_register("origin request policy", "OriginRequestPolicy")
