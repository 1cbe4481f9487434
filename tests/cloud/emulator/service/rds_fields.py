"""ModifyDBProxy, and what moto's models of RDS forget: how a proxy signs in by default, where the endpoint is."""

from typing import Any

from moto.rds import models

from ..wire.operation import Call, operation

_FIELDS = {
    "Auth": "auth",
    "RoleArn": "role_arn",
    "RequireTLS": "require_tls",
    "IdleClientTimeout": "idle_client_timeout",
    "DebugLogging": "debug_logging",
    "SecurityGroups": "vpc_security_group_ids",
    "DefaultAuthScheme": "default_auth_scheme",
}


@operation("rds", "ModifyDBProxy")
def modify_db_proxy(call: Call) -> dict[str, Any]:
    """Changes those settings of a proxy that the request brings."""
    backend = models.rds_backends[call.account][call.region]
    proxy = backend.describe_db_proxies(call.get("DBProxyName"))[0]
    for name, field in _FIELDS.items():
        if name in call.parameters:
            setattr(proxy, field, call.get(name))
    return {"DBProxy": {"DBProxyName": proxy.db_proxy_name, "DBProxyArn": proxy.arn, "Status": proxy.status}}


def describe_as(account: str, region: str, proxy: str, scheme: str) -> None:
    """Keeps how a proxy signs in to the instance when no secret is named."""
    found = models.rds_backends[account][region].describe_db_proxies(proxy)[0]
    found.default_auth_scheme = scheme  # type: ignore[attr-defined]
