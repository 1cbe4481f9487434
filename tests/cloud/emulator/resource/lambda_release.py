"""Versions and aliases of functions, and how an alias moves to a new version."""

from typing import Any

from ..aws import client
from ..engine.shift import shift
from .lambda_function import split_qualifier
from .registry import Kind, Work, resource


@resource("AWS::Lambda::Version")
class Version(Kind):
    """A version: the function as it is when this is made."""

    def create(self, work: Work) -> dict[str, Any]:
        asked = {"Description": work.get("Description")} if work.get("Description") else {}
        self._expect_change(work)
        made = work.aws("lambda").publish_version(FunctionName=work.get("FunctionName"), **asked)
        work.physical_id = made["FunctionArn"]
        provision(work, made["Version"])
        return {"Version": made["Version"], "FunctionArn": made["FunctionArn"]}

    def _expect_change(self, work: Work) -> None:
        """Refuses a version that would be the same as the last one, for which Lambda returns that one and CloudFormation fails."""
        name = work.get("FunctionName")
        versions = work.aws("lambda").list_versions_by_function(FunctionName=name)["Versions"]
        published = [one for one in versions if one["Version"] != "$LATEST"]
        if not published:
            return
        last = max(published, key=lambda one: int(one["Version"]))
        if _told(work.aws("lambda").get_function_configuration(FunctionName=name)) == _told(last):
            told = f"A version for this Lambda function exists ( {last['Version']} ). Modify the function to create a new version."
            raise FileExistsError(told)

    def delete(self, work: Work) -> None:
        name, version = split_qualifier(work.physical_id)
        work.aws("lambda").delete_function(FunctionName=name, Qualifier=version)


def _told(function: dict[str, Any]) -> dict[str, Any]:
    """Returns of a function's configuration what makes one version differ from another."""
    own = {"FunctionArn", "Version", "LastModified", "RevisionId", "Description", "LastUpdateStatus", "MasterArn", "ResponseMetadata"}
    return {key: value for key, value in function.items() if key not in own}


def provision(work: Work, qualifier: str) -> None:
    """Brings the provisioned concurrency of an alias or version to what the property says."""
    asked = {"FunctionName": work.get("FunctionName"), "Qualifier": qualifier}
    wanted = (work.get("ProvisionedConcurrencyConfig") or {}).get("ProvisionedConcurrentExecutions")
    if wanted:
        work.aws("lambda").put_provisioned_concurrency_config(ProvisionedConcurrentExecutions=int(wanted), **asked)
    elif work.old.get("ProvisionedConcurrencyConfig"):
        work.aws("lambda").delete_provisioned_concurrency_config(**asked)


@resource("AWS::Lambda::Alias")
class Alias(Kind):
    """An alias. With an update policy of CodeDeploy, it moves only if the hooks say so."""

    def _asked(self, work: Work) -> dict[str, Any]:
        asked = work.pick("FunctionName", "Name", "Description")
        routing = work.get("RoutingConfig")
        if routing:
            weights = {one["FunctionVersion"]: one["FunctionWeight"] for one in routing.get("AdditionalVersionWeights", [])}
            asked["RoutingConfig"] = {"AdditionalVersionWeights": weights}
        return {**asked, "FunctionVersion": str(work.get("FunctionVersion"))}

    def create(self, work: Work) -> dict[str, Any]:
        made = work.aws("lambda").create_alias(**self._asked(work))
        work.physical_id = made["AliasArn"]
        provision(work, work.get("Name"))
        return {"AliasArn": made["AliasArn"]}

    def update(self, work: Work) -> None:
        policy = work.update_policy.get("CodeDeployLambdaAliasUpdate")
        if policy and work.changed("FunctionVersion") and not work.rollback:
            shift(work, policy, lambda: self._move(work))
        else:
            self._move(work)
        provision(work, work.get("Name"))

    def _move(self, work: Work) -> None:
        client("lambda", work.region).update_alias(**self._asked(work))

    def delete(self, work: Work) -> None:
        work.aws("lambda").delete_alias(FunctionName=work.get("FunctionName"), Name=work.get("Name"))
