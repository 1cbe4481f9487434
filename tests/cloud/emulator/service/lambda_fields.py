"""What moto's model of a function forgets: where it logs, its tracing and architecture after a change, the VPC of its subnets."""

from typing import Any

from moto.awslambda import models
from moto.ec2.models import ec2_backends

_create = models.LambdaFunction.__init__
_update = models.LambdaFunction.update_configuration
_update_code = models.LambdaFunction.update_function_code
_describe = models.LambdaFunction.get_configuration


def _init(self: models.LambdaFunction, account_id: str, spec: dict[str, Any], *rest: Any, **named: Any) -> None:
    self.logging_config = spec.get("LoggingConfig")  # type: ignore[attr-defined]
    self.dead_letter_config = spec.get("DeadLetterConfig")  # type: ignore[attr-defined]
    _create(self, account_id, spec, *rest, **named)


def _update_configuration(self: models.LambdaFunction, updates: dict[str, Any]) -> dict[str, Any]:
    if "LoggingConfig" in updates:
        self.logging_config = updates["LoggingConfig"]  # type: ignore[attr-defined]
    if "DeadLetterConfig" in updates:
        self.dead_letter_config = updates["DeadLetterConfig"]  # type: ignore[attr-defined]
    if "TracingConfig" in updates:
        self.tracing_config = updates["TracingConfig"]
    if "EphemeralStorage" in updates:
        self.ephemeral_storage = updates["EphemeralStorage"]["Size"]
    return _update(self, updates)


def _update_function_code(self: models.LambdaFunction, updates: dict[str, Any]) -> dict[str, Any]:
    if updates.get("Architectures"):
        self.architectures = updates["Architectures"]
    return _update_code(self, updates)


def _get_configuration(self: models.LambdaFunction, on_create: bool = False) -> dict[str, Any]:
    told = _describe(self, on_create)
    held = getattr(self, "logging_config", None) or {}
    told["LoggingConfig"] = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{self.function_name}", **held}
    if getattr(self, "dead_letter_config", None):
        told["DeadLetterConfig"] = self.dead_letter_config  # type: ignore[attr-defined]
    return told


def _vpc_config(self: models.LambdaFunction) -> dict[str, Any] | None:
    if not self._vpc_config or not self._vpc_config.get("SubnetIds"):
        return None
    subnets = ec2_backends[self.account_id][self.region].describe_subnets(subnet_ids=self._vpc_config["SubnetIds"][:1])
    return {**self._vpc_config, "VpcId": subnets[0].vpc_id if subnets else ""}


models.LambdaFunction.__init__ = _init  # type: ignore[method-assign]
models.LambdaFunction.update_configuration = _update_configuration  # type: ignore[method-assign]
models.LambdaFunction.update_function_code = _update_function_code  # type: ignore[method-assign]
models.LambdaFunction.get_configuration = _get_configuration  # type: ignore[method-assign]
models.LambdaFunction.vpc_config = property(_vpc_config)  # type: ignore[assignment,method-assign]
