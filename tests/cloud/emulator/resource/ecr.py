"""Container repositories, of which the CDK's bootstrap stack makes one."""

import json
from typing import Any

from .registry import Kind, Work, resource


@resource("AWS::ECR::Repository")
class Repository(Kind):
    """A repository."""

    def create(self, work: Work) -> dict[str, Any]:
        ecr = work.aws("ecr")
        name = work.name("RepositoryName", 256, lower=True)
        scan = {"scanOnPush": bool((work.get("ImageScanningConfiguration") or {}).get("ScanOnPush", False))}
        made = ecr.create_repository(repositoryName=name, imageTagMutability=work.get("ImageTagMutability", "MUTABLE"), imageScanningConfiguration=scan)["repository"]
        work.physical_id = name
        self._policies(work)
        return {"Arn": made["repositoryArn"], "RepositoryUri": made["repositoryUri"]}

    def _policies(self, work: Work) -> None:
        ecr = work.aws("ecr")
        if work.get("RepositoryPolicyText"):
            ecr.set_repository_policy(repositoryName=work.physical_id, policyText=json.dumps(work.get("RepositoryPolicyText")))
        if work.get("LifecyclePolicy"):
            ecr.put_lifecycle_policy(repositoryName=work.physical_id, lifecyclePolicyText=work.get("LifecyclePolicy")["LifecyclePolicyText"])

    def update(self, work: Work) -> None:
        if work.changed("ImageTagMutability"):
            work.aws("ecr").put_image_tag_mutability(repositoryName=work.physical_id, imageTagMutability=work.get("ImageTagMutability", "MUTABLE"))
        self._policies(work)

    def delete(self, work: Work) -> None:
        work.aws("ecr").delete_repository(repositoryName=work.physical_id, force=bool(work.get("EmptyOnDelete", False)))
