"""The ways out of a VPC: gateways, addresses and NAT."""

import base64
from typing import Any

from .ec2_network import tag
from .registry import Kind, Work, resource


@resource("AWS::EC2::EgressOnlyInternetGateway")
class EgressOnlyInternetGateway(Kind):
    """The free way out for IPv6."""

    def create(self, work: Work) -> dict[str, Any]:
        made = work.aws("ec2").create_egress_only_internet_gateway(VpcId=work.get("VpcId"))["EgressOnlyInternetGateway"]
        work.physical_id = made["EgressOnlyInternetGatewayId"]
        tag(work, work.physical_id)
        return {"Id": work.physical_id}

    def update(self, work: Work) -> None:
        tag(work, work.physical_id)

    def delete(self, work: Work) -> None:
        work.aws("ec2").delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=work.physical_id)


@resource("AWS::EC2::InternetGateway")
class InternetGateway(Kind):
    """The way in and out of public subnets."""

    def create(self, work: Work) -> dict[str, Any]:
        work.physical_id = work.aws("ec2").create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        tag(work, work.physical_id)
        return {"InternetGatewayId": work.physical_id}

    def update(self, work: Work) -> None:
        tag(work, work.physical_id)

    def delete(self, work: Work) -> None:
        work.aws("ec2").delete_internet_gateway(InternetGatewayId=work.physical_id)


@resource("AWS::EC2::VPCGatewayAttachment")
class VPCGatewayAttachment(Kind):
    """Which VPC an internet gateway serves."""

    def create(self, work: Work) -> dict[str, Any]:
        work.aws("ec2").attach_internet_gateway(**work.pick("InternetGatewayId", "VpcId"))
        work.physical_id = f"IGW|{work.get('VpcId')}"
        return {"AttachmentType": "IGW"}

    def delete(self, work: Work) -> None:
        work.aws("ec2").detach_internet_gateway(**work.pick("InternetGatewayId", "VpcId"))


@resource("AWS::EC2::EIP")
class EIP(Kind):
    """A public IPv4 address."""

    def create(self, work: Work) -> dict[str, Any]:
        made = work.aws("ec2").allocate_address(Domain=work.get("Domain", "vpc"))
        work.physical_id = made["PublicIp"]
        tag(work, made["AllocationId"])
        if work.get("InstanceId"):
            work.aws("ec2").associate_address(AllocationId=made["AllocationId"], InstanceId=work.get("InstanceId"))
        return {"AllocationId": made["AllocationId"], "PublicIp": made["PublicIp"]}

    def update(self, work: Work) -> None:
        tag(work, work.attributes["AllocationId"])

    def delete(self, work: Work) -> None:
        work.aws("ec2").release_address(AllocationId=work.attributes["AllocationId"])


@resource("AWS::EC2::NatGateway")
class NatGateway(Kind):
    """A managed way out for IPv4."""

    def create(self, work: Work) -> dict[str, Any]:
        made = work.aws("ec2").create_nat_gateway(**work.pick("SubnetId", "AllocationId", "ConnectivityType"))["NatGateway"]
        work.physical_id = made["NatGatewayId"]
        tag(work, work.physical_id)
        return {"NatGatewayId": work.physical_id}

    def update(self, work: Work) -> None:
        tag(work, work.physical_id)

    def delete(self, work: Work) -> None:
        work.aws("ec2").delete_nat_gateway(NatGatewayId=work.physical_id)


@resource("AWS::EC2::Instance")
class Instance(Kind):
    """A machine, such as a NAT instance. None is started."""

    def create(self, work: Work) -> dict[str, Any]:
        asked = work.pick("ImageId", "InstanceType", "SubnetId", "SecurityGroupIds", "KeyName", "UserData", "NetworkInterfaces", "BlockDeviceMappings")
        if "UserData" in asked:
            asked["UserData"] = base64.b64decode(asked["UserData"]).decode()
        for one in asked.get("NetworkInterfaces", []):
            one["Groups"] = one.pop("GroupSet", [])
            one["DeviceIndex"] = int(one.get("DeviceIndex", 0))
        if work.get("IamInstanceProfile"):
            asked["IamInstanceProfile"] = {"Name": work.get("IamInstanceProfile")}
        made = work.aws("ec2").run_instances(MinCount=1, MaxCount=1, **asked)["Instances"][0]
        work.physical_id = made["InstanceId"]
        self._settle(work)
        tag(work, work.physical_id)
        told = {"InstanceId": work.physical_id, "PrivateIp": made.get("PrivateIpAddress", ""), "PublicIp": made.get("PublicIpAddress", "")}
        told |= {"PrivateDnsName": made.get("PrivateDnsName", ""), "PublicDnsName": made.get("PublicDnsName", ""), "VpcId": made.get("VpcId", "")}
        return {**told, "AvailabilityZone": made["Placement"]["AvailabilityZone"]}

    def _settle(self, work: Work) -> None:
        if "SourceDestCheck" in work.properties:
            work.aws("ec2").modify_instance_attribute(InstanceId=work.physical_id, SourceDestCheck={"Value": work.get("SourceDestCheck")})

    def update(self, work: Work) -> None:
        if work.changed("InstanceType"):
            work.aws("ec2").modify_instance_attribute(InstanceId=work.physical_id, InstanceType={"Value": work.get("InstanceType")})
        if work.changed("SecurityGroupIds"):
            work.aws("ec2").modify_instance_attribute(InstanceId=work.physical_id, Groups=work.get("SecurityGroupIds", []))
        self._settle(work)
        tag(work, work.physical_id)

    def delete(self, work: Work) -> None:
        work.aws("ec2").terminate_instances(InstanceIds=[work.physical_id])


@resource("AWS::EC2::LaunchTemplate")
class LaunchTemplate(Kind):
    """What an instance is started with."""

    def create(self, work: Work) -> dict[str, Any]:
        name = work.name("LaunchTemplateName", 128)
        made = work.aws("ec2").create_launch_template(LaunchTemplateName=name, LaunchTemplateData=work.get("LaunchTemplateData"))["LaunchTemplate"]
        work.physical_id = made["LaunchTemplateId"]
        return self._told(work.physical_id, 1)

    def _told(self, made: str, version: int) -> dict[str, Any]:
        return {"LaunchTemplateId": made, "LatestVersionNumber": str(version), "DefaultVersionNumber": "1"}

    def update(self, work: Work) -> dict[str, Any] | None:
        if not work.changed("LaunchTemplateData"):
            return None
        made = work.aws("ec2").create_launch_template_version(LaunchTemplateId=work.physical_id, LaunchTemplateData=work.get("LaunchTemplateData"))
        return self._told(work.physical_id, made["LaunchTemplateVersion"]["VersionNumber"])

    def delete(self, work: Work) -> None:
        work.aws("ec2").delete_launch_template(LaunchTemplateId=work.physical_id)
