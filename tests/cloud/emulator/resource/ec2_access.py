"""Security groups and their rules."""

from typing import Any

from .ec2_network import tag
from .registry import Kind, Work, resource


def permission(rule: dict[str, Any], other_group: str, other_list: str) -> dict[str, Any]:
    """Returns a rule of a template as EC2's API writes it."""
    told: dict[str, Any] = {"IpProtocol": str(rule["IpProtocol"])}
    for name in ("FromPort", "ToPort"):
        if name in rule:
            told[name] = int(rule[name])
    described = {"Description": rule["Description"]} if "Description" in rule else {}
    if "CidrIp" in rule:
        told["IpRanges"] = [{"CidrIp": rule["CidrIp"], **described}]
    if "CidrIpv6" in rule:
        told["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"], **described}]
    if other_group in rule:
        told["UserIdGroupPairs"] = [{"GroupId": rule[other_group], **described}]
    if other_list in rule:
        told["PrefixListIds"] = [{"PrefixListId": rule[other_list], **described}]
    return told


def _in(rule: dict[str, Any]) -> dict[str, Any]:
    return permission(rule, "SourceSecurityGroupId", "SourcePrefixListId")


def _out(rule: dict[str, Any]) -> dict[str, Any]:
    return permission(rule, "DestinationSecurityGroupId", "DestinationPrefixListId")


@resource("AWS::EC2::SecurityGroup")
class SecurityGroup(Kind):
    """A security group with the rules written in it. Rules that are resources of their own come on top."""

    def create(self, work: Work) -> dict[str, Any]:
        ec2 = work.aws("ec2")
        name = work.name("GroupName", 255)
        work.physical_id = ec2.create_security_group(GroupName=name, Description=work.get("GroupDescription"), **work.pick("VpcId"))["GroupId"]
        if work.get("SecurityGroupEgress"):
            # A new group lets everything out: over IPv4, and over IPv6 where the network has it.
            everything = ec2.describe_security_groups(GroupIds=[work.physical_id])["SecurityGroups"][0]["IpPermissionsEgress"]
            ec2.revoke_security_group_egress(GroupId=work.physical_id, IpPermissions=everything)
        self._change(work, {}, work.properties)
        tag(work, work.physical_id)
        return {"GroupId": work.physical_id, "Id": work.physical_id, "VpcId": work.get("VpcId", "")}

    def _change(self, work: Work, old: dict[str, Any], new: dict[str, Any]) -> None:
        ec2 = work.aws("ec2")
        for name, shape, grant, revoke in (
            ("SecurityGroupIngress", _in, ec2.authorize_security_group_ingress, ec2.revoke_security_group_ingress),
            ("SecurityGroupEgress", _out, ec2.authorize_security_group_egress, ec2.revoke_security_group_egress),
        ):
            before, after = old.get(name, []), new.get(name, [])
            for rule in (rule for rule in before if rule not in after):
                revoke(GroupId=work.physical_id, IpPermissions=[shape(rule)])
            for rule in (rule for rule in after if rule not in before):
                grant(GroupId=work.physical_id, IpPermissions=[shape(rule)])

    def update(self, work: Work) -> None:
        self._change(work, work.old, work.properties)
        tag(work, work.physical_id)

    def delete(self, work: Work) -> None:
        work.aws("ec2").delete_security_group(GroupId=work.physical_id)


class _Rule(Kind):
    """A rule of its own. moto has no way to change one, so a change takes it away and grants the new one."""

    egress = False

    def _call(self, work: Work, verb: str, rule: dict[str, Any]) -> dict[str, Any]:
        side = "egress" if self.egress else "ingress"
        shape = _out if self.egress else _in
        call = getattr(work.aws("ec2"), f"{verb}_security_group_{side}")
        return dict(call(GroupId=rule["GroupId"], IpPermissions=[shape(rule)]))

    def create(self, work: Work) -> dict[str, Any]:
        made = self._call(work, "authorize", work.properties)["SecurityGroupRules"][0]
        work.physical_id = made["SecurityGroupRuleId"]
        return {"Id": work.physical_id}

    def update(self, work: Work) -> dict[str, Any]:
        self._call(work, "revoke", work.old)
        return self.create(work)

    def delete(self, work: Work) -> None:
        self._call(work, "revoke", work.properties)


@resource("AWS::EC2::SecurityGroupIngress")
class SecurityGroupIngress(_Rule):
    """What a security group lets in."""


@resource("AWS::EC2::SecurityGroupEgress")
class SecurityGroupEgress(_Rule):
    """What a security group lets out."""

    egress = True
