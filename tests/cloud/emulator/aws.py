"""Clients of the emulator's own service APIs."""

import threading
from functools import lru_cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from .settings import current

_lock = threading.Lock()
_session = botocore.session.Session()
# Error codes of a thing that is not there, besides those that say so in their name.
_GONE = {"404", "NoSuchEntity", "NoSuchBucket", "NoSuchKey", "NoSuchBucketPolicy", "NoSuchDistribution"}


@lru_cache(maxsize=None)
def _client(service: str, region: str) -> Any:
    with _lock:
        return _session.create_client(
            service,
            region_name=region,
            endpoint_url=current().endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(
                retries={"max_attempts": 0},
                parameter_validation=False,
                max_pool_connections=50,
                s3={"addressing_style": "path"},
            ),
        )


def client(service: str, region: str) -> Any:
    """Returns a client of one service of this emulator. It never retries: a failure is a failure."""
    return _client(service, region)


def is_gone(error: ClientError) -> bool:
    """Says whether an error means that what was asked for does not exist."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code in _GONE or "NotFound" in code or "NoSuch" in code or "DoesNotExist" in code


def explain(error: Exception, service: str = "") -> str:
    """Returns an error in the words that CloudFormation puts into the reason of a failed resource."""
    if isinstance(error, ClientError):
        told = error.response.get("Error", {})
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", "")
        return f"{told.get('Message', error)} (Error Code: {told.get('Code', '')}, Status Code: {status})"
    return str(error) or type(error).__name__
