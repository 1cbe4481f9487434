"""HTTP and WebSocket APIs."""

from typing import Any

from ..service.apigateway_stage import set_address_type
from .registry import Kind, Work, resource


@resource("AWS::ApiGateway::Account")
class Account(Kind):
    """The role with which API Gateway writes its logs, one for the account and region."""

    def create(self, work: Work) -> dict[str, Any]:
        self.update(work)
        work.physical_id = f"{work.account}-{work.region}"
        return {"Id": work.physical_id}

    def update(self, work: Work) -> None:
        change = {"op": "replace", "path": "/cloudwatchRoleArn", "value": work.get("CloudWatchRoleArn", "")}
        work.aws("apigateway").update_account(patchOperations=[change])

    def delete(self, work: Work) -> None:
        """Leaves the setting, as AWS does."""


class _Part(Kind):
    """A part of an API, which apigatewayv2 makes, changes and deletes by three calls of one form."""

    noun = ""
    id_name = ""
    names: tuple[str, ...] = ()

    def _asked(self, work: Work) -> dict[str, Any]:
        return work.pick("ApiId", *self.names)

    def _told(self, work: Work, made: dict[str, Any]) -> dict[str, Any]:
        return {self.id_name: work.physical_id}

    def create(self, work: Work) -> dict[str, Any]:
        made = getattr(work.aws("apigatewayv2"), f"create_{self.noun}")(**self._asked(work))
        work.physical_id = made[self.id_name]
        return self._told(work, made)

    def update(self, work: Work) -> None:
        getattr(work.aws("apigatewayv2"), f"update_{self.noun}")(**self._asked(work), **{self.id_name: work.physical_id})

    def delete(self, work: Work) -> None:
        getattr(work.aws("apigatewayv2"), f"delete_{self.noun}")(ApiId=work.get("ApiId"), **{self.id_name: work.physical_id})


@resource("AWS::ApiGatewayV2::Api")
class Api(_Part):
    """An HTTP or WebSocket API. It is configured here; requests to it are answered by the local cloud."""

    noun, id_name = "api", "ApiId"
    names = (
        "Name", "ProtocolType", "CorsConfiguration", "Description", "RouteSelectionExpression", "DisableExecuteApiEndpoint", "DisableSchemaValidation",
        "ApiKeySelectionExpression", "Version", "IpAddressType",
    )  # fmt: skip

    def create(self, work: Work) -> dict[str, Any]:
        made = work.aws("apigatewayv2").create_api(**work.pick(*self.names), Tags=work.tag_map)
        work.physical_id = made["ApiId"]
        self._address(work)
        return {"ApiId": made["ApiId"], "ApiEndpoint": made["ApiEndpoint"]}

    def _address(self, work: Work) -> None:
        set_address_type(work.account, work.region, work.physical_id, work.get("IpAddressType", "ipv4"))

    def update(self, work: Work) -> None:
        asked = {name: value for name, value in work.pick(*self.names).items() if name != "ProtocolType"}
        work.aws("apigatewayv2").update_api(ApiId=work.physical_id, **asked)
        self._address(work)
        retag(work, f"arn:aws:apigateway:{work.region}::/apis/{work.physical_id}")

    def delete(self, work: Work) -> None:
        work.aws("apigatewayv2").delete_api(ApiId=work.physical_id)


def retag(work: Work, arn: str) -> None:
    """Brings the tags of something of apigatewayv2 to what the property Tags says."""
    if work.gone_tags:
        work.aws("apigatewayv2").untag_resource(ResourceArn=arn, TagKeys=work.gone_tags)
    if work.tags:
        work.aws("apigatewayv2").tag_resource(ResourceArn=arn, Tags=work.tag_map)


@resource("AWS::ApiGatewayV2::Authorizer")
class Authorizer(_Part):
    """What decides whether a request may pass."""

    noun, id_name = "authorizer", "AuthorizerId"
    names = (
        "AuthorizerType", "IdentitySource", "JwtConfiguration", "Name", "AuthorizerUri", "AuthorizerPayloadFormatVersion", "AuthorizerResultTtlInSeconds",
        "EnableSimpleResponses", "AuthorizerCredentialsArn",
    )  # fmt: skip


@resource("AWS::ApiGatewayV2::Integration")
class Integration(_Part):
    """What answers the requests of a route."""

    noun, id_name = "integration", "IntegrationId"
    names = (
        "ConnectionType", "ContentHandlingStrategy", "CredentialsArn", "Description", "IntegrationMethod", "IntegrationSubtype", "IntegrationType",
        "IntegrationUri", "PassthroughBehavior", "PayloadFormatVersion", "RequestParameters", "RequestTemplates", "ResponseParameters",
        "TemplateSelectionExpression", "TimeoutInMillis", "TlsConfig",
    )  # fmt: skip


@resource("AWS::ApiGatewayV2::IntegrationResponse")
class IntegrationResponse(Kind):
    """How the answer of a WebSocket integration is formed."""

    _NAMES = ("ApiId", "IntegrationId", "IntegrationResponseKey", "ResponseTemplates", "TemplateSelectionExpression", "ContentHandlingStrategy")

    def create(self, work: Work) -> dict[str, Any]:
        work.physical_id = work.aws("apigatewayv2").create_integration_response(**work.pick(*self._NAMES))["IntegrationResponseId"]
        return {"IntegrationResponseId": work.physical_id}

    def update(self, work: Work) -> None:
        work.aws("apigatewayv2").update_integration_response(IntegrationResponseId=work.physical_id, **work.pick(*self._NAMES))

    def delete(self, work: Work) -> None:
        work.aws("apigatewayv2").delete_integration_response(IntegrationResponseId=work.physical_id, **work.pick("ApiId", "IntegrationId"))


@resource("AWS::ApiGatewayV2::Route")
class Route(_Part):
    """Which requests go to which integration."""

    noun, id_name = "route", "RouteId"
    names = (
        "ApiKeyRequired", "AuthorizationScopes", "AuthorizationType", "AuthorizerId", "ModelSelectionExpression", "OperationName", "RequestModels",
        "RequestParameters", "RouteKey", "RouteResponseSelectionExpression", "Target",
    )  # fmt: skip


@resource("AWS::ApiGatewayV2::RouteResponse")
class RouteResponse(Kind):
    """Whether a WebSocket route answers."""

    def create(self, work: Work) -> dict[str, Any]:
        asked = work.pick("ApiId", "RouteId", "RouteResponseKey", "ModelSelectionExpression")
        work.physical_id = work.aws("apigatewayv2").create_route_response(**asked)["RouteResponseId"]
        return {"RouteResponseId": work.physical_id}

    def update(self, work: Work) -> dict[str, Any]:
        self.delete(work)
        return self.create(work)

    def delete(self, work: Work) -> None:
        work.aws("apigatewayv2").delete_route_response(RouteResponseId=work.physical_id, **work.pick("ApiId", "RouteId"))


@resource("AWS::ApiGatewayV2::Stage")
class Stage(Kind):
    """Where an API can be reached, with its limits and its log."""

    _NAMES = (
        "ApiId", "StageName", "AutoDeploy", "AccessLogSettings", "DefaultRouteSettings", "RouteSettings", "StageVariables", "Description", "DeploymentId",
        "ClientCertificateId",
    )  # fmt: skip

    def create(self, work: Work) -> dict[str, Any]:
        work.aws("apigatewayv2").create_stage(**work.pick(*self._NAMES), Tags=work.tag_map)
        work.physical_id = work.get("StageName")
        return {}

    def update(self, work: Work) -> None:
        work.aws("apigatewayv2").update_stage(**work.pick(*self._NAMES))

    def delete(self, work: Work) -> None:
        work.aws("apigatewayv2").delete_stage(**work.pick("ApiId", "StageName"))


@resource("AWS::ApiGatewayV2::DomainName")
class DomainName(Kind):
    """A name of one's own for APIs."""

    def create(self, work: Work) -> dict[str, Any]:
        made = work.aws("apigatewayv2").create_domain_name(**work.pick("DomainName", "DomainNameConfigurations", "MutualTlsAuthentication"), Tags=work.tag_map)
        work.physical_id = work.get("DomainName")
        one = (made.get("DomainNameConfigurations") or [{}])[0]
        return {"RegionalDomainName": one.get("ApiGatewayDomainName", ""), "RegionalHostedZoneId": one.get("HostedZoneId", "")}

    def delete(self, work: Work) -> None:
        work.aws("apigatewayv2").delete_domain_name(DomainName=work.physical_id)


@resource("AWS::ApiGatewayV2::ApiMapping")
class ApiMapping(Kind):
    """Which API answers under a name."""

    def create(self, work: Work) -> dict[str, Any]:
        made = work.aws("apigatewayv2").create_api_mapping(**work.pick("ApiId", "DomainName", "Stage", "ApiMappingKey"))
        work.physical_id = made["ApiMappingId"]
        return {"ApiMappingId": work.physical_id}

    def update(self, work: Work) -> dict[str, Any]:
        self.delete(work)
        return self.create(work)

    def delete(self, work: Work) -> None:
        work.aws("apigatewayv2").delete_api_mapping(ApiMappingId=work.physical_id, DomainName=work.get("DomainName"))
