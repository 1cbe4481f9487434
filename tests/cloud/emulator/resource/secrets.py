"""Secrets Manager."""

import json
import secrets
import string
from typing import Any

from .registry import Kind, Work, resource


def generate(asked: dict[str, Any]) -> str:
    """Makes a secret's text as GenerateSecretString says."""
    letters = "" if asked.get("ExcludeLowercase") else string.ascii_lowercase
    letters += "" if asked.get("ExcludeUppercase") else string.ascii_uppercase
    letters += "" if asked.get("ExcludeNumbers") else string.digits
    letters += "" if asked.get("ExcludePunctuation") else string.punctuation
    letters += " " if asked.get("IncludeSpace") else ""
    letters = "".join(letter for letter in letters if letter not in asked.get("ExcludeCharacters", ""))
    password = "".join(secrets.choice(letters) for _ in range(int(asked.get("PasswordLength", 32))))
    if not asked.get("GenerateStringKey"):
        return password
    return json.dumps({**json.loads(asked.get("SecretStringTemplate", "{}")), asked["GenerateStringKey"]: password})


@resource("AWS::SecretsManager::Secret")
class Secret(Kind):
    """A secret, given or generated."""

    def create(self, work: Work) -> dict[str, Any]:
        asked = work.pick("Description", "KmsKeyId")
        text = work.get("SecretString") or (generate(work.get("GenerateSecretString")) if "GenerateSecretString" in work.properties else None)
        if text is not None:
            asked["SecretString"] = text
        name = work.get("Name") or f"{work.logical_id}-{secrets.token_hex(6)}"
        work.physical_id = work.aws("secretsmanager").create_secret(Name=name, Tags=work.tags, **asked)["ARN"]
        return {"Id": work.physical_id}

    def update(self, work: Work) -> None:
        manager = work.aws("secretsmanager")
        asked = work.pick("Description", "KmsKeyId")
        if work.changed("SecretString") and work.get("SecretString"):
            asked["SecretString"] = work.get("SecretString")
        if work.changed("GenerateSecretString") and work.get("GenerateSecretString"):
            asked["SecretString"] = generate(work.get("GenerateSecretString"))
        if asked:
            manager.update_secret(SecretId=work.physical_id, **asked)
        if work.gone_tags:
            manager.untag_resource(SecretId=work.physical_id, TagKeys=work.gone_tags)
        if work.tags:
            manager.tag_resource(SecretId=work.physical_id, Tags=work.tags)

    def delete(self, work: Work) -> None:
        """CloudFormation deletes secrets without a recovery window."""
        work.aws("secretsmanager").delete_secret(SecretId=work.physical_id, ForceDeleteWithoutRecovery=True)


@resource("AWS::SecretsManager::ResourcePolicy")
class ResourcePolicy(Kind):
    """Who may read a secret."""

    def create(self, work: Work) -> dict[str, Any]:
        self.update(work)
        work.physical_id = work.get("SecretId")
        return {"Id": work.physical_id}

    def update(self, work: Work) -> None:
        work.aws("secretsmanager").put_resource_policy(SecretId=work.get("SecretId"), ResourcePolicy=json.dumps(work.get("ResourcePolicy")))

    def delete(self, work: Work) -> None:
        work.aws("secretsmanager").delete_resource_policy(SecretId=work.get("SecretId"))
