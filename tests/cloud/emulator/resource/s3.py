"""Buckets and their policies."""

import json
from typing import Any

from .registry import Kind, Work, resource


def _lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "Id" in rule:
        told["ID"] = rule["Id"]
    if "ExpirationInDays" in rule or "ExpiredObjectDeleteMarker" in rule:
        told["Expiration"] = {"Days": rule["ExpirationInDays"]} if "ExpirationInDays" in rule else {"ExpiredObjectDeleteMarker": rule["ExpiredObjectDeleteMarker"]}
    if "NoncurrentVersionExpiration" in rule:
        told["NoncurrentVersionExpiration"] = rule["NoncurrentVersionExpiration"]
    if "NoncurrentVersionExpirationInDays" in rule:
        told["NoncurrentVersionExpiration"] = {"NoncurrentDays": rule["NoncurrentVersionExpirationInDays"]}
    if "AbortIncompleteMultipartUpload" in rule:
        told["AbortIncompleteMultipartUpload"] = rule["AbortIncompleteMultipartUpload"]
    if "Transitions" in rule:
        told["Transitions"] = [{"Days": one["TransitionInDays"], "StorageClass": one["StorageClass"]} for one in rule["Transitions"]]
    return told


@resource("AWS::S3::Bucket")
class Bucket(Kind):
    """A bucket and what is set on it."""

    def create(self, work: Work) -> dict[str, Any]:
        s3 = work.aws("s3")
        name = work.name("BucketName", 63, lower=True)
        place = {} if work.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": work.region}}
        owner = self._owner(work)
        if owner:
            place["ObjectOwnership"] = owner
        self._expect_free(work, name)
        s3.create_bucket(Bucket=name, **place)
        work.physical_id = name
        self._settle(work)
        return {
            "Arn": f"arn:aws:s3:::{name}",
            "DomainName": f"{name}.s3.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.{work.region}.amazonaws.com",
            "DualStackDomainName": f"{name}.s3.dualstack.{work.region}.amazonaws.com",
            "WebsiteURL": f"http://{name}.s3-website-{work.region}.amazonaws.com",
        }

    def _expect_free(self, work: Work, name: str) -> None:
        """S3 answers a second creation of one's own bucket in us-east-1 with success; CloudFormation fails on it."""
        held = [bucket["Name"] for bucket in work.aws("s3").list_buckets()["Buckets"]]
        if name in held:
            raise FileExistsError(f"{name} already exists")

    def _owner(self, work: Work) -> str:
        rules = (work.get("OwnershipControls") or {}).get("Rules", [])
        return str(rules[0].get("ObjectOwnership", "")) if rules else ""

    def _settle(self, work: Work) -> None:
        s3, name = work.aws("s3"), work.physical_id
        self._protect(work)
        if work.get("VersioningConfiguration"):
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=work.get("VersioningConfiguration"))
        rules = (work.get("LifecycleConfiguration") or {}).get("Rules")
        if rules:
            s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [_lifecycle_rule(rule) for rule in rules]})
        elif work.old.get("LifecycleConfiguration"):
            s3.delete_bucket_lifecycle(Bucket=name)
        if work.get("LoggingConfiguration"):
            log = work.get("LoggingConfiguration")
            s3.put_bucket_logging(
                Bucket=name,
                BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": log.get("DestinationBucketName", name), "TargetPrefix": log.get("LogFilePrefix", "")}},
            )
        if work.tags:
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": work.tags})
        elif work.old.get("Tags"):
            s3.delete_bucket_tagging(Bucket=name)

    def _protect(self, work: Work) -> None:
        s3, name = work.aws("s3"), work.physical_id
        if work.get("PublicAccessBlockConfiguration"):
            s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=work.get("PublicAccessBlockConfiguration"))
        elif work.old.get("PublicAccessBlockConfiguration"):
            s3.delete_public_access_block(Bucket=name)
        if work.get("BucketEncryption"):
            rules = [self._encryption(one) for one in work.get("BucketEncryption")["ServerSideEncryptionConfiguration"]]
            s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
        elif work.old.get("BucketEncryption"):
            s3.delete_bucket_encryption(Bucket=name)
        if self._owner(work):
            s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": self._owner(work)}]})

    def _encryption(self, rule: dict[str, Any]) -> dict[str, Any]:
        told = {key: value for key, value in rule.items() if key != "ServerSideEncryptionByDefault"}
        if "ServerSideEncryptionByDefault" in rule:
            told["ApplyServerSideEncryptionByDefault"] = rule["ServerSideEncryptionByDefault"]
        return told

    def update(self, work: Work) -> None:
        self._settle(work)

    def delete(self, work: Work) -> None:
        """Fails, as on AWS, when the bucket holds something."""
        work.aws("s3").delete_bucket(Bucket=work.physical_id)


@resource("AWS::S3::BucketPolicy")
class BucketPolicy(Kind):
    """Who may use a bucket."""

    def create(self, work: Work) -> dict[str, Any]:
        self.update(work)
        work.physical_id = work.get("Bucket")
        return {}

    def update(self, work: Work) -> None:
        work.aws("s3").put_bucket_policy(Bucket=work.get("Bucket"), Policy=json.dumps(work.get("PolicyDocument")))

    def delete(self, work: Work) -> None:
        work.aws("s3").delete_bucket_policy(Bucket=work.get("Bucket"))
