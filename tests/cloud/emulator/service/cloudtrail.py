"""CloudTrail's LookupEvents, which the CDK CLI asks for the causes of a failure. Nothing is recorded here."""

from typing import Any

from ..wire.operation import Call, operation


@operation("cloudtrail", "LookupEvents")
def lookup_events(_call: Call) -> dict[str, Any]:
    """Finds nothing."""
    return {"Events": []}
