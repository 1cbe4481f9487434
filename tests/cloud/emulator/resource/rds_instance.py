"""Database instances, each with a real PostgreSQL database of its own."""

import json
import secrets
import urllib.error
import urllib.request
from typing import Any

from ..service.rds_fields import locate
from ..settings import current
from ..template.errors import Unresolvable
from .registry import Kind, Work, resource


def expect_server() -> None:
    """Raises Unresolvable, which says what to do, when the emulator was started without databases."""
    if not current().instances:
        raise Unresolvable("no PostgreSQL for this instance: start the emulator with --instances, the address of the server that gives it one")


def ask(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Asks the server of the PostgreSQL databases. Raises Unresolvable with what it answered when it does not do it."""
    expect_server()
    base = current().instances
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(base.rstrip("/") + path, data=data, method=method, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return dict(json.loads(answer.read() or b"{}"))
    except urllib.error.HTTPError as error:
        if method == "DELETE" and error.code == 404:
            return {}
        raise Unresolvable(f"the server of the databases answered {error.code} to {method} {path}: {error.read().decode(errors='replace').strip()}") from error
    except OSError as error:
        raise Unresolvable(f"the server of the databases at {base} does not answer: {error}") from error


@resource("AWS::RDS::DBInstance")
class DBInstance(Kind):
    """A database instance: moto's for what the API tells of it, PostgreSQL for what is in it."""

    _NAMES = (
        "AllocatedStorage", "AutoMinorVersionUpgrade", "AvailabilityZone", "BackupRetentionPeriod", "CACertificateIdentifier", "CopyTagsToSnapshot",
        "DBInstanceClass", "DBName", "DBParameterGroupName", "DBSubnetGroupName", "DeletionProtection", "EnableCloudwatchLogsExports",
        "EnableIAMDatabaseAuthentication", "EnablePerformanceInsights", "Engine", "EngineVersion", "Iops", "KmsKeyId", "LicenseModel", "MasterUsername",
        "MaxAllocatedStorage", "MonitoringInterval", "MonitoringRoleArn", "MultiAZ", "NetworkType", "PerformanceInsightsRetentionPeriod", "Port",
        "PreferredBackupWindow", "PreferredMaintenanceWindow", "PubliclyAccessible", "StorageEncrypted", "StorageThroughput", "StorageType",
    )  # fmt: skip
    _FIXED = {"DBName", "Engine", "MasterUsername", "StorageEncrypted", "KmsKeyId", "AvailabilityZone", "DBSubnetGroupName"}

    def _asked(self, work: Work) -> dict[str, Any]:
        asked = work.pick(*self._NAMES)
        for name in ("AllocatedStorage", "Port"):
            if name in asked:
                asked[name] = int(asked[name])
        if "VPCSecurityGroups" in work.properties:
            asked["VpcSecurityGroupIds"] = work.get("VPCSecurityGroups")
        return asked

    def create(self, work: Work) -> dict[str, Any]:
        rds, name = work.aws("rds"), work.name("DBInstanceIdentifier", 63, lower=True).lower()
        expect_server()
        asked = {"Port": 5432, **self._asked(work), **work.pick("ManageMasterUserPassword", "MasterUserPassword")}
        made = rds.create_db_instance(DBInstanceIdentifier=name, Tags=work.tags, **asked)["DBInstance"]
        work.physical_id = name
        secret = (made.get("MasterUserSecret") or {}).get("SecretArn", "")
        place = self._database(work, secret)
        identity = locate(work.account, work.region, name, place["address"], int(place["port"]))
        told = {
            "Endpoint.Address": place["address"],
            "Endpoint.Port": str(place["port"]),
            "DbiResourceId": identity,
            "DBInstanceArn": made["DBInstanceArn"],
            "DBInstanceStatus": "available",
        }
        return {**told, "MasterUserSecret.SecretArn": secret} if secret else told

    def _database(self, work: Work, secret: str) -> dict[str, Any]:
        """Asks for the PostgreSQL database, with the master's password that RDS has put into the secret or the template gives."""
        user, password = work.get("MasterUsername", "postgres"), work.get("MasterUserPassword", "")
        if secret:
            manager = work.aws("secretsmanager")
            password = json.loads(manager.get_secret_value(SecretId=secret)["SecretString"])["password"]
            manager.put_secret_value(SecretId=secret, SecretString=json.dumps({"username": user, "password": password}))
        asked = {"identifier": work.physical_id, "master": user, "password": password}
        return ask("POST", "/instances", {**asked, "database": work.get("DBName", "postgres")})

    def update(self, work: Work) -> dict[str, Any]:
        asked = {name: value for name, value in self._asked(work).items() if name not in self._FIXED}
        if "Port" in asked:
            asked["DBPortNumber"] = asked.pop("Port")
        logs = asked.pop("EnableCloudwatchLogsExports", None)
        if logs is not None:
            asked["CloudwatchLogsExportConfiguration"] = {"EnableLogTypes": logs}
        rds = work.aws("rds")
        made = rds.modify_db_instance(DBInstanceIdentifier=work.physical_id, ApplyImmediately=True, **asked)["DBInstance"]
        if work.gone_tags:
            rds.remove_tags_from_resource(ResourceName=made["DBInstanceArn"], TagKeys=work.gone_tags)
        if work.tags:
            rds.add_tags_to_resource(ResourceName=made["DBInstanceArn"], Tags=work.tags)
        return dict(work.attributes)

    def delete(self, work: Work) -> None:
        """Fails, as on AWS, while the instance is protected."""
        rds, name = work.aws("rds"), work.physical_id
        final = {"SkipFinalSnapshot": True}
        if work.snapshot:
            final = {"SkipFinalSnapshot": False, "FinalDBSnapshotIdentifier": f"{name}-snapshot-{secrets.token_hex(6)}"}
        try:
            rds.delete_db_instance(DBInstanceIdentifier=name, **final)
        except rds.exceptions.DBInstanceNotFoundFault:
            pass
        ask("DELETE", f"/instances/{name}")


@resource("AWS::RDS::DBSubnetGroup")
class DBSubnetGroup(Kind):
    """The subnets of a database."""

    def create(self, work: Work) -> dict[str, Any]:
        name = work.name("DBSubnetGroupName", 255, lower=True).lower()
        description = work.get("DBSubnetGroupDescription")
        work.aws("rds").create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription=description, SubnetIds=work.get("SubnetIds"), Tags=work.tags)
        work.physical_id = name
        return {}

    def update(self, work: Work) -> None:
        rds = work.aws("rds")
        rds.modify_db_subnet_group(DBSubnetGroupName=work.physical_id, DBSubnetGroupDescription=work.get("DBSubnetGroupDescription"), SubnetIds=work.get("SubnetIds"))
        retag(work, "subgrp")

    def delete(self, work: Work) -> None:
        work.aws("rds").delete_db_subnet_group(DBSubnetGroupName=work.physical_id)


@resource("AWS::RDS::DBParameterGroup")
class DBParameterGroup(Kind):
    """The settings of a database engine."""

    def create(self, work: Work) -> dict[str, Any]:
        name = work.name("DBParameterGroupName", 255, lower=True).lower()
        work.aws("rds").create_db_parameter_group(DBParameterGroupName=name, DBParameterGroupFamily=work.get("Family"), Description=work.get("Description"), Tags=work.tags)
        work.physical_id = name
        self._set(work)
        return {"DBParameterGroupName": name}

    def _set(self, work: Work) -> None:
        values = [{"ParameterName": key, "ParameterValue": str(value), "ApplyMethod": "pending-reboot"} for key, value in (work.get("Parameters") or {}).items()]
        for start in range(0, len(values), 20):
            work.aws("rds").modify_db_parameter_group(DBParameterGroupName=work.physical_id, Parameters=values[start : start + 20])

    def update(self, work: Work) -> None:
        self._set(work)
        retag(work, "pg")

    def delete(self, work: Work) -> None:
        work.aws("rds").delete_db_parameter_group(DBParameterGroupName=work.physical_id)


def retag(work: Work, noun: str) -> None:
    """Brings the tags of something of RDS to what the property Tags says."""
    arn = f"arn:aws:rds:{work.region}:{work.account}:{noun}:{work.physical_id}"
    if work.gone_tags:
        work.aws("rds").remove_tags_from_resource(ResourceName=arn, TagKeys=work.gone_tags)
    if work.tags:
        work.aws("rds").add_tags_to_resource(ResourceName=arn, Tags=work.tags)
