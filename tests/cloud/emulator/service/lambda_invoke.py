"""Lambda's Invoke."""

import base64
import json
import threading
from typing import Any

from botocore.exceptions import ClientError

from ..function.invoke import find, invoke
from ..wire.operation import Call, Refusal, operation


@operation("lambda", "Invoke")
def invoke_function(call: Call) -> dict[str, Any]:
    """Runs a function: waits for its answer, or lets it run when the call is asynchronous."""
    name, qualifier = call.get("FunctionName", ""), call.get("Qualifier")
    try:
        function = find(call.region, name, qualifier)
    except ClientError as error:
        raise Refusal("ResourceNotFoundException", str(error)) from error
    except Exception as error:
        raise Refusal("ResourceNotFoundException", f"Function not found: {name}") from error
    event = _bytes(call.get("Payload", b"{}")) or b"{}"
    kind = call.get("InvocationType", "RequestResponse")
    if kind == "DryRun":
        return {"StatusCode": 204}
    if kind == "Event":
        threading.Thread(target=invoke, args=(function, event), daemon=True).start()
        return {"StatusCode": 202}
    result = invoke(function, event)
    told: dict[str, Any] = {"StatusCode": 200, "Payload": result.body, "ExecutedVersion": str(function.version)}
    if result.error:
        told["FunctionError"] = result.error
    if call.get("LogType") == "Tail":
        told["LogResult"] = base64.b64encode(result.output.encode()[-4096:]).decode()
    return told


def _bytes(value: Any) -> bytes:
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, bytes):
        return value
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()
