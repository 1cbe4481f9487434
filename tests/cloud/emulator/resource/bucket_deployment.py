"""The CDK's bucket deployment: what its function does with the AWS CLI, done here from the same source assets.

Follows aws-cdk-lib's custom-resource-handlers/lib/aws-s3-deployment/bucket-deployment-handler/index.py.
"""

import fnmatch
import io
import mimetypes
import uuid
import zipfile
from typing import Any

from .registry import Kind, Work, resource

_SYSTEM = {
    "cache-control": "CacheControl", "content-disposition": "ContentDisposition", "content-encoding": "ContentEncoding", "content-language": "ContentLanguage",
    "content-type": "ContentType", "expires": "Expires", "website-redirect": "WebsiteRedirectLocation", "storage-class": "StorageClass",
    "sse": "ServerSideEncryption",
}  # fmt: skip


def _flag(work: Work, name: str, default: bool) -> bool:
    return str(work.get(name, default)).lower() == "true"


def _prefix(properties: dict[str, Any]) -> str:
    prefix = str(properties.get("DestinationBucketKeyPrefix", "")).strip("/")
    return f"{prefix}/" if prefix else ""


@resource("Custom::CDKBucketDeployment")
class BucketDeployment(Kind):
    """Files of zips, unpacked into a bucket."""

    def create(self, work: Work) -> dict[str, Any]:
        work.physical_id = f"aws.cdk.s3deployment.{uuid.uuid4()}"
        return self._deploy(work)

    def update(self, work: Work) -> dict[str, Any]:
        moved = work.changed("DestinationBucketName", "DestinationBucketKeyPrefix")
        if moved and not _flag(work, "RetainOnDelete", True):
            self._empty(work, work.old)
        return self._deploy(work)

    def delete(self, work: Work) -> None:
        if not _flag(work, "RetainOnDelete", True):
            self._empty(work, work.properties)

    def _deploy(self, work: Work) -> dict[str, Any]:
        s3, bucket, prefix = work.aws("s3"), work.get("DestinationBucketName"), _prefix(work.properties)
        files = self._files(work)
        for name, content in files.items():
            s3.put_object(Bucket=bucket, Key=prefix + name, Body=content, **self._metadata(work, name))
        if _flag(work, "Prune", True):
            kept = {prefix + name for name in files}
            for key in self._keys(work, bucket, prefix):
                if key not in kept and self._wanted(work, key.removeprefix(prefix)):
                    s3.delete_object(Bucket=bucket, Key=key)
        self._invalidate(work, prefix)
        told = {"SourceObjectKeys": work.get("SourceObjectKeys", []) if _flag(work, "OutputObjectKeys", True) else []}
        if work.get("DestinationBucketArn"):
            told["DestinationBucketArn"] = work.get("DestinationBucketArn")
        return told

    def _files(self, work: Work) -> dict[str, bytes]:
        """Returns what is to be in the bucket; a later source wins."""
        files: dict[str, bytes] = {}
        markers = work.get("SourceMarkers") or [{} for _ in work.get("SourceObjectKeys")]
        for bucket, key, marker in zip(work.get("SourceBucketNames"), work.get("SourceObjectKeys"), markers, strict=True):
            content = work.aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
            if not _flag(work, "Extract", True):
                files[key.split("/")[-1]] = content
                continue
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for entry in archive.infolist():
                    if not entry.is_dir():
                        files[entry.filename] = _replace(archive.read(entry), marker)
        return {name: content for name, content in files.items() if self._wanted(work, name)}

    def _wanted(self, work: Work, name: str) -> bool:
        """Applies the filters as `aws s3 sync` does: excludes first, includes after, the last that matches wins."""
        wanted = not any(fnmatch.fnmatch(name, pattern) for pattern in work.get("Exclude", []))
        return wanted or any(fnmatch.fnmatch(name, pattern) for pattern in work.get("Include", []))

    def _metadata(self, work: Work, name: str) -> dict[str, Any]:
        told: dict[str, Any] = {}
        guessed, encoding = mimetypes.guess_type(name)
        if guessed and not encoding:
            told["ContentType"] = guessed
        for key, value in (work.get("SystemMetadata") or {}).items():
            if key.lower() in _SYSTEM:
                told[_SYSTEM[key.lower()]] = str(value)
        if work.get("UserMetadata"):
            told["Metadata"] = {key.lower(): str(value) for key, value in work.get("UserMetadata").items()}
        return told

    def _invalidate(self, work: Work, prefix: str) -> None:
        if not work.get("DistributionId"):
            return
        paths = work.get("DistributionPaths") or [f"/{prefix}*"]
        work.aws("cloudfront").create_invalidation(
            DistributionId=work.get("DistributionId"),
            InvalidationBatch={"Paths": {"Quantity": len(paths), "Items": paths}, "CallerReference": str(uuid.uuid4())},
        )

    def _keys(self, work: Work, bucket: str, prefix: str) -> list[str]:
        pages = work.aws("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def _empty(self, work: Work, properties: dict[str, Any]) -> None:
        bucket, prefix = properties["DestinationBucketName"], _prefix(properties)
        if self._owned(work, bucket, prefix.rstrip("/")):
            return
        for key in self._keys(work, bucket, prefix):
            work.aws("s3").delete_object(Bucket=bucket, Key=key)

    def _owned(self, work: Work, bucket: str, prefix: str) -> bool:
        """Says whether another bucket deployment has marked the place as its own by a tag."""
        mark = "aws-cdk:cr-owned" + (f":{prefix}" if prefix else "")
        try:
            tags = work.aws("s3").get_bucket_tagging(Bucket=bucket)["TagSet"]
        except Exception:
            return False
        return any(tag["Key"].startswith(mark) for tag in tags)


def _replace(content: bytes, markers: dict[str, str]) -> bytes:
    for marker, value in markers.items():
        content = content.replace(marker.encode(), str(value).encode())
    return content
