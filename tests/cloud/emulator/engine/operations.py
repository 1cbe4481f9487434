"""What can be done to a stack. Each operation runs in a thread of its own; `wait` joins it for a while.

AWS answers at once and lets the caller ask again and again. Here the caller's request is held until the operation is
done, but not for long, because the CDK CLI asks only every few seconds.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any

from ..template.errors import TemplateError
from ..wire.operation import Refusal
from .changeset import ChangeSet, expect_updatable
from .deployment import Deployment, check_exports, remove_all, roll_back_creation
from .model import Model
from .stack import Stack, now

HOLD_SECONDS = 20.0
"""How long a request is held for its operation to be done."""

_log = logging.getLogger(__name__)


def execute(stack: Stack, change_set: ChangeSet, disable_rollback: bool, token: str = "") -> None:
    """Carries out a change set."""
    if change_set.execution != "AVAILABLE" or change_set.model is None:
        raise Refusal("InvalidChangeSetStatus", f"ChangeSet [{change_set.id}] cannot be executed in its current status of [{change_set.status}]")
    if change_set.kind == "UPDATE":
        expect_updatable(stack)
    elif stack.status != "REVIEW_IN_PROGRESS":
        raise Refusal("InvalidChangeSetStatus", f"ChangeSet [{change_set.id}] cannot be executed: the stack is {stack.status}")
    stack.change_sets.clear()
    deploy(stack, change_set.model, change_set.settings, change_set.kind == "CREATE", disable_rollback, token)


def deploy(stack: Stack, model: Model, settings: dict[str, Any], create: bool, disable_rollback: bool, token: str = "") -> None:
    """Creates or updates a stack."""
    stack.disable_rollback = disable_rollback
    deployment = Deployment(stack, model, settings)
    _start(stack, deployment.create if create else deployment.update, "CREATE_IN_PROGRESS" if create else "UPDATE_IN_PROGRESS", token)


def delete(stack: Stack, retain: set[str], token: str = "") -> None:
    """Deletes a stack. Resources to retain are left in the account, for a stack whose deletion failed before."""
    if stack.protected:
        raise Refusal("ValidationError", f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
    if stack.deleted is not None or stack.busy:
        return
    _start(stack, lambda: _delete(stack, retain), "DELETE_IN_PROGRESS", token)


def _delete(stack: Stack, retain: set[str]) -> None:
    stack.become("DELETE_IN_PROGRESS", "User Initiated")
    try:
        check_exports(stack, {})
    except TemplateError as error:
        stack.become("DELETE_FAILED", str(error))
        return
    failed = remove_all(stack, skip=retain)
    if failed:
        stack.become("DELETE_FAILED", f"The following resource(s) failed to delete: [{', '.join(failed)}]. ")
        return
    stack.deleted = now()
    stack.outputs = {}
    stack.become("DELETE_COMPLETE")


def continue_rollback(stack: Stack, skip: set[str], token: str = "") -> None:
    """Goes on with the rollback of an update that failed."""
    if stack.status != "UPDATE_ROLLBACK_FAILED" or stack.unfinished is None:
        raise Refusal("ValidationError", f"Stack:{stack.id} is in {stack.status} state and can not be rolled back.")
    _resume(stack, skip, token)


def roll_back(stack: Stack, token: str = "") -> None:
    """Rolls back a stack whose deployment failed and was told not to roll back by itself."""
    if stack.status == "CREATE_FAILED":
        _start(stack, lambda: roll_back_creation(stack, "User Initiated"), "ROLLBACK_IN_PROGRESS", token)
    elif stack.status == "UPDATE_FAILED" and stack.unfinished is not None:
        _resume(stack, set(), token)
    else:
        raise Refusal("ValidationError", f"Stack:{stack.id} is in {stack.status} state and can not be rolled back.")


def _resume(stack: Stack, skip: set[str], token: str) -> None:
    deployment, before = stack.unfinished

    def run() -> None:
        stack.become("UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated")
        deployment.roll_back(before, skip)

    _start(stack, run, "UPDATE_ROLLBACK_IN_PROGRESS", token)


def _start(stack: Stack, run: Callable[[], None], status: str, token: str) -> None:
    failed = {"DELETE_IN_PROGRESS": "DELETE_FAILED", "CREATE_IN_PROGRESS": "ROLLBACK_FAILED"}.get(status, "UPDATE_ROLLBACK_FAILED")

    def guarded() -> None:
        try:
            run()
        except Exception as fault:
            _log.exception("%s of %s", status, stack.name)
            stack.become(failed, f"Internal failure: {type(fault).__name__}: {fault}")
        finally:
            stack.done.set()

    stack.token, stack.status = token, status
    stack.done.clear()
    threading.Thread(target=guarded, daemon=True, name=f"{stack.name} {status}").start()
    stack.done.wait(HOLD_SECONDS)
