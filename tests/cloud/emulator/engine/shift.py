"""What CodeDeploy does when an alias moves: the hook before, the move, the hook after.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-updatepolicy.html and
https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
"""

import json
from collections.abc import Callable
from typing import Any

from ..function.invoke import find, invoke
from ..resource.registry import Work
from ..service.codedeploy import end_deployment, has_group, new_hook, start_deployment
from ..template.errors import Unresolvable


def shift(work: Work, policy: dict[str, Any], move: Callable[[], None]) -> None:
    """Moves an alias as its update policy says. Raises Unresolvable when a hook fails, and then moves nothing or moves it back.

    The names in the policy are those of resources of the stack, resolved before.
    """
    application, group = str(policy["ApplicationName"]), str(policy["DeploymentGroupName"])
    if not has_group(application, group):
        raise Unresolvable(f"No Deployment Group found for name: {group}")
    deployment = start_deployment(application, group, f"{work.get('FunctionName')}:{work.get('Name')} to version {work.get('FunctionVersion')}")
    try:
        _run(work, policy.get("BeforeAllowTrafficHook"), deployment, "BeforeAllowTraffic")
        move()
        try:
            _run(work, policy.get("AfterAllowTrafficHook"), deployment, "AfterAllowTraffic")
        except Unresolvable:
            work.aws("lambda").update_alias(
                FunctionName=work.get("FunctionName"), Name=work.get("Name"), FunctionVersion=str(work.old["FunctionVersion"])
            )
            raise
    except Unresolvable as error:
        end_deployment(deployment, str(error))
        raise
    end_deployment(deployment)


def _run(work: Work, name: str | None, deployment: str, event: str) -> None:
    """Runs a hook function and waits until it has said how it went."""
    if not name:
        return
    hook = new_hook(deployment, event)
    function = find(work.region, str(name))
    result = invoke(function, json.dumps({"DeploymentId": deployment, "LifecycleEventHookExecutionId": hook.id}).encode())
    if hook.status == "Succeeded":
        return
    told = f"the {event} hook {name} says that the version failed" if hook.status else f"the {event} hook {name} ended without saying how it went"
    if result.error:
        told += f": {result.body.decode(errors='replace')[:500]}"
    raise Unresolvable(f"CodeDeploy deployment {deployment} failed: {told}")
