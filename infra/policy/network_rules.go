package policy

import (
	"slices"

	"github.com/miyabi-society/platform/infra/environment"
)

var networkRules = []Rule{{
	Name:  "no-nat",
	Holds: "Functions reach AWS over IPv6, without paid interface endpoints, and without NAT beyond the one that the setting Network.Egress asks for.",
	Why:   "A NAT gateway costs about USD 33 a month, an interface endpoint 7.30 a zone; the budget is USD 52. https://aws.amazon.com/vpc/pricing/",
	find:  in(noNAT),
}, {
	Name:  "closed-groups",
	Holds: "Each security group lets in and out only what a rule names: one peer, or TLS to the outside over IPv6 and, where Network.Egress says so, over IPv4.",
	Why: "A group whose template names no way out gets EC2's own rule, which lets everything out. " +
		"https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html",
	find: in(closedGroups),
}, {
	Name:  "private-subnets",
	Holds: "No subnet gives its machines a public IPv4 address.",
	Why:   "Nothing here answers the Internet itself; a public address is a way in and costs USD 3.65 a month. https://aws.amazon.com/vpc/pricing/",
	find:  in(privateSubnets),
}, {
	Name:  "flow-logs",
	Holds: "Each network has a flow log.",
	Why:   "Without it nobody can tell after an incident who talked to the database. https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html",
	find:  in(flowLogs),
}}

func noNAT(j *judge) {
	// An instance that passes on what is not meant for it is a NAT instance.
	instances := slices.DeleteFunc(j.IDs("AWS::EC2::Instance"), func(id string) bool { return j.property(id, "SourceDestCheck") != false })
	j.beyondTheWayOut(j.IDs("AWS::EC2::NatGateway"), environment.EgressNATGateway, "NAT gateway")
	j.beyondTheWayOut(instances, environment.EgressNATInstance, "NAT instance")
	for _, id := range j.IDs("AWS::EC2::VPCEndpoint") {
		if j.property(id, "VpcEndpointType") != "Gateway" {
			j.report(id, "is an interface endpoint: use the service's dual-stack endpoint over IPv6")
		}
	}
}

// beyondTheWayOut reports each of the resources but the one that the environment's way out of the network consists of.
func (j *judge) beyondTheWayOut(ids []string, way environment.Egress, kind string) {
	if j.settings.Network.Egress == way && len(ids) > 0 {
		ids = ids[1:]
	}
	for _, id := range ids {
		j.report(id, "is a %s: let functions reach AWS over IPv6", kind)
	}
}

func closedGroups(j *judge) {
	for _, id := range j.IDs("AWS::EC2::SecurityGroup") {
		egress := list(j.property(id, "SecurityGroupEgress"))
		if len(egress) == 0 {
			j.report(id, "names no egress rule, so EC2 lets everything out: close it")
		}
		for _, rule := range egress {
			j.openRule(id, rule, true)
		}
		for _, rule := range list(j.property(id, "SecurityGroupIngress")) {
			j.openRule(id, rule, false)
		}
	}
	for kind, out := range map[string]bool{"AWS::EC2::SecurityGroupEgress": true, "AWS::EC2::SecurityGroupIngress": false} {
		for _, id := range j.IDs(kind) {
			j.openRule(id, j.Resources[id].Properties, out)
		}
	}
}

// openRule reports a rule for all of IPv4 or all of IPv6, beyond TLS on a way out that there is.
func (j *judge) openRule(id string, rule any, out bool) {
	tls := out && at(rule, "IpProtocol") == "tcp" && at(rule, "FromPort") == 443.0 && at(rule, "ToPort") == 443.0
	if at(rule, "CidrIp") == "0.0.0.0/0" && (!tls || !j.settings.Network.Egress.IPv4()) {
		j.reportDetail(id, "0.0.0.0/0", "opens all of IPv4: name the peer")
	}
	if at(rule, "CidrIpv6") == "::/0" && !tls {
		j.reportDetail(id, "::/0", "opens all of IPv6: name the peer or keep to tcp/443 on the way out")
	}
}

func privateSubnets(j *judge) {
	for _, id := range j.IDs("AWS::EC2::Subnet") {
		if j.property(id, "MapPublicIpOnLaunch") == true {
			j.report(id, "gives its machines public addresses: set MapPublicIpOnLaunch to false")
		}
	}
}

func flowLogs(j *judge) {
	for _, id := range j.IDs("AWS::EC2::VPC") {
		logged := slices.ContainsFunc(j.IDs("AWS::EC2::FlowLog"), func(log string) bool {
			return target(j.property(log, "ResourceId")) == id && j.property(log, "TrafficType") == "ALL"
		})
		if !logged {
			j.report(id, "has no flow log of all traffic: add one")
		}
	}
}
