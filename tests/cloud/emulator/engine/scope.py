"""What the names in a template mean for one stack."""

from typing import Any

from ..aws import client
from ..resource.registry import attribute_of
from ..template.errors import TemplateError, Unresolvable
from ..template.intrinsics import NO_VALUE, Later, resolve
from ..template.parameters import Parameter
from .stack import Resource, Stack
from .store import stacks


class StackScope:
    """Resolves names against a stack's parameters and, when given, its resources.

    Without resources every reference to one is Later, for planning a change.
    """

    def __init__(self, stack: Stack, document: dict[str, Any], parameters: dict[str, Parameter], resources: dict[str, Resource] | None = None):
        self._stack, self._document, self._parameters, self._resources = stack, document, parameters, resources
        self._conditions: dict[str, bool] = {}
        self.imports: set[str] = set()

    def ref(self, name: str) -> Any:
        if name in self._parameters:
            return self._parameters[name].value
        if name.startswith("AWS::"):
            return self._pseudo(name)
        self._expect(name)
        if self._resources is None:
            return Later(name, f"Ref {name}")
        return self._existing(name).physical_id

    def attribute(self, resource: str, name: str) -> Any:
        self._expect(resource)
        if self._resources is None:
            return Later(resource, f"GetAtt {resource}.{name}")
        return attribute_of(self._stack, self._existing(resource), name)

    def condition(self, name: str) -> bool:
        if name not in self._conditions:
            declared = self._document.get("Conditions", {})
            if name not in declared:
                raise TemplateError(f"Template format error: Unresolved condition dependency {name} in the Conditions block of the template")
            self._conditions[name] = bool(resolve(declared[name], self))
        return self._conditions[name]

    def mapping(self, name: str, first: str, second: str) -> Any:
        try:
            return self._document.get("Mappings", {})[name][first][second]
        except KeyError as error:
            raise TemplateError(f"Template error: Unable to get mapping for {name}::{first}::{second}") from error

    def imported(self, name: str) -> Any:
        exported = stacks.exports(self._stack.region).get(name)
        if exported is None:
            raise TemplateError(f"No export named {name} found. Rollback requested by user.")
        self.imports.add(name)
        return exported[1]

    def zones(self, region: str) -> list[str]:
        answer = client("ec2", region or self._stack.region).describe_availability_zones()
        return sorted(zone["ZoneName"] for zone in answer["AvailabilityZones"])

    def _pseudo(self, name: str) -> Any:
        known = {
            "AWS::AccountId": self._stack.account,
            "AWS::Region": self._stack.region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": self._stack.name,
            "AWS::StackId": self._stack.id,
            "AWS::NotificationARNs": list(self._stack.notifications),
            "AWS::NoValue": NO_VALUE,
        }
        if name not in known:
            raise TemplateError(f"Template format error: Unresolved resource dependencies [{name}] in the Resources block of the template")
        return known[name]

    def _expect(self, name: str) -> None:
        declared = self._document["Resources"].get(name)
        if declared is None:
            raise TemplateError(f"Template format error: Unresolved resource dependencies [{name}] in the Resources block of the template")
        if "Condition" in declared and not self.condition(declared["Condition"]):
            raise TemplateError(f"Template format error: Unresolved resource dependencies [{name}] in the Resources block of the template")

    def _existing(self, name: str) -> Resource:
        resource = (self._resources or {}).get(name)
        if resource is None or not resource.exists:
            raise Unresolvable(f"the resource {name} does not exist")
        return resource
