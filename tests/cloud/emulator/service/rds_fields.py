"""What moto's RDS lacks: a proxy without secrets, a change of a proxy, and where the real database is."""

import secrets
import string
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
LOOPBACK = "127.0.0.1"
"""The address of every database and proxy here."""


def _tell(proxy: models.DBProxy) -> dict[str, Any]:
    told = {"DBProxyName": proxy.db_proxy_name, "DBProxyArn": proxy.arn, "Status": proxy.status, "Endpoint": proxy.endpoint, "VpcId": proxy.vpc_id}
    return {"DBProxy": told}


@operation("rds", "CreateDBProxy")
def create_db_proxy(call: Call) -> dict[str, Any]:
    """Makes a proxy, with secrets to sign in by or, with IAM end to end, without."""
    proxy = models.rds_backends[call.account][call.region].create_db_proxy(
        db_proxy_name=call.get("DBProxyName"),
        engine_family=call.get("EngineFamily"),
        auth=call.get("Auth", []),
        role_arn=call.get("RoleArn"),
        vpc_subnet_ids=call.get("VpcSubnetIds"),
        vpc_security_group_ids=call.get("VpcSecurityGroupIds"),
        require_tls=call.get("RequireTLS"),
        idle_client_timeout=call.get("IdleClientTimeout"),
        debug_logging=call.get("DebugLogging"),
        tags=call.get("Tags", []),
    )
    proxy.endpoint = LOOPBACK
    proxy.default_auth_scheme = call.get("DefaultAuthScheme", "NONE")  # type: ignore[attr-defined]
    return _tell(proxy)


@operation("rds", "ModifyDBProxy")
def modify_db_proxy(call: Call) -> dict[str, Any]:
    """Changes those settings of a proxy that the request brings."""
    proxy = models.rds_backends[call.account][call.region].describe_db_proxies(call.get("DBProxyName"))[0]
    for name, field in _FIELDS.items():
        if name in call.parameters:
            setattr(proxy, field, call.get(name))
    return _tell(proxy)


_places: dict[str, tuple[str, int]] = {}
_address = models.DBInstance.address.fget  # type: ignore[attr-defined]


def locate(account: str, region: str, instance: str, address: str, port: int) -> str:
    """Makes the API tell where the database of an instance really is. Returns the resource id, of which moto has one for all."""
    found = models.rds_backends[account][region].describe_db_instances(instance)[0]
    found.port = port
    found.dbi_resource_id = "db-" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(26))
    _places[found.db_instance_arn] = (address, port)
    return str(found.dbi_resource_id)


def _real_address(self: models.DBInstance) -> str:
    return _places[self.db_instance_arn][0] if self.db_instance_arn in _places else str(_address(self))


models.DBInstance.address = property(_real_address)  # type: ignore[assignment,method-assign]
