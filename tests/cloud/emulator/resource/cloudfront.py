"""Distributions and what belongs to them."""

import uuid
from typing import Any

from .registry import Kind, Work, resource


def _list(items: Any) -> dict[str, Any]:
    """CloudFront's API counts its lists."""
    found = list(items or [])
    return {"Quantity": len(found), "Items": found}


def _behavior(behavior: dict[str, Any]) -> dict[str, Any]:
    told = dict(behavior)
    allowed, cached = told.pop("AllowedMethods", ["GET", "HEAD"]), told.pop("CachedMethods", ["GET", "HEAD"])
    told["AllowedMethods"] = {**_list(allowed), "CachedMethods": _list(cached)}
    told.setdefault("TrustedSigners", {"Enabled": False, "Quantity": 0})
    told.setdefault("SmoothStreaming", False)
    told["LambdaFunctionAssociations"] = _list(told.get("LambdaFunctionAssociations"))
    told["FunctionAssociations"] = _list(told.get("FunctionAssociations"))
    return told


def _origin(origin: dict[str, Any]) -> dict[str, Any]:
    told = dict(origin)
    told.setdefault("OriginPath", "")
    told["CustomHeaders"] = _list(told.pop("OriginCustomHeaders", []))
    if "CustomOriginConfig" in told:
        custom = dict(told["CustomOriginConfig"])
        custom["OriginSslProtocols"] = _list(custom.pop("OriginSSLProtocols", ["TLSv1.2"]))
        told["CustomOriginConfig"] = {"HTTPPort": 80, "HTTPSPort": 443, **custom}
    return told


_RENAMED = {"IPV6Enabled": "IsIPV6Enabled"}
_CERTIFICATE = {"SslSupportMethod": "SSLSupportMethod", "AcmCertificateArn": "ACMCertificateArn", "IamCertificateId": "IAMCertificateId"}


def configuration(work: Work, reference: str) -> dict[str, Any]:
    """Returns a distribution's configuration as CloudFront's API writes it."""
    told = {_RENAMED.get(key, key): value for key, value in work.get("DistributionConfig").items()}
    told["CallerReference"] = reference
    told.setdefault("Comment", "")
    told["Aliases"] = _list(told.get("Aliases"))
    told["Origins"] = _list(_origin(origin) for origin in told.get("Origins", []))
    told["DefaultCacheBehavior"] = _behavior(told["DefaultCacheBehavior"])
    told["CacheBehaviors"] = _list(_behavior(one) for one in told.get("CacheBehaviors", []))
    told["CustomErrorResponses"] = _list({**one, "ResponseCode": str(one.get("ResponseCode", ""))} for one in told.get("CustomErrorResponses", []))
    if "ViewerCertificate" in told:
        told["ViewerCertificate"] = {_CERTIFICATE.get(key, key): value for key, value in told["ViewerCertificate"].items()}
    return told


@resource("AWS::CloudFront::Distribution")
class Distribution(Kind):
    """A distribution. It is configured here; nothing is delivered."""

    def create(self, work: Work) -> dict[str, Any]:
        asked = {"DistributionConfig": configuration(work, str(uuid.uuid4())), "Tags": {"Items": work.tags}}
        made = work.aws("cloudfront").create_distribution_with_tags(DistributionConfigWithTags=asked)["Distribution"]
        work.physical_id = made["Id"]
        return {"Id": made["Id"], "DomainName": made["DomainName"]}

    def update(self, work: Work) -> None:
        cloudfront = work.aws("cloudfront")
        held = cloudfront.get_distribution_config(Id=work.physical_id)
        asked = configuration(work, held["DistributionConfig"]["CallerReference"])
        cloudfront.update_distribution(Id=work.physical_id, IfMatch=held["ETag"], DistributionConfig=asked)
        arn = f"arn:aws:cloudfront::{work.account}:distribution/{work.physical_id}"
        if work.gone_tags:
            cloudfront.untag_resource(Resource=arn, TagKeys={"Items": work.gone_tags})
        if work.tags:
            cloudfront.tag_resource(Resource=arn, Tags={"Items": work.tags})

    def delete(self, work: Work) -> None:
        """CloudFront deletes only what is disabled."""
        cloudfront = work.aws("cloudfront")
        held = cloudfront.get_distribution_config(Id=work.physical_id)
        asked = {**configuration(work, held["DistributionConfig"]["CallerReference"]), "Enabled": False}
        mark = cloudfront.update_distribution(Id=work.physical_id, IfMatch=held["ETag"], DistributionConfig=asked)["ETag"]
        cloudfront.delete_distribution(Id=work.physical_id, IfMatch=mark)


@resource("AWS::CloudFront::OriginAccessControl")
class OriginAccessControl(Kind):
    """How CloudFront signs its requests to a bucket."""

    def create(self, work: Work) -> dict[str, Any]:
        made = work.aws("cloudfront").create_origin_access_control(OriginAccessControlConfig=work.get("OriginAccessControlConfig"))
        work.physical_id = made["OriginAccessControl"]["Id"]
        return {"Id": work.physical_id}

    def update(self, work: Work) -> None:
        held = work.aws("cloudfront").get_origin_access_control(Id=work.physical_id)
        work.aws("cloudfront").update_origin_access_control(
            Id=work.physical_id, IfMatch=held["ETag"], OriginAccessControlConfig=work.get("OriginAccessControlConfig")
        )

    def delete(self, work: Work) -> None:
        held = work.aws("cloudfront").get_origin_access_control(Id=work.physical_id)
        work.aws("cloudfront").delete_origin_access_control(Id=work.physical_id, IfMatch=held["ETag"])


@resource("AWS::CloudFront::Function")
class Function(Kind):
    """JavaScript that runs at the edge. It is kept here; the local cloud runs it."""

    def create(self, work: Work) -> dict[str, Any]:
        cloudfront = work.aws("cloudfront")
        name = work.get("Name")
        made = cloudfront.create_function(Name=name, FunctionConfig=self._config(work), FunctionCode=work.get("FunctionCode").encode())
        arn = made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
        work.physical_id = arn
        if work.get("AutoPublish"):
            cloudfront.publish_function(Name=name, IfMatch=made["ETag"])
        return {"FunctionARN": arn, "FunctionMetadata.FunctionARN": arn, "Stage": "LIVE" if work.get("AutoPublish") else "DEVELOPMENT"}

    def _config(self, work: Work) -> dict[str, Any]:
        return {key: value for key, value in work.get("FunctionConfig").items() if key in ("Comment", "Runtime")}

    def update(self, work: Work) -> None:
        cloudfront, name = work.aws("cloudfront"), work.get("Name")
        mark = cloudfront.describe_function(Name=name, Stage="DEVELOPMENT")["ETag"]
        made = cloudfront.update_function(Name=name, IfMatch=mark, FunctionConfig=self._config(work), FunctionCode=work.get("FunctionCode").encode())
        if work.get("AutoPublish"):
            cloudfront.publish_function(Name=name, IfMatch=made["ETag"])

    def delete(self, work: Work) -> None:
        cloudfront, name = work.aws("cloudfront"), work.get("Name")
        cloudfront.delete_function(Name=name, IfMatch=cloudfront.describe_function(Name=name, Stage="DEVELOPMENT")["ETag"])


class _Policy(Kind):
    """One of CloudFront's policies, made, changed and deleted by three calls of one form."""

    noun = ""
    name = ""

    def create(self, work: Work) -> dict[str, Any]:
        made = getattr(work.aws("cloudfront"), f"create_{self.noun}")(**{f"{self.name}Config": self._config(work)})
        work.physical_id = made[self.name]["Id"]
        return {"Id": work.physical_id, "LastModifiedTime": str(made[self.name]["LastModifiedTime"])}

    def _config(self, work: Work) -> dict[str, Any]:
        return dict(_counted(work.get(f"{self.name}Config")))

    def update(self, work: Work) -> None:
        cloudfront = work.aws("cloudfront")
        mark = getattr(cloudfront, f"get_{self.noun}")(Id=work.physical_id)["ETag"]
        getattr(cloudfront, f"update_{self.noun}")(Id=work.physical_id, IfMatch=mark, **{f"{self.name}Config": self._config(work)})

    def delete(self, work: Work) -> None:
        cloudfront = work.aws("cloudfront")
        mark = getattr(cloudfront, f"get_{self.noun}")(Id=work.physical_id)["ETag"]
        getattr(cloudfront, f"delete_{self.noun}")(Id=work.physical_id, IfMatch=mark)


def _counted(value: Any) -> Any:
    """Writes a template's plain lists as the API's counted ones; `{"Items": [...]}` of a template is such a list already."""
    if isinstance(value, list):
        return _list(_counted(item) for item in value)
    if not isinstance(value, dict):
        return value
    if set(value) == {"Items"}:
        return _counted(value["Items"])
    return {key: _counted(inner) for key, inner in value.items()}


@resource("AWS::CloudFront::ResponseHeadersPolicy")
class ResponseHeadersPolicy(_Policy):
    """Headers that CloudFront adds to answers."""

    noun, name = "response_headers_policy", "ResponseHeadersPolicy"


@resource("AWS::CloudFront::CachePolicy")
class CachePolicy(_Policy):
    """What CloudFront caches by."""

    noun, name = "cache_policy", "CachePolicy"


@resource("AWS::CloudFront::OriginRequestPolicy")
class OriginRequestPolicy(_Policy):
    """What CloudFront hands on to an origin."""

    noun, name = "origin_request_policy", "OriginRequestPolicy"
