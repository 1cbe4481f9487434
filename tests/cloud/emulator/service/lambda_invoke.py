"""Lambda's Invoke."""

import base64
import json
import threading
from typing import Any

from botocore.exceptions import ClientError

from ..function.invoke import find, invoke
from ..resource.lambda_function import split_qualifier
from ..wire.operation import Call, Refusal, operation


@operation("lambda", "Invoke")
def invoke_function(call: Call) -> dict[str, Any]:
    """Runs a function: waits for its answer, or lets it run when the call is asynchronous."""
    name = call.get("FunctionName", "")
    qualifier = call.get("Qualifier") or split_qualifier(name)[1]
    try:
        function = find(call.region, name, qualifier or None)
    except ClientError as error:
        raise Refusal("ResourceNotFoundException", str(error)) from error
    except Exception as error:
        raise Refusal("ResourceNotFoundException", f"Function not found: {name}") from error
    event = _bytes(call.get("Payload", b"{}")) or b"{}"
    kind = call.get("InvocationType", "RequestResponse")
    if kind == "DryRun":
        return {"StatusCode": 204}
    if kind == "Event":
        threading.Thread(target=invoke, args=(function, event, qualifier), daemon=True).start()
        return {"StatusCode": 202}
    result = invoke(function, event, qualifier)
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
