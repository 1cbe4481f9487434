"""Roles, policies, instance profiles and identity providers."""

import json
from typing import Any

from botocore.exceptions import ClientError

from ..aws import is_gone
from .registry import Kind, Work, resource


def _document(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@resource("AWS::IAM::Role")
class Role(Kind):
    """A role with its inline and managed policies."""

    def create(self, work: Work) -> dict[str, Any]:
        iam = work.aws("iam")
        name = work.name("RoleName")
        asked = work.pick("Path", "Description", "MaxSessionDuration", "PermissionsBoundary")
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document(work.get("AssumeRolePolicyDocument")), Tags=work.tags, **asked)["Role"]
        work.physical_id = name
        self._policies(work, {})
        return {"Arn": made["Arn"], "RoleId": made["RoleId"]}

    def _policies(self, work: Work, old: dict[str, Any]) -> None:
        iam, name = work.aws("iam"), work.physical_id
        before, after = old.get("ManagedPolicyArns", []), work.get("ManagedPolicyArns", [])
        for arn in (arn for arn in before if arn not in after):
            iam.detach_role_policy(RoleName=name, PolicyArn=arn)
        for arn in (arn for arn in after if arn not in before):
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        inline = {one["PolicyName"]: one["PolicyDocument"] for one in work.get("Policies", [])}
        for one in old.get("Policies", []):
            if one["PolicyName"] not in inline:
                iam.delete_role_policy(RoleName=name, PolicyName=one["PolicyName"])
        for policy, document in inline.items():
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=_document(document))

    def update(self, work: Work) -> None:
        iam, name = work.aws("iam"), work.physical_id
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=_document(work.get("AssumeRolePolicyDocument")))
        if work.changed("Description", "MaxSessionDuration"):
            iam.update_role(RoleName=name, Description=work.get("Description", ""), MaxSessionDuration=work.get("MaxSessionDuration", 3600))
        if work.changed("PermissionsBoundary"):
            if work.get("PermissionsBoundary"):
                iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=work.get("PermissionsBoundary"))
            else:
                iam.delete_role_permissions_boundary(RoleName=name)
        self._policies(work, work.old)
        if work.gone_tags:
            iam.untag_role(RoleName=name, TagKeys=work.gone_tags)
        if work.tags:
            iam.tag_role(RoleName=name, Tags=work.tags)

    def delete(self, work: Work) -> None:
        iam, name = work.aws("iam"), work.physical_id
        for arn in work.get("ManagedPolicyArns", []):
            _ignore_gone(iam.detach_role_policy, RoleName=name, PolicyArn=arn)
        for one in work.get("Policies", []):
            _ignore_gone(iam.delete_role_policy, RoleName=name, PolicyName=one["PolicyName"])
        iam.delete_role(RoleName=name)


def _ignore_gone(call: Any, **asked: Any) -> None:
    try:
        call(**asked)
    except ClientError as error:
        if not is_gone(error):
            raise


@resource("AWS::IAM::Policy")
class Policy(Kind):
    """An inline policy of roles, users and groups."""

    _HOLDERS = (("Roles", "role", "RoleName"), ("Users", "user", "UserName"), ("Groups", "group", "GroupName"))

    def create(self, work: Work) -> dict[str, Any]:
        self._put(work)
        work.physical_id = f"{work.logical_id[:24]}-{work.stack_id[-12:]}"
        return {"Id": work.physical_id}

    def _put(self, work: Work) -> None:
        for holders, noun, key in self._HOLDERS:
            for holder in work.get(holders, []):
                put = getattr(work.aws("iam"), f"put_{noun}_policy")
                put(PolicyName=work.get("PolicyName"), PolicyDocument=_document(work.get("PolicyDocument")), **{key: holder})

    def _drop(self, work: Work, properties: dict[str, Any], keep: dict[str, Any]) -> None:
        for holders, noun, key in self._HOLDERS:
            for holder in properties.get(holders, []):
                if keep.get("PolicyName") != properties["PolicyName"] or holder not in keep.get(holders, []):
                    _ignore_gone(getattr(work.aws("iam"), f"delete_{noun}_policy"), PolicyName=properties["PolicyName"], **{key: holder})

    def update(self, work: Work) -> None:
        self._put(work)
        self._drop(work, work.old, work.properties)

    def delete(self, work: Work) -> None:
        self._drop(work, work.properties, {})


@resource("AWS::IAM::ManagedPolicy")
class ManagedPolicy(Kind):
    """A policy of its own."""

    def create(self, work: Work) -> dict[str, Any]:
        iam = work.aws("iam")
        name = work.name("ManagedPolicyName", 128)
        made = iam.create_policy(PolicyName=name, PolicyDocument=_document(work.get("PolicyDocument")), **work.pick("Path", "Description"))["Policy"]
        work.physical_id = made["Arn"]
        for role in work.get("Roles", []):
            iam.attach_role_policy(RoleName=role, PolicyArn=made["Arn"])
        return {"PolicyArn": made["Arn"], "PolicyId": made["PolicyId"]}

    def update(self, work: Work) -> None:
        iam, arn = work.aws("iam"), work.physical_id
        if work.changed("PolicyDocument"):
            old = [one["VersionId"] for one in iam.list_policy_versions(PolicyArn=arn)["Versions"] if one["IsDefaultVersion"]]
            iam.create_policy_version(PolicyArn=arn, PolicyDocument=_document(work.get("PolicyDocument")), SetAsDefault=True)
            for version in old:
                iam.delete_policy_version(PolicyArn=arn, VersionId=version)
        before, after = work.old.get("Roles", []), work.get("Roles", [])
        for role in (role for role in before if role not in after):
            _ignore_gone(iam.detach_role_policy, RoleName=role, PolicyArn=arn)
        for role in (role for role in after if role not in before):
            iam.attach_role_policy(RoleName=role, PolicyArn=arn)

    def delete(self, work: Work) -> None:
        for role in work.get("Roles", []):
            _ignore_gone(work.aws("iam").detach_role_policy, RoleName=role, PolicyArn=work.physical_id)
        work.aws("iam").delete_policy(PolicyArn=work.physical_id)


@resource("AWS::IAM::InstanceProfile")
class InstanceProfile(Kind):
    """What gives an instance its role."""

    def create(self, work: Work) -> dict[str, Any]:
        iam = work.aws("iam")
        name = work.name("InstanceProfileName", 128)
        made = iam.create_instance_profile(InstanceProfileName=name, **work.pick("Path"))["InstanceProfile"]
        work.physical_id = name
        for role in work.get("Roles", []):
            iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
        return {"Arn": made["Arn"]}

    def update(self, work: Work) -> None:
        iam = work.aws("iam")
        for role in work.old.get("Roles", []):
            iam.remove_role_from_instance_profile(InstanceProfileName=work.physical_id, RoleName=role)
        for role in work.get("Roles", []):
            iam.add_role_to_instance_profile(InstanceProfileName=work.physical_id, RoleName=role)

    def delete(self, work: Work) -> None:
        iam = work.aws("iam")
        for role in work.get("Roles", []):
            _ignore_gone(iam.remove_role_from_instance_profile, InstanceProfileName=work.physical_id, RoleName=role)
        iam.delete_instance_profile(InstanceProfileName=work.physical_id)


@resource("AWS::IAM::OIDCProvider")
class OIDCProvider(Kind):
    """An identity provider such as GitHub Actions. AWS needs no thumbprint for it; moto wants one."""

    _ANY_THUMBPRINT = "0" * 40

    def create(self, work: Work) -> dict[str, Any]:
        prints = work.get("ThumbprintList") or [self._ANY_THUMBPRINT]
        made = work.aws("iam").create_open_id_connect_provider(Url=work.get("Url"), ClientIDList=work.get("ClientIdList", []), ThumbprintList=prints, Tags=work.tags)
        work.physical_id = made["OpenIDConnectProviderArn"]
        return {"Arn": work.physical_id}

    def update(self, work: Work) -> None:
        iam, arn = work.aws("iam"), work.physical_id
        if work.changed("ThumbprintList"):
            iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=work.get("ThumbprintList") or [self._ANY_THUMBPRINT])
        before, after = set(work.old.get("ClientIdList", [])), set(work.get("ClientIdList", []))
        for client in sorted(after - before):
            iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID=client)
        for client in sorted(before - after):
            iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID=client)
        if work.gone_tags:
            iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn, TagKeys=work.gone_tags)
        if work.tags:
            iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=work.tags)

    def delete(self, work: Work) -> None:
        work.aws("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=work.physical_id)
