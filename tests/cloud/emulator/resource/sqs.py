"""Queues."""

import json
from typing import Any

from .registry import Kind, Work, resource


@resource("AWS::SQS::Queue")
class Queue(Kind):
    """A queue."""

    _SETTINGS = (
        "DelaySeconds", "FifoQueue", "KmsMasterKeyId", "MaximumMessageSize", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds",
        "RedrivePolicy", "SqsManagedSseEnabled", "VisibilityTimeout",
    )  # fmt: skip

    def _settings(self, work: Work) -> dict[str, str]:
        return {key: value if isinstance(value, str) else json.dumps(value) for key, value in work.pick(*self._SETTINGS).items()}

    def create(self, work: Work) -> dict[str, Any]:
        name = work.name("QueueName", 80)
        work.physical_id = work.aws("sqs").create_queue(QueueName=name, Attributes=self._settings(work), tags=work.tag_map)["QueueUrl"]
        return {"Arn": f"arn:aws:sqs:{work.region}:{work.account}:{name}", "QueueName": name, "QueueUrl": work.physical_id}

    def update(self, work: Work) -> None:
        sqs = work.aws("sqs")
        sqs.set_queue_attributes(QueueUrl=work.physical_id, Attributes=self._settings(work))
        if work.gone_tags:
            sqs.untag_queue(QueueUrl=work.physical_id, TagKeys=work.gone_tags)
        if work.tags:
            sqs.tag_queue(QueueUrl=work.physical_id, Tags=work.tag_map)

    def delete(self, work: Work) -> None:
        work.aws("sqs").delete_queue(QueueUrl=work.physical_id)


@resource("AWS::SQS::QueuePolicy")
class QueuePolicy(Kind):
    """Who may use queues."""

    def create(self, work: Work) -> dict[str, Any]:
        self.update(work)
        work.physical_id = f"{work.stack_name}-{work.logical_id}"
        return {"Id": work.physical_id}

    def update(self, work: Work) -> None:
        for queue in work.get("Queues", []):
            work.aws("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(work.get("PolicyDocument"))})

    def delete(self, work: Work) -> None:
        for queue in work.get("Queues", []):
            work.aws("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": ""})
