"""UpdateStage and GetAuthorizers of API Gateway, and the address type of an API, which moto lacks."""

from datetime import datetime
from typing import Any

from moto.apigatewayv2.models import ApiGatewayV2Backend, Stage, apigatewayv2_backends
from moto.apigatewayv2 import models

from ..wire.operation import Call, Refusal, operation

_FIELDS = {
    "AccessLogSettings": "access_log_settings",
    "AutoDeploy": "auto_deploy",
    "ClientCertificateId": "client_certificate_id",
    "DefaultRouteSettings": "default_route_settings",
    "Description": "description",
    "RouteSettings": "route_settings",
    "StageVariables": "stage_variables",
}


def _backend(call: Call) -> ApiGatewayV2Backend:
    return apigatewayv2_backends[call.account][call.region]


@operation("apigatewayv2", "UpdateStage")
def update_stage(call: Call) -> dict[str, Any]:
    """Changes those settings of a stage that the request brings."""
    stage: Stage | None = _backend(call).get_api(call.get("ApiId")).stages.get(call.get("StageName"))
    if stage is None:
        raise Refusal("NotFoundException", "Invalid stage identifier specified")
    for name, field in _FIELDS.items():
        if name in call.parameters:
            setattr(stage, field, _decapitalize(call.get(name)))
    stage.updated = datetime.now()
    return dict(_capitalize(stage.to_json())) | {"CreatedDate": stage.created, "LastUpdatedDate": stage.updated}


def _decapitalize(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key[0].lower() + key[1:]: _decapitalize(inner) for key, inner in value.items()}


def _capitalize(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key[0].upper() + key[1:]: _capitalize(inner) for key, inner in value.items()}


_tell = models.Api.to_json


def _tell_address_type(self: models.Api) -> dict[str, Any]:
    return {**_tell(self), "ipAddressType": getattr(self, "ip_address_type", "ipv4")}


models.Api.to_json = _tell_address_type  # type: ignore[method-assign]


def set_address_type(account: str, region: str, api: str, value: str) -> None:
    """Keeps whether an API has IPv6 addresses."""
    apigatewayv2_backends[account][region].get_api(api).ip_address_type = value  # type: ignore[attr-defined]
