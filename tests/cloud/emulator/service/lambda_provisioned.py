"""Provisioned concurrency of aliases and versions: kept and told, nothing is started ahead."""

from datetime import datetime, timezone
from typing import Any

from ..wire.operation import Call, Refusal, operation

_held: dict[tuple[str, str, str], dict[str, Any]] = {}


def _name(function: str) -> str:
    return function.split(":function:")[-1].split(":")[0]


def _key(call: Call) -> tuple[str, str, str]:
    return call.region, _name(call.get("FunctionName", "")), call.get("Qualifier", "")


@operation("lambda", "PutProvisionedConcurrencyConfig")
def put(call: Call) -> dict[str, Any]:
    """Sets how many instances an alias keeps."""
    count = int(call.get("ProvisionedConcurrentExecutions"))
    told = {
        "RequestedProvisionedConcurrentExecutions": count,
        "AvailableProvisionedConcurrentExecutions": count,
        "AllocatedProvisionedConcurrentExecutions": count,
        "Status": "READY",
        "LastModified": datetime.now(timezone.utc).isoformat(),
    }
    _held[_key(call)] = told
    return told


@operation("lambda", "GetProvisionedConcurrencyConfig")
def get(call: Call) -> dict[str, Any]:
    """Tells how many instances an alias keeps."""
    if _key(call) not in _held:
        raise Refusal("ProvisionedConcurrencyConfigNotFoundException", "No Provisioned Concurrency Config found for this function")
    return _held[_key(call)]


@operation("lambda", "DeleteProvisionedConcurrencyConfig")
def delete(call: Call) -> dict[str, Any]:
    """Ends that an alias keeps instances."""
    _held.pop(_key(call), None)
    return {}
