"""CodeDeploy for functions: applications, deployment groups, and deployments with their hooks.

A deployment runs the hooks before and after traffic moves. Traffic itself moves at once, whatever the configuration
says, and alarms roll nothing back. Everything is told as it was asked for.
"""

import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from ..wire.operation import Call, Refusal, operation

_SERVICE = "codedeploy"
_applications: dict[str, dict[str, Any]] = {}
_groups: dict[tuple[str, str], dict[str, Any]] = {}
_configs: dict[str, dict[str, Any]] = {}


@dataclass
class Hook:
    """One run of a hook function, which ends when it says how it went."""

    deployment: str
    event: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    status: str = ""
    told: threading.Event = field(default_factory=threading.Event)


deployments: dict[str, dict[str, Any]] = {}
hooks: dict[str, Hook] = {}


def _now() -> datetime:
    return datetime.now(timezone.utc)


def start_deployment(application: str, group: str, description: str) -> str:
    """Begins a deployment and returns its id."""
    made = "d-" + uuid.uuid4().hex[:9].upper()
    deployments[made] = {
        "applicationName": application,
        "deploymentGroupName": group,
        "deploymentId": made,
        "deploymentConfigName": _groups.get((application, group), {}).get("deploymentConfigName", "CodeDeployDefault.LambdaAllAtOnce"),
        "status": "InProgress",
        "createTime": _now(),
        "startTime": _now(),
        "description": description,
        "creator": "user",
        "computePlatform": "Lambda",
    }
    return made


def end_deployment(deployment: str, failure: str = "") -> None:
    """Records how a deployment ended."""
    held = deployments[deployment]
    held |= {"status": "Failed" if failure else "Succeeded", "completeTime": _now()}
    if failure:
        held["errorInformation"] = {"code": "HOOK_EXECUTION_FAILURE", "message": failure}


def new_hook(deployment: str, event: str) -> Hook:
    """Returns a run of a hook for a deployment's lifecycle event."""
    hook = Hook(deployment, event)
    hooks[hook.id] = hook
    return hook


def has_group(application: str, group: str) -> bool:
    """Says whether a deployment group exists."""
    return (application, group) in _groups


@operation(_SERVICE, "PutLifecycleEventHookExecutionStatus")
def put_status(call: Call) -> dict[str, Any]:
    """Takes from a hook function how it went."""
    hook = hooks.get(call.get("lifecycleEventHookExecutionId", ""))
    if call.get("deploymentId") not in deployments:
        raise Refusal("DeploymentDoesNotExistException", f"The deployment {call.get('deploymentId')} could not be found.")
    if hook is None or hook.deployment != call.get("deploymentId"):
        raise Refusal("InvalidLifecycleEventHookExecutionIdException", "The lifecycle event hook execution id is not valid.")
    if hook.told.is_set():
        raise Refusal("LifecycleEventAlreadyCompletedException", "An attempt to return the status of an already completed lifecycle event occurred.")
    if call.get("status") not in ("Succeeded", "Failed"):
        raise Refusal("InvalidLifecycleEventHookExecutionStatusException", "The status must be Succeeded or Failed.")
    hook.status = call.get("status")
    hook.told.set()
    return {"lifecycleEventHookExecutionId": hook.id}


@operation(_SERVICE, "CreateApplication")
def create_application(call: Call) -> dict[str, Any]:
    """Makes an application."""
    name = call.get("applicationName")
    if name in _applications:
        raise Refusal("ApplicationAlreadyExistsException", f"Application already exists: {name}")
    platform = call.get("computePlatform", "Server")
    _applications[name] = {"applicationId": str(uuid.uuid4()), "applicationName": name, "createTime": _now(), "computePlatform": platform, "tags": call.get("tags", [])}
    return {"applicationId": _applications[name]["applicationId"]}


def _application(name: str) -> dict[str, Any]:
    if name not in _applications:
        raise Refusal("ApplicationDoesNotExistException", f"No application found for name: {name}")
    return _applications[name]


@operation(_SERVICE, "GetApplication")
def get_application(call: Call) -> dict[str, Any]:
    """Describes an application."""
    return {"application": {key: value for key, value in _application(call.get("applicationName")).items() if key != "tags"}}


@operation(_SERVICE, "ListApplications")
def list_applications(_call: Call) -> dict[str, Any]:
    """Lists the applications."""
    return {"applications": sorted(_applications)}


@operation(_SERVICE, "DeleteApplication")
def delete_application(call: Call) -> dict[str, Any]:
    """Removes an application and its deployment groups."""
    _applications.pop(call.get("applicationName"), None)
    for key in [key for key in _groups if key[0] == call.get("applicationName")]:
        del _groups[key]
    return {}


@operation(_SERVICE, "CreateDeploymentGroup")
def create_deployment_group(call: Call) -> dict[str, Any]:
    """Makes a deployment group."""
    application, name = call.get("applicationName"), call.get("deploymentGroupName")
    platform = _application(application)["computePlatform"]
    if (application, name) in _groups:
        raise Refusal("DeploymentGroupAlreadyExistsException", f"Deployment group already exists: {name}")
    asked = {key: value for key, value in call.parameters.items() if key != "tags"}
    _groups[application, name] = {**asked, "deploymentGroupId": str(uuid.uuid4()), "computePlatform": platform}
    return {"deploymentGroupId": _groups[application, name]["deploymentGroupId"]}


def _group(call: Call, key: str = "deploymentGroupName") -> dict[str, Any]:
    _application(call.get("applicationName"))
    found = _groups.get((call.get("applicationName"), call.get(key)))
    if found is None:
        raise Refusal("DeploymentGroupDoesNotExistException", f"No Deployment Group found for name: {call.get(key)}")
    return found


@operation(_SERVICE, "GetDeploymentGroup")
def get_deployment_group(call: Call) -> dict[str, Any]:
    """Describes a deployment group."""
    return {"deploymentGroupInfo": _group(call)}


@operation(_SERVICE, "BatchGetDeploymentGroups")
def batch_get_deployment_groups(call: Call) -> dict[str, Any]:
    """Describes several deployment groups."""
    found = [_groups.get((call.get("applicationName"), name)) for name in call.get("deploymentGroupNames", [])]
    return {"deploymentGroupsInfo": [one for one in found if one]}


@operation(_SERVICE, "UpdateDeploymentGroup")
def update_deployment_group(call: Call) -> dict[str, Any]:
    """Changes those settings of a deployment group that the request brings."""
    held = _group(call, "currentDeploymentGroupName")
    held |= {key: value for key, value in call.parameters.items() if key not in ("currentDeploymentGroupName", "newDeploymentGroupName")}
    return {}


@operation(_SERVICE, "DeleteDeploymentGroup")
def delete_deployment_group(call: Call) -> dict[str, Any]:
    """Removes a deployment group."""
    _groups.pop((call.get("applicationName"), call.get("deploymentGroupName")), None)
    return {}


@operation(_SERVICE, "ListDeploymentGroups")
def list_deployment_groups(call: Call) -> dict[str, Any]:
    """Lists an application's deployment groups."""
    name = call.get("applicationName")
    _application(name)
    return {"applicationName": name, "deploymentGroups": sorted(group for application, group in _groups if application == name)}


@operation(_SERVICE, "CreateDeploymentConfig")
def create_deployment_config(call: Call) -> dict[str, Any]:
    """Makes a configuration of one's own for how traffic shifts."""
    name = call.get("deploymentConfigName")
    if name in _configs:
        raise Refusal("DeploymentConfigAlreadyExistsException", f"Deployment configuration already exists: {name}")
    _configs[name] = {**call.parameters, "deploymentConfigId": str(uuid.uuid4()), "createTime": _now()}
    return {"deploymentConfigId": _configs[name]["deploymentConfigId"]}


@operation(_SERVICE, "GetDeploymentConfig")
def get_deployment_config(call: Call) -> dict[str, Any]:
    """Describes a configuration."""
    name = call.get("deploymentConfigName")
    if name not in _configs:
        raise Refusal("DeploymentConfigDoesNotExistException", f"No Deployment Configuration found for name: {name}")
    return {"deploymentConfigInfo": _configs[name]}


@operation(_SERVICE, "DeleteDeploymentConfig")
def delete_deployment_config(call: Call) -> dict[str, Any]:
    """Removes a configuration."""
    _configs.pop(call.get("deploymentConfigName"), None)
    return {}


@operation(_SERVICE, "GetDeployment")
def get_deployment(call: Call) -> dict[str, Any]:
    """Describes a deployment."""
    if call.get("deploymentId") not in deployments:
        raise Refusal("DeploymentDoesNotExistException", f"The deployment {call.get('deploymentId')} could not be found.")
    return {"deploymentInfo": deployments[call.get("deploymentId")]}


@operation(_SERVICE, "ListDeployments")
def list_deployments(call: Call) -> dict[str, Any]:
    """Lists the deployments, newest first, of an application and group if these are given."""
    wanted = set(call.get("includeOnlyStatuses", []))
    found = [
        held["deploymentId"]
        for held in reversed(deployments.values())
        if call.get("applicationName") in (None, held["applicationName"])
        and call.get("deploymentGroupName") in (None, held["deploymentGroupName"])
        and (not wanted or held["status"] in wanted)
    ]
    return {"deployments": found}


@operation(_SERVICE, "ListTagsForResource")
def list_tags(call: Call) -> dict[str, Any]:
    """Tells the tags of an application."""
    name = call.get("ResourceArn", "").split(":")[-1]
    return {"Tags": _applications.get(name, {}).get("tags", [])}
