"""CloudFront's distributions, told as they were configured: moto forgets their access control and edge functions."""

import random
import string
import uuid
from datetime import datetime, timezone
from typing import Any

from ..wire.operation import Call, Refusal, operation

_SERVICE = "cloudfront"
_distributions: dict[str, dict[str, Any]] = {}
_tags: dict[str, dict[str, str]] = {}
_invalidations: dict[str, dict[str, Any]] = {}


def _mark() -> str:
    return "E" + uuid.uuid4().hex[:13].upper()


def _find(call: Call, name: str = "Id") -> dict[str, Any]:
    if call.get(name) not in _distributions:
        raise Refusal("NoSuchDistribution", "The specified distribution does not exist.")
    return _distributions[call.get(name)]


def _tell(held: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in held.items() if key != "ETag"}


def _make(account: str, config: dict[str, Any], tags: list[dict[str, str]]) -> dict[str, Any]:
    made = "E" + "".join(random.choices(string.ascii_uppercase + string.digits, k=13))
    arn = f"arn:aws:cloudfront::{account}:distribution/{made}"
    _distributions[made] = {
        "Id": made,
        "ARN": arn,
        "Status": "Deployed",
        "LastModifiedTime": datetime.now(timezone.utc),
        "InProgressInvalidationBatches": 0,
        "DomainName": f"d{uuid.uuid4().hex[:13]}.cloudfront.net",
        "DistributionConfig": config,
        "ETag": _mark(),
    }
    _tags[arn] = {tag["Key"]: tag.get("Value", "") for tag in tags}
    held = _distributions[made]
    return {"Distribution": _tell(held), "ETag": held["ETag"], "Location": f"https://cloudfront.amazonaws.com/2020-05-31/distribution/{made}"}


@operation(_SERVICE, "CreateDistribution")
def create_distribution(call: Call) -> dict[str, Any]:
    """Makes a distribution."""
    return _make(call.account, call.get("DistributionConfig"), [])


@operation(_SERVICE, "CreateDistributionWithTags")
def create_distribution_with_tags(call: Call) -> dict[str, Any]:
    """Makes a distribution with tags."""
    asked = call.get("DistributionConfigWithTags")
    return _make(call.account, asked["DistributionConfig"], asked.get("Tags", {}).get("Items", []))


@operation(_SERVICE, "GetDistribution")
def get_distribution(call: Call) -> dict[str, Any]:
    """Describes a distribution."""
    held = _find(call)
    return {"Distribution": _tell(held), "ETag": held["ETag"]}


@operation(_SERVICE, "GetDistributionConfig")
def get_distribution_config(call: Call) -> dict[str, Any]:
    """Returns a distribution's configuration."""
    held = _find(call)
    return {"DistributionConfig": held["DistributionConfig"], "ETag": held["ETag"]}


def _expect(held: dict[str, Any], call: Call) -> None:
    if call.get("IfMatch") != held["ETag"]:
        raise Refusal("PreconditionFailed", "The request failed because it didn't meet the preconditions in one or more request-header fields.")


@operation(_SERVICE, "UpdateDistribution")
def update_distribution(call: Call) -> dict[str, Any]:
    """Changes a distribution's configuration."""
    held = _find(call)
    _expect(held, call)
    held |= {"DistributionConfig": call.get("DistributionConfig"), "LastModifiedTime": datetime.now(timezone.utc), "ETag": _mark()}
    return {"Distribution": _tell(held), "ETag": held["ETag"]}


@operation(_SERVICE, "DeleteDistribution")
def delete_distribution(call: Call) -> dict[str, Any]:
    """Removes a distribution, which must be disabled."""
    held = _find(call)
    _expect(held, call)
    if held["DistributionConfig"].get("Enabled"):
        raise Refusal("DistributionNotDisabled", "The distribution you are trying to delete has not been disabled.")
    del _distributions[held["Id"]]
    _tags.pop(held["ARN"], None)
    return {}


@operation(_SERVICE, "ListDistributions")
def list_distributions(_call: Call) -> dict[str, Any]:
    """Lists the distributions."""
    items = [{**held["DistributionConfig"], **{key: value for key, value in _tell(held).items() if key != "DistributionConfig"}} for held in _distributions.values()]
    return {"DistributionList": {"Marker": "", "MaxItems": 100, "IsTruncated": False, "Quantity": len(items), "Items": items}}


@operation(_SERVICE, "TagResource")
def tag_resource(call: Call) -> dict[str, Any]:
    """Sets tags."""
    _tags.setdefault(call.get("Resource"), {}).update({tag["Key"]: tag.get("Value", "") for tag in call.get("Tags", {}).get("Items", [])})
    return {}


@operation(_SERVICE, "UntagResource")
def untag_resource(call: Call) -> dict[str, Any]:
    """Takes tags away."""
    for key in call.get("TagKeys", {}).get("Items", []):
        _tags.get(call.get("Resource"), {}).pop(key, None)
    return {}


@operation(_SERVICE, "ListTagsForResource")
def list_tags(call: Call) -> dict[str, Any]:
    """Tells the tags."""
    return {"Tags": {"Items": [{"Key": key, "Value": value} for key, value in _tags.get(call.get("Resource"), {}).items()]}}


@operation(_SERVICE, "CreateInvalidation")
def create_invalidation(call: Call) -> dict[str, Any]:
    """Records that cached paths are to be fetched again. Nothing is cached here."""
    held = _find(call, "DistributionId")
    made = "I" + uuid.uuid4().hex[:13].upper()
    told = {"Id": made, "Status": "Completed", "CreateTime": datetime.now(timezone.utc), "InvalidationBatch": call.get("InvalidationBatch")}
    _invalidations[made] = {"DistributionId": held["Id"], **told}
    return {"Invalidation": told, "Location": made}


@operation(_SERVICE, "GetInvalidation")
def get_invalidation(call: Call) -> dict[str, Any]:
    """Describes an invalidation."""
    _find(call, "DistributionId")
    if call.get("Id") not in _invalidations:
        raise Refusal("NoSuchInvalidation", "The specified invalidation does not exist.")
    return {"Invalidation": {key: value for key, value in _invalidations[call.get("Id")].items() if key != "DistributionId"}}


@operation(_SERVICE, "ListInvalidations")
def list_invalidations(call: Call) -> dict[str, Any]:
    """Lists a distribution's invalidations."""
    _find(call, "DistributionId")
    items = [{key: one[key] for key in ("Id", "CreateTime", "Status")} for one in _invalidations.values() if one["DistributionId"] == call.get("DistributionId")]
    return {"InvalidationList": {"Marker": "", "MaxItems": 100, "IsTruncated": False, "Quantity": len(items), "Items": items}}
