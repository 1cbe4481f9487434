"""Database proxies. The endpoint leads to the instance behind: there is no proxy process."""

from typing import Any

from ..service.rds_fields import LOOPBACK
from ..template.errors import Unresolvable
from .registry import Kind, Work, resource



@resource("AWS::RDS::DBProxy")
class DBProxy(Kind):
    """A proxy."""

    _NAMES = ("EngineFamily", "Auth", "RoleArn", "VpcSubnetIds", "VpcSecurityGroupIds", "RequireTLS", "IdleClientTimeout", "DebugLogging")

    def create(self, work: Work) -> dict[str, Any]:
        asked = work.pick(*self._NAMES, "DefaultAuthScheme", "EndpointNetworkType", "TargetConnectionNetworkType")
        made = work.aws("rds").create_db_proxy(DBProxyName=work.get("DBProxyName"), Tags=work.tags, **asked)["DBProxy"]
        work.physical_id = made["DBProxyName"]
        return {"Endpoint": LOOPBACK, "DBProxyArn": made["DBProxyArn"], "VpcId": made.get("VpcId", "")}

    def update(self, work: Work) -> None:
        asked = work.pick("Auth", "DefaultAuthScheme", "RoleArn", "RequireTLS", "IdleClientTimeout", "DebugLogging")
        work.aws("rds").modify_db_proxy(DBProxyName=work.physical_id, SecurityGroups=work.get("VpcSecurityGroupIds", []), **asked)

    def delete(self, work: Work) -> None:
        work.aws("rds").delete_db_proxy(DBProxyName=work.physical_id)


@resource("AWS::RDS::DBProxyTargetGroup")
class DBProxyTargetGroup(Kind):
    """Which instance a proxy leads to, and how many connections it holds."""

    _POOL = ("MaxConnectionsPercent", "MaxIdleConnectionsPercent", "ConnectionBorrowTimeout", "SessionPinningFilters", "InitQuery")

    def create(self, work: Work) -> dict[str, Any]:
        rds, proxy = work.aws("rds"), work.get("DBProxyName")
        groups = rds.describe_db_proxy_target_groups(DBProxyName=proxy)["TargetGroups"]
        if not groups:
            raise Unresolvable(f"the proxy {proxy} has no target group")
        work.physical_id = groups[0]["TargetGroupArn"]
        if work.get("DBInstanceIdentifiers") or work.get("DBClusterIdentifiers"):
            rds.register_db_proxy_targets(DBProxyName=proxy, TargetGroupName="default", **work.pick("DBInstanceIdentifiers", "DBClusterIdentifiers"))
        self._pool(work)
        return {"TargetGroupArn": work.physical_id}

    def _pool(self, work: Work) -> None:
        pool = {name: value for name, value in (work.get("ConnectionPoolConfigurationInfo") or {}).items() if name in self._POOL}
        if pool:
            work.aws("rds").modify_db_proxy_target_group(DBProxyName=work.get("DBProxyName"), TargetGroupName="default", ConnectionPoolConfig=pool)

    def update(self, work: Work) -> None:
        rds, proxy = work.aws("rds"), work.get("DBProxyName")
        before, after = work.old.get("DBInstanceIdentifiers", []), work.get("DBInstanceIdentifiers", [])
        gone, new = [one for one in before if one not in after], [one for one in after if one not in before]
        if gone:
            rds.deregister_db_proxy_targets(DBProxyName=proxy, TargetGroupName="default", DBInstanceIdentifiers=gone)
        if new:
            rds.register_db_proxy_targets(DBProxyName=proxy, TargetGroupName="default", DBInstanceIdentifiers=new)
        self._pool(work)

    def delete(self, work: Work) -> None:
        work.aws("rds").deregister_db_proxy_targets(DBProxyName=work.get("DBProxyName"), TargetGroupName="default", **work.pick("DBInstanceIdentifiers"))
