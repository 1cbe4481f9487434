"""Invoking a deployed function."""

import json
import logging
import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto.awslambda.models import LambdaFunction, lambda_backends

from ..aws import client
from ..settings import current
from .program import CannotRun, command
from .runtime import Invocation, RuntimeAPI

_log = logging.getLogger(__name__)
_running: set[subprocess.Popen[bytes]] = set()


@dataclass(frozen=True)
class Result:
    """What an invocation gave: the answer or the error's document, and what the function wrote to its log."""

    body: bytes
    error: str
    output: str


def find(region: str, name: str, qualifier: str | None = None) -> LambdaFunction:
    """Returns the function of a name or ARN, in the version that a qualifier or alias means."""
    return lambda_backends[current().account][region].get_function(name, qualifier)


def invoke(function: LambdaFunction, event: bytes, qualifier: str = "") -> Result:
    """Runs a function for one event. What goes wrong is in the result, as Lambda answers it.

    The function is told the ARN by which it was invoked, with the alias or version that the caller named:
    https://docs.aws.amazon.com/lambda/latest/dg/golang-context.html
    """
    try:
        start, folder = command(function.code_bytes)
    except CannotRun as error:
        return Result(_failure("Runtime.InvalidEntrypoint", str(error)), "Unhandled", "")
    arn = ":".join(function.function_arn.split(":")[:7] + ([qualifier] if qualifier else []))
    invocation = Invocation(event, arn, float(function.timeout or 3))
    api = RuntimeAPI(invocation)
    try:
        result = _run(function, start, folder, invocation, api)
    finally:
        api.stop()
    _keep(function, result.output)
    return result


def _run(function: LambdaFunction, start: list[str], folder: Path, invocation: Invocation, api: RuntimeAPI) -> Result:
    process = subprocess.Popen(start, cwd=folder, env=_environment(function, folder, api.address), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    _running.add(process)
    written: list[bytes] = []
    reader = threading.Thread(target=lambda: written.extend(iter(process.stdout.readline, b"")), daemon=True)  # type: ignore[union-attr]
    reader.start()
    threading.Thread(target=lambda: _ended(process, invocation), daemon=True).start()
    timely = invocation.done.wait(invocation.timeout)
    process.kill()
    process.wait()
    _running.discard(process)
    reader.join(2)
    output = b"".join(written).decode(errors="replace")
    if not timely:
        told = f"{invocation.id} Task timed out after {invocation.timeout:.2f} seconds"
        return Result(_failure("Sandbox.Timedout", told), "Unhandled", output)
    return Result(invocation.body, "Unhandled" if invocation.failed else "", output)


def _ended(process: subprocess.Popen[bytes], invocation: Invocation) -> None:
    """Ends the wait when the process is gone before it has answered."""
    code = process.wait()
    invocation.finish(_failure("Runtime.ExitError", f"RequestId: {invocation.id} Error: Runtime exited with error: exit status {code}"), True)


def _environment(function: LambdaFunction, folder: Path, api: str) -> dict[str, str]:
    """Returns the variables that Lambda gives a function, and the emulator's address."""
    own = {key: str(value) for key, value in (function.environment_vars or {}).items()}
    return {
        "PATH": os.environ.get("PATH", ""),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "LAMBDA_TASK_ROOT": str(folder),
        "_HANDLER": function.handler or "bootstrap",
        "AWS_LAMBDA_RUNTIME_API": api,
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_LOG_GROUP_NAME": log_group(function),
        "AWS_LAMBDA_LOG_STREAM_NAME": "emulator",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        **own,
        "AWS_ENDPOINT_URL": current().endpoint,
    }


def log_group(function: LambdaFunction) -> str:
    """Returns the log group of a function."""
    held = getattr(function, "logging_config", None) or {}
    return str(held.get("LogGroup") or f"/aws/lambda/{function.function_name}")


def _failure(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


def _keep(function: LambdaFunction, output: str) -> None:
    """Writes what a function wrote into its log group."""
    if not output.strip():
        return
    _log.info("%s wrote:\n%s", function.function_name, output.rstrip())
    logs, group = client("logs", function.region), log_group(function)
    stream = f"[{function.version}]{time.time_ns():x}"
    try:
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        moment = int(time.time() * 1000)
        lines: list[dict[str, Any]] = [{"timestamp": moment, "message": line} for line in output.splitlines() if line]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=lines)
    except Exception:
        _log.exception("the log of %s", function.function_name)


def end_all() -> None:
    """Ends every function that runs."""
    for process in list(_running):
        process.kill()
