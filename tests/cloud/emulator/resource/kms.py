"""Encryption keys."""

import json
from typing import Any

from .registry import Kind, Work, resource


@resource("AWS::KMS::Key")
class Key(Kind):
    """A key."""

    def create(self, work: Work) -> dict[str, Any]:
        tags = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in work.tags]
        asked = {"Policy": json.dumps(work.get("KeyPolicy"))} if work.get("KeyPolicy") else {}
        made = work.aws("kms").create_key(Description=work.get("Description", ""), Tags=tags, **asked)["KeyMetadata"]
        work.physical_id = made["KeyId"]
        self._rotate(work)
        return {"Arn": made["Arn"], "KeyId": made["KeyId"]}

    def _rotate(self, work: Work) -> None:
        call = "enable_key_rotation" if work.get("EnableKeyRotation") else "disable_key_rotation"
        getattr(work.aws("kms"), call)(KeyId=work.physical_id)

    def update(self, work: Work) -> None:
        kms = work.aws("kms")
        self._rotate(work)
        if work.changed("Description"):
            kms.update_key_description(KeyId=work.physical_id, Description=work.get("Description", ""))
        if work.changed("KeyPolicy"):
            kms.put_key_policy(KeyId=work.physical_id, PolicyName="default", Policy=json.dumps(work.get("KeyPolicy")))

    def delete(self, work: Work) -> None:
        work.aws("kms").schedule_key_deletion(KeyId=work.physical_id, PendingWindowInDays=work.get("PendingWindowInDays", 30))


@resource("AWS::KMS::Alias")
class Alias(Kind):
    """A key's name."""

    def create(self, work: Work) -> dict[str, Any]:
        work.aws("kms").create_alias(AliasName=work.get("AliasName"), TargetKeyId=work.get("TargetKeyId"))
        work.physical_id = work.get("AliasName")
        return {}

    def update(self, work: Work) -> None:
        work.aws("kms").update_alias(AliasName=work.physical_id, TargetKeyId=work.get("TargetKeyId"))

    def delete(self, work: Work) -> None:
        work.aws("kms").delete_alias(AliasName=work.physical_id)
