package policy

import "slices"

var networkRules = []Rule{{
	Name:  "no-nat",
	Holds: "Functions reach AWS over IPv6, without a NAT gateway and without paid interface endpoints.",
	Why:   "A NAT gateway costs about USD 33 a month, an interface endpoint 7.30 a zone; the budget is USD 52. https://aws.amazon.com/vpc/pricing/",
	find:  in(noNAT),
}, {
	Name:  "closed-groups",
	Holds: "Each security group lets in and out only what a rule names: one peer, or TLS to the outside over IPv6.",
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
	for _, id := range j.IDs("AWS::EC2::NatGateway") {
		j.report(id, "is a NAT gateway: let functions reach AWS over IPv6")
	}
	for _, id := range j.IDs("AWS::EC2::VPCEndpoint") {
		if j.property(id, "VpcEndpointType") != "Gateway" {
			j.report(id, "is an interface endpoint: use the service's dual-stack endpoint over IPv6")
		}
	}
}

func closedGroups(j *judge) {
	for _, id := range j.IDs("AWS::EC2::SecurityGroup") {
		egress := list(j.property(id, "SecurityGroupEgress"))
		if len(egress) == 0 {
			j.report(id, "names no egress rule, so EC2 lets everything out: close it")
		}
		for _, rule := range slices.Concat(egress, list(j.property(id, "SecurityGroupIngress"))) {
			j.openRule(id, rule)
		}
	}
	for _, kind := range []string{"AWS::EC2::SecurityGroupEgress", "AWS::EC2::SecurityGroupIngress"} {
		for _, id := range j.IDs(kind) {
			j.openRule(id, j.Resources[id].Properties)
		}
	}
}

// openRule reports a rule for all of IPv4, or for all of IPv6 beyond TLS to the outside.
func (j *judge) openRule(id string, rule any) {
	if at(rule, "CidrIp") == "0.0.0.0/0" {
		j.reportDetail(id, "0.0.0.0/0", "opens all of IPv4: name the peer")
	}
	tls := at(rule, "IpProtocol") == "tcp" && at(rule, "FromPort") == 443.0 && at(rule, "ToPort") == 443.0
	if at(rule, "CidrIpv6") == "::/0" && !tls {
		j.reportDetail(id, "::/0", "opens all of IPv6: name the peer or keep to tcp/443")
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
