"""The types that are only there for CloudFormation itself."""

from typing import Any

from .registry import Kind, Work, resource


class _Nothing(Kind):
    """A resource that makes nothing."""

    def create(self, work: Work) -> dict[str, Any]:
        work.physical_id = f"{work.stack_id}/{work.logical_id}"
        return {}

    def update(self, work: Work) -> None:
        return None

    def delete(self, work: Work) -> None:
        return None


@resource("AWS::CDK::Metadata")
class Metadata(_Nothing):
    """What the CDK tells AWS about its use."""


@resource("AWS::CloudFormation::WaitConditionHandle")
class WaitConditionHandle(_Nothing):
    """A handle that nothing waits for."""
