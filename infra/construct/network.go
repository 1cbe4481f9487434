package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/environment"
)

// PostgresPort is the port of the database and of its proxy.
const PostgresPort = 5432

// ImportFunctionNetwork is the foundation's network as functions see it: with its function subnets only.
func ImportFunctionNetwork(stack awscdk.Stack, settings environment.Settings) awsec2.IVpc {
	return importVPC(stack, settings, func(vpc *awsec2.VpcAttributes, published func(string) *string) {
		vpc.PrivateSubnetIds = &[]*string{published(FunctionSubnet1), published(FunctionSubnet2)}
	})
}

// ImportDatabaseNetwork is the foundation's network as the database sees it: with its isolated subnets only.
func ImportDatabaseNetwork(stack awscdk.Stack, settings environment.Settings) awsec2.IVpc {
	return importVPC(stack, settings, func(vpc *awsec2.VpcAttributes, published func(string) *string) {
		vpc.IsolatedSubnetIds = &[]*string{published(DatabaseSubnet1), published(DatabaseSubnet2)}
	})
}

func importVPC(stack awscdk.Stack, settings environment.Settings, addSubnets func(*awsec2.VpcAttributes, func(string) *string)) awsec2.IVpc {
	published := func(name string) *string { return Published(stack, settings, FoundationPhase, name) }
	zones := awscdk.Fn_GetAzs(nil)
	attributes := &awsec2.VpcAttributes{
		VpcId: published(VPCID),
		AvailabilityZones: &[]*string{
			awscdk.Fn_Select(jsii.Number(0), zones),
			awscdk.Fn_Select(jsii.Number(1), zones),
		},
	}
	addSubnets(attributes, published)
	vpc := awsec2.Vpc_FromVpcAttributes(stack, jsii.String("Vpc"), attributes)
	awscdk.Annotations_Of(vpc).AcknowledgeWarning(jsii.String("@aws-cdk/aws-ec2:noSubnetRouteTableId"), jsii.String("route tables belong to the foundation"))
	return vpc
}

// NewClosedSecurityGroup is a security group that lets nothing in and nothing out until a rule says so. EC2 would add a
// rule that lets everything out to a group whose template names none, so CDK writes one that matches nothing.
func NewClosedSecurityGroup(scope constructs.Construct, id, description string, vpc awsec2.IVpc) awsec2.SecurityGroup {
	return awsec2.NewSecurityGroup(scope, jsii.String(id), &awsec2.SecurityGroupProps{
		Vpc:                  vpc,
		Description:          jsii.String(description),
		AllowAllOutbound:     jsii.Bool(false),
		AllowAllIpv6Outbound: jsii.Bool(false),
	})
}

// closeEgress writes the rule that matches nothing into a group all of whose rules are resources of their own.
func closeEgress(group awsec2.SecurityGroup) {
	group.Node().DefaultChild().(awsec2.CfnSecurityGroup).AddPropertyOverride(jsii.String("SecurityGroupEgress"), []map[string]any{{
		"CidrIp":      "255.255.255.255/32",
		"Description": "Disallow all other traffic",
		"IpProtocol":  "icmp",
		"FromPort":    252,
		"ToPort":      86,
	}})
}

// NewFunctionSecurityGroup is a closed group that lets a function reach AWS over IPv6, S3 over its gateway endpoint and,
// where the environment has a way out over IPv4, the rest of the world, all by TLS only.
func NewFunctionSecurityGroup(scope constructs.Construct, id, description string, vpc awsec2.IVpc, settings environment.Settings) awsec2.SecurityGroup {
	group := NewClosedSecurityGroup(scope, id, description, vpc)
	https := awsec2.Port_Tcp(jsii.Number(443))
	group.AddEgressRule(awsec2.Peer_AnyIpv6(), https, jsii.String("AWS service endpoints over IPv6"), nil)
	group.AddEgressRule(awsec2.Peer_PrefixList(jsii.String(settings.S3PrefixList())), https, jsii.String("S3 over the gateway endpoint"), nil)
	if settings.Network.Egress.IPv4() {
		group.AddEgressRule(awsec2.Peer_AnyIpv4(), https, jsii.String("The rest of the world through NAT"), nil)
	}
	return group
}

// AllowPostgres opens the database port from a client's group to a server's group that another stack owns. Both rules
// belong to the client's stack, so that deleting the client needs no change of the server's stack. It returns the
// server's rule, without which a client cannot work.
func AllowPostgres(stack awscdk.Stack, client awsec2.SecurityGroup, serverGroupID *string) awsec2.CfnSecurityGroupIngress {
	port := awsec2.Port_Tcp(jsii.Number(PostgresPort))
	client.AddEgressRule(awsec2.Peer_SecurityGroupId(serverGroupID, nil), port, jsii.String("PostgreSQL"), nil)
	return awsec2.NewCfnSecurityGroupIngress(stack, jsii.String("PostgresFrom"+*client.Node().Id()), &awsec2.CfnSecurityGroupIngressProps{
		GroupId:               serverGroupID,
		SourceSecurityGroupId: client.SecurityGroupId(),
		IpProtocol:            jsii.String("tcp"),
		FromPort:              jsii.Number(PostgresPort),
		ToPort:                jsii.Number(PostgresPort),
		Description:           jsii.String("PostgreSQL from " + *awscdk.Stack_Of(client).StackName()),
	})
}
