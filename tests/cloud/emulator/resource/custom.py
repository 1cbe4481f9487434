"""Custom resources: the function that the ServiceToken names makes, changes and removes them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

import json
import threading
import uuid
from typing import Any

from ..engine.answers import Waiting
from ..function.invoke import Result, find, invoke
from ..template.errors import Unresolvable
from ..template.intrinsics import text
from .registry import Kind, Work, resource

_DEFAULT_TIMEOUT = 3600
_ENDING = 5.0


def strings(value: Any) -> Any:
    """Returns properties as CloudFormation hands them over: every number and truth value as text."""
    if isinstance(value, dict):
        return {key: strings(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [strings(inner) for inner in value]
    return text(value)


@resource("Custom::*")
class Custom(Kind):
    """Any custom resource whose service token is a function."""

    def create(self, work: Work) -> dict[str, Any]:
        work.physical_id = f"{work.stack_name}-{work.logical_id}-{uuid.uuid4().hex[:12].upper()}"
        return self._ask(work, "Create")

    def update(self, work: Work) -> dict[str, Any]:
        return self._ask(work, "Update")

    def delete(self, work: Work) -> None:
        self._ask(work, "Delete")

    def _ask(self, work: Work, kind: str) -> dict[str, Any]:
        token = str(work.get("ServiceToken"))
        if ":lambda:" not in token:
            raise Unresolvable(f"Invalid service token {token}: this emulator reaches functions only")
        waiting = Waiting()
        try:
            document = self._answer(work, token, waiting, self._event(work, kind, waiting))
        finally:
            waiting.stop()
        if kind != "Delete" or document.get("PhysicalResourceId"):
            work.physical_id = str(document.get("PhysicalResourceId") or work.physical_id)
        if document.get("Status") != "SUCCESS":
            told = f"Received response status [{document.get('Status')}] from custom resource. Message returned: {document.get('Reason', '')}"
            raise Unresolvable(f"{told} (RequestId: {waiting.token})")
        return {key: value for key, value in (document.get("Data") or {}).items() if value is not None}

    def _event(self, work: Work, kind: str, waiting: Waiting) -> dict[str, Any]:
        event = {
            "RequestType": kind,
            "ServiceToken": work.get("ServiceToken"),
            "ResponseURL": waiting.url,
            "StackId": work.stack_id,
            "RequestId": waiting.token,
            "LogicalResourceId": work.logical_id,
            "ResourceType": work.kind,
            "ResourceProperties": strings(work.properties),
        }
        if kind != "Create":
            event["PhysicalResourceId"] = work.physical_id
        if kind == "Update":
            event["OldResourceProperties"] = strings(work.old)
        return event

    def _answer(self, work: Work, token: str, waiting: Waiting, event: dict[str, Any]) -> dict[str, Any]:
        """Runs the function and waits for its answer, no longer than the function runs and the resource allows."""
        try:
            function = find(work.region, token)
        except Exception as error:
            raise Unresolvable(f"Invalid service token: the function {token} does not exist") from error
        ended: list[Result] = []
        runner = threading.Thread(target=lambda: ended.append(invoke(function, json.dumps(event).encode())), daemon=True)
        runner.start()
        timeout = float(work.get("ServiceTimeout", _DEFAULT_TIMEOUT))
        over = threading.Event()
        threading.Thread(target=lambda: (runner.join(), over.set()), daemon=True).start()
        waited = 0.0
        while waited < timeout and not waiting.arrived.wait(0.05):
            waited += 0.05
            if over.is_set() and not waiting.arrived.is_set():
                told = ended[0].body.decode(errors="replace") if ended and ended[0].error else "it said nothing"
                raise Unresolvable(f"the function {function.function_name} ended without answering CloudFormation: {told}")
        if not waiting.arrived.is_set():
            raise Unresolvable(f"CloudFormation did not receive a response from your Custom Resource within {timeout:.0f} seconds. Please check your logs for requestId [{waiting.token}].")
        # The function ends soon after its answer, and writes its log then: into a log group that may be deleted next.
        over.wait(_ENDING)
        return waiting.document
