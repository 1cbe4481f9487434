"""Log groups and what is made of them."""

from typing import Any

from .registry import Kind, Work, resource


def _decapitalize(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: _decapitalize(inner) for key, inner in value.items()}
    return [_decapitalize(inner) for inner in value] if isinstance(value, list) else value


@resource("AWS::Logs::LogGroup")
class LogGroup(Kind):
    """A log group."""

    def create(self, work: Work) -> dict[str, Any]:
        logs = work.aws("logs")
        name = work.name("LogGroupName", 512)
        asked = {"kmsKeyId": work.get("KmsKeyId")} if work.get("KmsKeyId") else {}
        logs.create_log_group(logGroupName=name, tags=work.tag_map, **asked)
        work.physical_id = name
        self._retain(work)
        return {"Arn": f"arn:aws:logs:{work.region}:{work.account}:log-group:{name}:*"}

    def _retain(self, work: Work) -> None:
        if work.get("RetentionInDays"):
            work.aws("logs").put_retention_policy(logGroupName=work.physical_id, retentionInDays=work.get("RetentionInDays"))
        elif work.old.get("RetentionInDays"):
            work.aws("logs").delete_retention_policy(logGroupName=work.physical_id)

    def update(self, work: Work) -> None:
        logs = work.aws("logs")
        self._retain(work)
        if work.gone_tags:
            logs.untag_log_group(logGroupName=work.physical_id, tags=work.gone_tags)
        if work.tags:
            logs.tag_log_group(logGroupName=work.physical_id, tags=work.tag_map)

    def delete(self, work: Work) -> None:
        work.aws("logs").delete_log_group(logGroupName=work.physical_id)


@resource("AWS::Logs::MetricFilter")
class MetricFilter(Kind):
    """A figure made of the lines of a log."""

    def create(self, work: Work) -> dict[str, Any]:
        work.physical_id = work.name("FilterName", 512)
        self._put(work)
        return {}

    def _put(self, work: Work) -> None:
        transformations = [_decapitalize(one) for one in work.get("MetricTransformations", [])]
        for one in transformations:
            one["metricValue"] = str(one["metricValue"])
            if "dimensions" in one:
                one["dimensions"] = {pair["key"]: pair["value"] for pair in one["dimensions"]}
        work.aws("logs").put_metric_filter(
            filterName=work.physical_id, logGroupName=work.get("LogGroupName"), filterPattern=work.get("FilterPattern", ""), metricTransformations=transformations
        )

    def update(self, work: Work) -> None:
        self._put(work)

    def delete(self, work: Work) -> None:
        work.aws("logs").delete_metric_filter(filterName=work.physical_id, logGroupName=work.get("LogGroupName"))


@resource("AWS::Logs::SubscriptionFilter")
class SubscriptionFilter(Kind):
    """Where the lines of a log are sent to."""

    def create(self, work: Work) -> dict[str, Any]:
        work.physical_id = work.name("FilterName", 512)
        self.update(work)
        return {}

    def update(self, work: Work) -> None:
        asked = {"destinationArn": work.get("DestinationArn"), "filterPattern": work.get("FilterPattern", ""), "filterName": work.physical_id}
        if work.get("RoleArn"):
            asked["roleArn"] = work.get("RoleArn")
        work.aws("logs").put_subscription_filter(logGroupName=work.get("LogGroupName"), **asked)

    def delete(self, work: Work) -> None:
        work.aws("logs").delete_subscription_filter(logGroupName=work.get("LogGroupName"), filterName=work.physical_id)


@resource("AWS::Logs::ResourcePolicy")
class ResourcePolicy(Kind):
    """Who else may write to the logs of the account."""

    def create(self, work: Work) -> dict[str, Any]:
        work.physical_id = work.get("PolicyName")
        self.update(work)
        return {}

    def update(self, work: Work) -> None:
        work.aws("logs").put_resource_policy(policyName=work.physical_id, policyDocument=work.get("PolicyDocument"))

    def delete(self, work: Work) -> None:
        work.aws("logs").delete_resource_policy(policyName=work.physical_id)


@resource("AWS::Logs::QueryDefinition")
class QueryDefinition(Kind):
    """A saved query of CloudWatch Logs Insights."""

    def create(self, work: Work) -> dict[str, Any]:
        return self._put(work, {})

    def _put(self, work: Work, more: dict[str, Any]) -> dict[str, Any]:
        asked = {"name": work.get("Name"), "queryString": work.get("QueryString"), "logGroupNames": work.get("LogGroupNames", []), **more}
        work.physical_id = work.aws("logs").put_query_definition(**asked)["queryDefinitionId"]
        return {"QueryDefinitionId": work.physical_id}

    def update(self, work: Work) -> dict[str, Any]:
        return self._put(work, {"queryDefinitionId": work.physical_id})

    def delete(self, work: Work) -> None:
        work.aws("logs").delete_query_definition(queryDefinitionId=work.physical_id)
