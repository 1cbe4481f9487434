"""Topics, who listens to them, and who may write to them."""

import json
from typing import Any

from .registry import Kind, Work, resource


@resource("AWS::SNS::Topic")
class Topic(Kind):
    """A topic."""

    _SETTINGS = ("DisplayName", "KmsMasterKeyId", "FifoTopic", "ContentBasedDeduplication", "SignatureVersion", "TracingConfig")

    def create(self, work: Work) -> dict[str, Any]:
        name = work.name("TopicName", 256)
        settings = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in work.pick(*self._SETTINGS).items()}
        work.physical_id = work.aws("sns").create_topic(Name=name, Attributes=settings, Tags=work.tags)["TopicArn"]
        for one in work.get("Subscription", []):
            work.aws("sns").subscribe(TopicArn=work.physical_id, Protocol=one["Protocol"], Endpoint=one["Endpoint"])
        return {"TopicArn": work.physical_id, "TopicName": name}

    def update(self, work: Work) -> None:
        sns = work.aws("sns")
        for name in self._SETTINGS:
            if work.changed(name):
                sns.set_topic_attributes(TopicArn=work.physical_id, AttributeName=name, AttributeValue=str(work.get(name, "")))
        if work.gone_tags:
            sns.untag_resource(ResourceArn=work.physical_id, TagKeys=work.gone_tags)
        if work.tags:
            sns.tag_resource(ResourceArn=work.physical_id, Tags=work.tags)

    def delete(self, work: Work) -> None:
        work.aws("sns").delete_topic(TopicArn=work.physical_id)


@resource("AWS::SNS::Subscription")
class Subscription(Kind):
    """Where a topic's messages go."""

    def create(self, work: Work) -> dict[str, Any]:
        settings = {}
        for name in ("FilterPolicy", "RawMessageDelivery", "RedrivePolicy", "FilterPolicyScope"):
            if name in work.properties:
                value = work.get(name)
                settings[name] = json.dumps(value) if isinstance(value, dict | bool) else str(value)
        made = work.aws("sns").subscribe(**work.pick("TopicArn", "Protocol", "Endpoint"), Attributes=settings, ReturnSubscriptionArn=True)
        work.physical_id = made["SubscriptionArn"]
        return {"Arn": work.physical_id}

    def update(self, work: Work) -> None:
        for name in ("FilterPolicy", "RawMessageDelivery", "RedrivePolicy"):
            if work.changed(name):
                work.aws("sns").set_subscription_attributes(SubscriptionArn=work.physical_id, AttributeName=name, AttributeValue=json.dumps(work.get(name, {})))

    def delete(self, work: Work) -> None:
        work.aws("sns").unsubscribe(SubscriptionArn=work.physical_id)


@resource("AWS::SNS::TopicPolicy")
class TopicPolicy(Kind):
    """Who may use topics."""

    def create(self, work: Work) -> dict[str, Any]:
        self.update(work)
        work.physical_id = f"{work.stack_name}-{work.logical_id}"
        return {"Id": work.physical_id}

    def update(self, work: Work) -> None:
        for topic in work.get("Topics", []):
            work.aws("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(work.get("PolicyDocument")))

    def delete(self, work: Work) -> None:
        """Leaves the policy of a topic as it is, which no longer matters: a topic goes with its policy."""
