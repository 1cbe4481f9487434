"""VPC, subnets, route tables, endpoints and flow logs."""

import json
from typing import Any

from botocore.exceptions import ClientError

from ..aws import is_gone
from .registry import Kind, Work, resource


def tag(work: Work, *ids: str) -> None:
    """Brings the tags of EC2 resources to what the property Tags says."""
    ec2 = work.aws("ec2")
    if work.gone_tags:
        ec2.delete_tags(Resources=list(ids), Tags=[{"Key": key} for key in work.gone_tags])
    if work.tags:
        ec2.create_tags(Resources=list(ids), Tags=work.tags)


@resource("AWS::EC2::VPC")
class VPC(Kind):
    """A network. Its IPv6 blocks come with a VPCCidrBlock, so they are read when they are asked for."""

    def create(self, work: Work) -> dict[str, Any]:
        ec2 = work.aws("ec2")
        made = ec2.create_vpc(**work.pick("CidrBlock", "InstanceTenancy"))["Vpc"]
        work.physical_id = made["VpcId"]
        self._settle(work)
        tag(work, work.physical_id)
        of_it = [{"Name": "vpc-id", "Values": [work.physical_id]}]
        group = ec2.describe_security_groups(Filters=[*of_it, {"Name": "group-name", "Values": ["default"]}])["SecurityGroups"][0]
        acl = ec2.describe_network_acls(Filters=of_it)["NetworkAcls"][0]
        return {"VpcId": work.physical_id, "CidrBlock": made["CidrBlock"], "DefaultSecurityGroup": group["GroupId"], "DefaultNetworkAcl": acl["NetworkAclId"]}

    def _settle(self, work: Work) -> None:
        for name in ("EnableDnsHostnames", "EnableDnsSupport"):
            if name in work.properties:
                work.aws("ec2").modify_vpc_attribute(VpcId=work.physical_id, **{name: {"Value": work.get(name)}})

    def update(self, work: Work) -> None:
        self._settle(work)
        tag(work, work.physical_id)

    def delete(self, work: Work) -> None:
        work.aws("ec2").delete_vpc(VpcId=work.physical_id)

    def attribute(self, work: Work, name: str) -> Any:
        if name not in ("Ipv6CidrBlocks", "CidrBlockAssociations"):
            return None
        vpc = work.aws("ec2").describe_vpcs(VpcIds=[work.physical_id])["Vpcs"][0]
        if name == "Ipv6CidrBlocks":
            return [one["Ipv6CidrBlock"] for one in vpc.get("Ipv6CidrBlockAssociationSet", [])]
        return [one["AssociationId"] for one in vpc.get("CidrBlockAssociationSet", [])]


@resource("AWS::EC2::VPCCidrBlock")
class VPCCidrBlock(Kind):
    """A further block of addresses of a VPC."""

    def create(self, work: Work) -> dict[str, Any]:
        asked = work.pick("VpcId", "CidrBlock")
        if work.get("AmazonProvidedIpv6CidrBlock"):
            asked["AmazonProvidedIpv6CidrBlock"] = True
        made = work.aws("ec2").associate_vpc_cidr_block(**asked)
        one = made.get("Ipv6CidrBlockAssociation") or made["CidrBlockAssociation"]
        work.physical_id = one["AssociationId"]
        return {"Id": work.physical_id}

    def delete(self, work: Work) -> None:
        work.aws("ec2").disassociate_vpc_cidr_block(AssociationId=work.physical_id)


@resource("AWS::EC2::Subnet")
class Subnet(Kind):
    """A subnet."""

    def create(self, work: Work) -> dict[str, Any]:
        made = work.aws("ec2").create_subnet(**work.pick("VpcId", "CidrBlock", "Ipv6CidrBlock", "AvailabilityZone", "Ipv6Native"))["Subnet"]
        work.physical_id = made["SubnetId"]
        self._settle(work)
        tag(work, work.physical_id)
        attributes = {"SubnetId": work.physical_id, "AvailabilityZone": made["AvailabilityZone"], "VpcId": made["VpcId"], "CidrBlock": made["CidrBlock"]}
        acls = work.aws("ec2").describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [work.physical_id]}])["NetworkAcls"]
        if acls:
            attributes["NetworkAclAssociationId"] = acls[0]["Associations"][0]["NetworkAclAssociationId"]
        attributes["Ipv6CidrBlocks"] = [one["Ipv6CidrBlock"] for one in made.get("Ipv6CidrBlockAssociationSet", [])]
        return attributes

    def _settle(self, work: Work) -> None:
        for name in ("MapPublicIpOnLaunch", "AssignIpv6AddressOnCreation"):
            if name in work.properties:
                work.aws("ec2").modify_subnet_attribute(SubnetId=work.physical_id, **{name: {"Value": work.get(name)}})

    def update(self, work: Work) -> None:
        self._settle(work)
        tag(work, work.physical_id)

    def delete(self, work: Work) -> None:
        work.aws("ec2").delete_subnet(SubnetId=work.physical_id)


@resource("AWS::EC2::RouteTable")
class RouteTable(Kind):
    """A route table."""

    def create(self, work: Work) -> dict[str, Any]:
        work.physical_id = work.aws("ec2").create_route_table(VpcId=work.get("VpcId"))["RouteTable"]["RouteTableId"]
        tag(work, work.physical_id)
        return {"RouteTableId": work.physical_id}

    def update(self, work: Work) -> None:
        tag(work, work.physical_id)

    def delete(self, work: Work) -> None:
        work.aws("ec2").delete_route_table(RouteTableId=work.physical_id)


@resource("AWS::EC2::SubnetRouteTableAssociation")
class SubnetRouteTableAssociation(Kind):
    """Which route table a subnet uses."""

    def create(self, work: Work) -> dict[str, Any]:
        work.physical_id = work.aws("ec2").associate_route_table(**work.pick("RouteTableId", "SubnetId"))["AssociationId"]
        return {"Id": work.physical_id}

    def delete(self, work: Work) -> None:
        work.aws("ec2").disassociate_route_table(AssociationId=work.physical_id)


@resource("AWS::EC2::Route")
class Route(Kind):
    """One route of a table."""

    _DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
    _TARGETS = ("GatewayId", "NatGatewayId", "InstanceId", "NetworkInterfaceId", "VpcEndpointId", "TransitGatewayId", "VpcPeeringConnectionId")

    def _asked(self, work: Work) -> dict[str, Any]:
        asked = work.pick("RouteTableId", *self._DESTINATIONS, *self._TARGETS)
        if work.get("EgressOnlyInternetGatewayId"):
            asked["EgressOnlyInternetGatewayId"] = work.get("EgressOnlyInternetGatewayId")
        return asked

    def create(self, work: Work) -> dict[str, Any]:
        work.aws("ec2").create_route(**self._asked(work))
        to = next(work.get(name) for name in self._DESTINATIONS if work.get(name))
        work.physical_id = f"{work.get('RouteTableId')}|{to}"
        return {"CidrBlock": to}

    def update(self, work: Work) -> None:
        work.aws("ec2").replace_route(**self._asked(work))

    def delete(self, work: Work) -> None:
        work.aws("ec2").delete_route(**work.pick("RouteTableId", *self._DESTINATIONS))


@resource("AWS::EC2::VPCEndpoint")
class VPCEndpoint(Kind):
    """A private way to a service of AWS."""

    _SETTLED = ("PolicyDocument", "PrivateDnsEnabled", "RouteTableIds", "SubnetIds", "SecurityGroupIds")

    def create(self, work: Work) -> dict[str, Any]:
        asked = work.pick("VpcId", "ServiceName", "VpcEndpointType", *self._SETTLED)
        if isinstance(asked.get("PolicyDocument"), dict):
            asked["PolicyDocument"] = json.dumps(asked["PolicyDocument"])
        made = work.aws("ec2").create_vpc_endpoint(**asked)["VpcEndpoint"]
        work.physical_id = made["VpcEndpointId"]
        tag(work, work.physical_id)
        entries = [f"{one.get('HostedZoneId', '')}:{one['DnsName']}" for one in made.get("DnsEntries", [])]
        return {"Id": work.physical_id, "DnsEntries": entries, "CreationTimestamp": str(made.get("CreationTimestamp", "")), "NetworkInterfaceIds": made.get("NetworkInterfaceIds", [])}

    def update(self, work: Work) -> None:
        asked: dict[str, Any] = {}
        for name, key in (("RouteTableIds", "RouteTableIds"), ("SubnetIds", "SubnetIds"), ("SecurityGroupIds", "SecurityGroupIds")):
            new, old = set(work.get(name, [])), set(work.old.get(name, []))
            if new - old:
                asked[f"Add{key}"] = sorted(new - old)
            if old - new:
                asked[f"Remove{key}"] = sorted(old - new)
        if asked:
            work.aws("ec2").modify_vpc_endpoint(VpcEndpointId=work.physical_id, **asked)
        tag(work, work.physical_id)

    def delete(self, work: Work) -> None:
        work.aws("ec2").delete_vpc_endpoints(VpcEndpointIds=[work.physical_id])


@resource("AWS::EC2::FlowLog")
class FlowLog(Kind):
    """A log of a network's traffic."""

    def create(self, work: Work) -> dict[str, Any]:
        asked = work.pick("DeliverLogsPermissionArn", "LogDestination", "LogDestinationType", "LogFormat", "LogGroupName", "MaxAggregationInterval", "ResourceType", "TrafficType")
        made = work.aws("ec2").create_flow_logs(ResourceIds=[work.get("ResourceId")], **asked)
        if made.get("Unsuccessful"):
            told = made["Unsuccessful"][0]["Error"]
            raise ClientError({"Error": told}, "CreateFlowLogs")
        work.physical_id = made["FlowLogIds"][0]
        tag(work, work.physical_id)
        return {"Id": work.physical_id}

    def update(self, work: Work) -> None:
        tag(work, work.physical_id)

    def delete(self, work: Work) -> None:
        try:
            work.aws("ec2").delete_flow_logs(FlowLogIds=[work.physical_id])
        except ClientError as error:
            if not is_gone(error):
                raise
