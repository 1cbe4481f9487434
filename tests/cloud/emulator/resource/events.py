"""EventBridge."""

import json
from typing import Any

from .registry import Kind, Work, resource


@resource("AWS::Events::Rule")
class Rule(Kind):
    """A schedule or a pattern of events, and what it starts. Nothing is started here."""

    def create(self, work: Work) -> dict[str, Any]:
        name = work.name("Name")
        work.physical_id = name
        return self._put(work)

    def _bus(self, work: Work) -> dict[str, str]:
        return {"EventBusName": work.get("EventBusName")} if work.get("EventBusName") else {}

    def _put(self, work: Work) -> dict[str, Any]:
        events = work.aws("events")
        asked = work.pick("ScheduleExpression", "State", "Description", "RoleArn")
        if work.get("EventPattern"):
            asked["EventPattern"] = json.dumps(work.get("EventPattern"))
        arn = events.put_rule(Name=work.physical_id, **asked, **self._bus(work))["RuleArn"]
        targets = work.get("Targets", [])
        gone = [one["Id"] for one in work.old.get("Targets", []) if one["Id"] not in [target["Id"] for target in targets]]
        if gone:
            events.remove_targets(Rule=work.physical_id, Ids=gone, **self._bus(work))
        if targets:
            events.put_targets(Rule=work.physical_id, Targets=targets, **self._bus(work))
        if work.tags:
            events.tag_resource(ResourceARN=arn, Tags=work.tags)
        return {"Arn": arn}

    def update(self, work: Work) -> dict[str, Any]:
        return self._put(work)

    def delete(self, work: Work) -> None:
        events = work.aws("events")
        ids = [one["Id"] for one in work.get("Targets", [])]
        if ids:
            events.remove_targets(Rule=work.physical_id, Ids=ids, **self._bus(work))
        events.delete_rule(Name=work.physical_id, **self._bus(work))
