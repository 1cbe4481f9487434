"""CodeDeploy applications, deployment groups and configurations."""

from typing import Any

from .registry import Kind, Work, resource


def decapitalize(value: Any) -> Any:
    """Writes a template's names as CodeDeploy's API does, with a small first letter."""
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: decapitalize(inner) for key, inner in value.items()}
    return [decapitalize(inner) for inner in value] if isinstance(value, list) else value


@resource("AWS::CodeDeploy::Application")
class Application(Kind):
    """An application."""

    def create(self, work: Work) -> dict[str, Any]:
        name = work.name("ApplicationName", 100)
        work.aws("codedeploy").create_application(applicationName=name, computePlatform=work.get("ComputePlatform", "Server"), tags=work.tags)
        work.physical_id = name
        return {}

    def update(self, work: Work) -> None:
        """Nothing of an application but its tags can change, and these are not kept."""

    def delete(self, work: Work) -> None:
        work.aws("codedeploy").delete_application(applicationName=work.physical_id)


@resource("AWS::CodeDeploy::DeploymentGroup")
class DeploymentGroup(Kind):
    """How an alias moves to a new version."""

    def _asked(self, work: Work) -> dict[str, Any]:
        return {key: value for key, value in decapitalize(work.properties).items() if key not in ("deploymentGroupName", "tags", "deployment")}

    def create(self, work: Work) -> dict[str, Any]:
        name = work.name("DeploymentGroupName", 100)
        work.aws("codedeploy").create_deployment_group(deploymentGroupName=name, **self._asked(work))
        work.physical_id = name
        return {}

    def update(self, work: Work) -> None:
        work.aws("codedeploy").update_deployment_group(currentDeploymentGroupName=work.physical_id, **self._asked(work))

    def delete(self, work: Work) -> None:
        work.aws("codedeploy").delete_deployment_group(applicationName=work.get("ApplicationName"), deploymentGroupName=work.physical_id)


@resource("AWS::CodeDeploy::DeploymentConfig")
class DeploymentConfig(Kind):
    """A configuration of one's own for how traffic shifts."""

    def create(self, work: Work) -> dict[str, Any]:
        name = work.name("DeploymentConfigName", 100)
        asked = {key: value for key, value in decapitalize(work.properties).items() if key != "deploymentConfigName"}
        work.aws("codedeploy").create_deployment_config(deploymentConfigName=name, **asked)
        work.physical_id = name
        return {}

    def delete(self, work: Work) -> None:
        work.aws("codedeploy").delete_deployment_config(deploymentConfigName=work.physical_id)
