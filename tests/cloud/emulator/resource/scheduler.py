"""EventBridge Scheduler."""

from typing import Any

from .registry import Kind, Work, resource


@resource("AWS::Scheduler::ScheduleGroup")
class ScheduleGroup(Kind):
    """A group of schedules."""

    def create(self, work: Work) -> dict[str, Any]:
        name = work.name("Name")
        arn = work.aws("scheduler").create_schedule_group(Name=name, Tags=work.tags)["ScheduleGroupArn"]
        work.physical_id = name
        return {"Arn": arn, "State": "ACTIVE"}

    def update(self, work: Work) -> None:
        arn = work.attributes["Arn"]
        if work.gone_tags:
            work.aws("scheduler").untag_resource(ResourceArn=arn, TagKeys=work.gone_tags)
        if work.tags:
            work.aws("scheduler").tag_resource(ResourceArn=arn, Tags=work.tags)

    def delete(self, work: Work) -> None:
        work.aws("scheduler").delete_schedule_group(Name=work.physical_id)


@resource("AWS::Scheduler::Schedule")
class Schedule(Kind):
    """A schedule and what it starts. Nothing is started here."""

    _NAMES = (
        "Description", "EndDate", "FlexibleTimeWindow", "GroupName", "KmsKeyArn", "ScheduleExpression", "ScheduleExpressionTimezone", "StartDate", "State",
        "Target",
    )  # fmt: skip

    def create(self, work: Work) -> dict[str, Any]:
        name = work.name("Name")
        arn = work.aws("scheduler").create_schedule(Name=name, **work.pick(*self._NAMES))["ScheduleArn"]
        work.physical_id = name
        return {"Arn": arn}

    def update(self, work: Work) -> None:
        work.aws("scheduler").update_schedule(Name=work.physical_id, **work.pick(*self._NAMES))

    def delete(self, work: Work) -> None:
        work.aws("scheduler").delete_schedule(Name=work.physical_id, **work.pick("GroupName"))
