package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/environment"
)

// NewVPC makes a dual-stack network over two zones. Functions reach AWS over IPv6 through the free egress-only internet
// gateway, and S3 through its free gateway endpoint; databases reach nothing. A setting adds a way out over IPv4.
func NewVPC(scope constructs.Construct, id string, settings environment.Settings) awsec2.Vpc {
	props := &awsec2.VpcProps{
		IpProtocol:                   awsec2.IpProtocol_DUAL_STACK,
		IpAddresses:                  awsec2.IpAddresses_Cidr(jsii.String(settings.Network.CIDR)),
		MaxAzs:                       jsii.Number(2),
		NatGateways:                  jsii.Number(0),
		CreateInternetGateway:        jsii.Bool(false),
		RestrictDefaultSecurityGroup: jsii.Bool(false),
		SubnetConfiguration: &[]*awsec2.SubnetConfiguration{
			{Name: jsii.String("Function"), SubnetType: awsec2.SubnetType_PRIVATE_WITH_EGRESS, CidrMask: jsii.Number(24), Ipv6AssignAddressOnCreation: jsii.Bool(true)},
			{Name: jsii.String("Database"), SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED, CidrMask: jsii.Number(24), Ipv6AssignAddressOnCreation: jsii.Bool(false)},
		},
	}
	var instance awsec2.NatInstanceProviderV2
	switch settings.Network.Egress {
	case environment.EgressNATGateway:
		addNAT(props, awsec2.NatProvider_Gateway(nil))
	case environment.EgressNATInstance:
		instance = newNATInstance()
		addNAT(props, instance)
	}
	vpc := awsec2.NewVpc(scope, jsii.String(id), props)
	if instance != nil {
		lockNATInstance(instance, settings)
	}
	if settings.Network.Egress.IPv4() {
		waitForInternetGateway(vpc)
	}
	return vpc
}
