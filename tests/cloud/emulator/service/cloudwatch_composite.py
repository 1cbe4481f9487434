"""Composite alarms, which moto describes but cannot make."""

from typing import Any

from moto.cloudwatch import models

from ..wire.operation import Call, operation


@operation("cloudwatch", "PutCompositeAlarm")
def put_composite_alarm(call: Call) -> dict[str, Any]:
    """Makes or changes a composite alarm."""
    backend = models.cloudwatch_backends[call.account][call.region]
    backend.put_metric_alarm(
        name=call.get("AlarmName"),
        rule=call.get("AlarmRule"),
        description=call.get("AlarmDescription", ""),
        actions_enabled=call.get("ActionsEnabled", True),
        alarm_actions=call.get("AlarmActions", []),
        ok_actions=call.get("OKActions", []),
        insufficient_data_actions=call.get("InsufficientDataActions", []),
        tags=call.get("Tags", []),
        namespace="",
        metric_name="",
        comparison_operator="",
        evaluation_periods=0,
        period=0,
        threshold=0.0,
        statistic="",
        dimensions=[],
    )
    return {}
