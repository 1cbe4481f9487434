package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/environment"
)

// natRootGiB is the size of a NAT instance's disk; the images of Amazon Linux 2023 need 8.
const natRootGiB = 8

// addNAT gives the function subnets one way out over IPv4, in the first zone, and the public subnets that it needs.
// These come last, so that the addresses of the other subnets stay what they are and no database has to move. Nothing
// in them gets a public address by itself.
func addNAT(props *awsec2.VpcProps, provider awsec2.NatProvider) {
	props.NatGateways = jsii.Number(1)
	props.NatGatewayProvider = provider
	props.CreateInternetGateway = jsii.Bool(true)
	*props.SubnetConfiguration = append(*props.SubnetConfiguration, &awsec2.SubnetConfiguration{
		Name: jsii.String("Public"), SubnetType: awsec2.SubnetType_PUBLIC, CidrMask: jsii.Number(24),
		MapPublicIpOnLaunch: jsii.Bool(false), Ipv6AssignAddressOnCreation: jsii.Bool(false),
	})
}

// newNATInstance is the smallest instance that passes IPv4 on, with the newest Amazon Linux 2023 at each deployment. Its
// credits end instead of costing more.
func newNATInstance() awsec2.NatInstanceProviderV2 {
	return awsec2.NatProvider_InstanceV2(&awsec2.NatInstanceProps{
		InstanceType: awsec2.NewInstanceType(jsii.String("t4g.nano")),
		MachineImage: awsec2.MachineImage_LatestAmazonLinux2023(&awsec2.AmazonLinux2023ImageSsmParameterProps{
			CpuType: awsec2.AmazonLinuxCpuType_ARM_64,
		}),
		AssociatePublicIpAddress: jsii.Bool(true),
		CreditSpecification:      awsec2.CpuCredits_STANDARD,
		DefaultAllowedTraffic:    awsec2.NatTrafficDirection_NONE,
	})
}

// lockNATInstance lets TLS from the network through the instance and nothing else: no way in from outside, no shell, no
// metadata for whoever can make it send a request, an encrypted disk.
func lockNATInstance(provider awsec2.NatInstanceProviderV2, settings environment.Settings) {
	https := awsec2.Port_Tcp(jsii.Number(443))
	group := provider.SecurityGroup()
	group.AddIngressRule(awsec2.Peer_Ipv4(jsii.String(settings.Network.CIDR)), https, jsii.String("TLS from the functions"), nil)
	group.AddEgressRule(awsec2.Peer_AnyIpv4(), https, jsii.String("TLS to the outside"), nil)
	for _, instance := range *provider.GatewayInstances() {
		resource := instance.Node().DefaultChild().(awsec2.CfnInstance)
		resource.SetMetadataOptions(&awsec2.CfnInstance_MetadataOptionsProperty{
			HttpTokens: jsii.String("required"), HttpPutResponseHopLimit: jsii.Number(1),
		})
		resource.SetBlockDeviceMappings([]any{&awsec2.CfnInstance_BlockDeviceMappingProperty{
			DeviceName: jsii.String("/dev/xvda"),
			Ebs: &awsec2.CfnInstance_EbsProperty{
				Encrypted: jsii.Bool(true), VolumeType: jsii.String("gp3"), VolumeSize: jsii.Number(natRootGiB),
			},
		}})
	}
}

// waitForInternetGateway makes each route to the internet gateway wait until it is attached. CDK says so for IPv4 only,
// and EC2 refuses a route to a gateway of no network.
func waitForInternetGateway(vpc awsec2.Vpc) {
	attached := vpc.Node().FindChild(jsii.String("VPCGW"))
	for _, subnet := range *vpc.PublicSubnets() {
		subnet.Node().FindChild(jsii.String("DefaultRoute6")).Node().AddDependency(attached)
	}
}
