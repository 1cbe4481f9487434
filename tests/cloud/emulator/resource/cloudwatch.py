"""Alarms and dashboards."""

from typing import Any

from .registry import Kind, Work, resource


class _AnyAlarm(Kind):
    """What the two kinds of alarms have in common."""

    operation = ""

    def _put(self, work: Work) -> dict[str, Any]:
        asked = {key: value for key, value in work.properties.items() if key not in ("AlarmName", "Tags")}
        getattr(work.aws("cloudwatch"), self.operation)(AlarmName=work.physical_id, Tags=work.tags, **asked)
        return {"Arn": f"arn:aws:cloudwatch:{work.region}:{work.account}:alarm:{work.physical_id}"}

    def create(self, work: Work) -> dict[str, Any]:
        name = work.name("AlarmName", 255)
        if work.aws("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]:
            raise FileExistsError(f"{name} already exists")
        work.physical_id = name
        return self._put(work)

    def update(self, work: Work) -> dict[str, Any]:
        return self._put(work)

    def delete(self, work: Work) -> None:
        work.aws("cloudwatch").delete_alarms(AlarmNames=[work.physical_id])


@resource("AWS::CloudWatch::Alarm")
class Alarm(_AnyAlarm):
    """An alarm on a metric."""

    operation = "put_metric_alarm"


@resource("AWS::CloudWatch::CompositeAlarm")
class CompositeAlarm(_AnyAlarm):
    """An alarm on other alarms."""

    operation = "put_composite_alarm"


@resource("AWS::CloudWatch::Dashboard")
class Dashboard(Kind):
    """A dashboard. moto keeps no tags of dashboards."""

    def create(self, work: Work) -> dict[str, Any]:
        work.physical_id = work.name("DashboardName", 255)
        self.update(work)
        return {}

    def update(self, work: Work) -> None:
        work.aws("cloudwatch").put_dashboard(DashboardName=work.physical_id, DashboardBody=work.get("DashboardBody"))

    def delete(self, work: Work) -> None:
        work.aws("cloudwatch").delete_dashboards(DashboardNames=[work.physical_id])
