"""Parameter Store."""

from typing import Any

from .registry import Kind, Work, resource


@resource("AWS::SSM::Parameter")
class Parameter(Kind):
    """A parameter."""

    def create(self, work: Work) -> dict[str, Any]:
        work.physical_id = ""
        name = work.name("Name", 512)
        work.aws("ssm").put_parameter(Name=name, **self._asked(work), Tags=work.tags)
        work.physical_id = name
        return self._told(work)

    def _asked(self, work: Work) -> dict[str, Any]:
        return work.pick("Value", "Type", "Description", "AllowedPattern", "Tier", "DataType")

    def _told(self, work: Work) -> dict[str, Any]:
        return work.pick("Type", "Value")

    def update(self, work: Work) -> dict[str, Any]:
        ssm = work.aws("ssm")
        if work.changed("Value", "Type", "Description", "AllowedPattern", "Tier"):
            ssm.put_parameter(Name=work.physical_id, Overwrite=True, **self._asked(work))
        if work.gone_tags:
            ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId=work.physical_id, TagKeys=work.gone_tags)
        if work.tags:
            ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId=work.physical_id, Tags=work.tags)
        return self._told(work)

    def delete(self, work: Work) -> None:
        work.aws("ssm").delete_parameter(Name=work.physical_id)
