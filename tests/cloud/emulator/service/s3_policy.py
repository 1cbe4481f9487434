"""Bucket policies are kept and told, and not enforced.

moto enforces them without their conditions, so that "deny unless over TLS" would lock every bucket.
"""

from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket


def _neutral(_bucket: FakeBucket, _action: str, _resource: Any) -> PermissionResult:
    return PermissionResult.NEUTRAL


FakeBucket.get_permission = _neutral  # type: ignore[method-assign]
