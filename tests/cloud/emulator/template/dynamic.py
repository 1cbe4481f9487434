"""Dynamic references such as `{{resolve:secretsmanager:arn:SecretString:password}}`.

They are resolved when a resource is made, and neither compared nor shown.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
"""

import json
import re
from typing import Any

from botocore.exceptions import ClientError

from ..aws import client, explain
from .errors import Unresolvable

_REFERENCE = re.compile(r"\{\{resolve:([a-z-]+):([^}]+)\}\}")
_SECRET = re.compile(r"^(arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:[^:]+|[^:]+)(?::(.*))?$")


def resolve_dynamic(value: Any, region: str) -> Any:
    """Returns a value with the dynamic references in its texts replaced. Raises Unresolvable for one that leads nowhere."""
    if isinstance(value, dict):
        return {key: resolve_dynamic(inner, region) for key, inner in value.items()}
    if isinstance(value, list):
        return [resolve_dynamic(inner, region) for inner in value]
    if isinstance(value, str) and "{{resolve:" in value:
        return _REFERENCE.sub(lambda match: _lookup(match.group(1), match.group(2), region), value)
    return value


def _lookup(service: str, reference: str, region: str) -> str:
    try:
        if service == "secretsmanager":
            return _secret(reference, region)
        if service in ("ssm", "ssm-secure"):
            answer = client("ssm", region).get_parameter(Name=reference, WithDecryption=service == "ssm-secure")
            return str(answer["Parameter"]["Value"])
    except ClientError as error:
        raise Unresolvable(f"Could not resolve {{{{resolve:{service}:{reference}}}}}: {explain(error)}") from error
    raise Unresolvable(f"Template error: dynamic references to {service} do not exist")


def _secret(reference: str, region: str) -> str:
    found = _SECRET.match(reference)
    if not found:
        raise Unresolvable(f"Template error: {{{{resolve:secretsmanager:{reference}}}}} is not well formed")
    kind, key, stage, version = [*(found.group(2) or "").split(":"), "", "", "", ""][:4]
    if kind not in ("", "SecretString"):
        raise Unresolvable(f"Template error: {{{{resolve:secretsmanager:{reference}}}}} must ask for SecretString")
    wanted = {"SecretId": found.group(1)}
    if stage:
        wanted["VersionStage"] = stage
    if version:
        wanted["VersionId"] = version
    secret = str(client("secretsmanager", region).get_secret_value(**wanted)["SecretString"])
    if not key:
        return secret
    try:
        return str(json.loads(secret)[key])
    except (ValueError, KeyError, TypeError) as error:
        raise Unresolvable(f"Could not find a value associated with JSONKey in SecretString: {key}") from error
