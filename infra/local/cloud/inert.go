package cloud

import (
	"context"
	"os"

	"github.com/miyabi-society/platform/infra/local/assembly"
)

// inertType is a resource type that does nothing on this machine. Ref and the attributes are patterns: ${id} is a
// 17-digit id, ${uuid} a UUID, ${name} the physical name, ${region} and ${account} the place, and any other name the
// value of that property.
type inertType struct {
	// nameProperty is the property that names the resource, "" when CloudFormation always makes the name.
	nameProperty string
	ref          string
	attributes   map[string]any
}

// inert lists the types whose effect a laptop cannot have: networks, permissions, alarms, dashboards and bills, and what CDK's
// own functions do to them. Their
// Ref and Fn::GetAtt values have the forms of
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
var inert = map[string]inertType{
	"AWS::ApiGateway::Account":              {ref: "account-${id}"},
	"AWS::ApiGatewayV2::Deployment":         {ref: "${id}", attributes: map[string]any{"DeploymentId": "${id}"}},
	"AWS::Budgets::Budget":                  {ref: "${id}"},
	"AWS::CDK::Metadata":                    {ref: "${id}"},
	"AWS::CloudFront::OriginAccessControl":  {ref: "E${id}", attributes: map[string]any{"Id": "E${id}"}},
	"AWS::CloudWatch::Alarm":                {nameProperty: "AlarmName", ref: "${name}", attributes: map[string]any{"Arn": "arn:aws:cloudwatch:${region}:${account}:alarm:${name}"}},
	"AWS::CloudWatch::Dashboard":            {nameProperty: "DashboardName", ref: "${name}"},
	"AWS::CodeDeploy::Application":          {nameProperty: "ApplicationName", ref: "${name}"},
	"AWS::CodeDeploy::DeploymentGroup":      {nameProperty: "DeploymentGroupName", ref: "${name}"},
	"AWS::EC2::EIP":                         {ref: "192.0.2.1", attributes: map[string]any{"AllocationId": "eipalloc-${id}", "PublicIp": "192.0.2.1"}},
	"AWS::EC2::EgressOnlyInternetGateway":   {ref: "eigw-${id}", attributes: map[string]any{"Id": "eigw-${id}"}},
	"AWS::EC2::FlowLog":                     {ref: "fl-${id}", attributes: map[string]any{"Id": "fl-${id}"}},
	"AWS::EC2::Instance":                    {ref: "i-${id}", attributes: map[string]any{"InstanceId": "i-${id}", "AvailabilityZone": "${AvailabilityZone}", "PrivateIp": "192.0.2.2", "PublicIp": "192.0.2.1"}},
	"AWS::EC2::InternetGateway":             {ref: "igw-${id}", attributes: map[string]any{"InternetGatewayId": "igw-${id}"}},
	"AWS::EC2::NatGateway":                  {ref: "nat-${id}", attributes: map[string]any{"NatGatewayId": "nat-${id}"}},
	"AWS::EC2::Route":                       {ref: "r-${id}"},
	"AWS::EC2::RouteTable":                  {ref: "rtb-${id}", attributes: map[string]any{"RouteTableId": "rtb-${id}"}},
	"AWS::EC2::SecurityGroup":               {ref: "sg-${id}", attributes: map[string]any{"GroupId": "sg-${id}", "Id": "sg-${id}", "VpcId": "${VpcId}"}},
	"AWS::EC2::SecurityGroupEgress":         {ref: "sgr-${id}", attributes: map[string]any{"Id": "sgr-${id}"}},
	"AWS::EC2::SecurityGroupIngress":        {ref: "sgr-${id}", attributes: map[string]any{"Id": "sgr-${id}"}},
	"AWS::EC2::Subnet":                      {ref: "subnet-${id}", attributes: map[string]any{"SubnetId": "subnet-${id}", "VpcId": "${VpcId}", "AvailabilityZone": "${AvailabilityZone}", "CidrBlock": "${CidrBlock}", "Ipv6CidrBlocks": []any{"${Ipv6CidrBlock}"}}},
	"AWS::EC2::SubnetRouteTableAssociation": {ref: "rtbassoc-${id}", attributes: map[string]any{"Id": "rtbassoc-${id}"}},
	"AWS::EC2::VPC":                         {ref: "vpc-${id}", attributes: map[string]any{"VpcId": "vpc-${id}", "CidrBlock": "${CidrBlock}", "DefaultSecurityGroup": "sg-${id}", "DefaultNetworkAcl": "acl-${id}", "Ipv6CidrBlocks": []any{"2600:1f18:0:100::/56"}}},
	"AWS::EC2::VPCCidrBlock":                {ref: "vpc-cidr-assoc-${id}", attributes: map[string]any{"Id": "vpc-cidr-assoc-${id}"}},
	"AWS::EC2::VPCEndpoint":                 {ref: "vpce-${id}", attributes: map[string]any{"Id": "vpce-${id}"}},
	"AWS::EC2::VPCGatewayAttachment":        {ref: "IGW|${VpcId}", attributes: map[string]any{"AttachmentType": "IGW"}},
	"AWS::IAM::InstanceProfile":             {nameProperty: "InstanceProfileName", ref: "${name}", attributes: map[string]any{"Arn": "arn:aws:iam::${account}:instance-profile/${name}"}},
	"AWS::IAM::OIDCProvider":                {ref: "arn:aws:iam::${account}:oidc-provider/${id}", attributes: map[string]any{"Arn": "arn:aws:iam::${account}:oidc-provider/${id}"}},
	"AWS::IAM::Policy":                      {ref: "${id}", attributes: map[string]any{"Id": "${id}"}},
	"AWS::IAM::Role":                        {nameProperty: "RoleName", ref: "${name}", attributes: map[string]any{"Arn": "arn:aws:iam::${account}:role/${name}", "RoleId": "AROA${id}"}},
	"AWS::Lambda::LayerVersion":             {nameProperty: "LayerName", ref: "arn:aws:lambda:${region}:${account}:layer:${name}:1", attributes: map[string]any{"LayerVersionArn": "arn:aws:lambda:${region}:${account}:layer:${name}:1"}},
	"AWS::Logs::LogGroup":                   {nameProperty: "LogGroupName", ref: "${name}", attributes: map[string]any{"Arn": "arn:aws:logs:${region}:${account}:log-group:${name}:*"}},
	"AWS::RDS::DBParameterGroup":            {nameProperty: "DBParameterGroupName", ref: "${name}", attributes: map[string]any{"DBParameterGroupName": "${name}"}},
	"AWS::RDS::DBProxyTargetGroup":          {ref: "arn:aws:rds:${region}:${account}:target-group:prx-tg-${id}", attributes: map[string]any{"TargetGroupArn": "arn:aws:rds:${region}:${account}:target-group:prx-tg-${id}"}},
	"AWS::RDS::DBSubnetGroup":               {nameProperty: "DBSubnetGroupName", ref: "${name}"},
	"AWS::Scheduler::ScheduleGroup":         {nameProperty: "Name", ref: "${name}", attributes: map[string]any{"Arn": "arn:aws:scheduler:${region}:${account}:schedule-group/${name}"}},
	"AWS::SNS::Subscription":                {ref: "${TopicArn}:${uuid}", attributes: map[string]any{"Arn": "${TopicArn}:${uuid}"}},
	"AWS::SNS::Topic":                       {nameProperty: "TopicName", ref: "arn:aws:sns:${region}:${account}:${name}", attributes: map[string]any{"TopicArn": "arn:aws:sns:${region}:${account}:${name}", "TopicName": "${name}"}},
	"Custom::LogRetention":                  {nameProperty: "LogGroupName", ref: "${name}", attributes: map[string]any{"LogGroupName": "${name}"}},
	"Custom::S3AutoDeleteObjects":           {ref: "${id}"},
	"Custom::VpcRestrictDefaultSG":          {ref: "${id}"},
	"AWS::SNS::TopicPolicy":                 {ref: "${id}", attributes: map[string]any{"Id": "${id}"}},
}

// create fills in the patterns.
func (t inertType) create(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	var fill func(pattern any) any
	fill = func(pattern any) any {
		if text, ok := pattern.(string); ok {
			return os.Expand(text, func(name string) string { return t.value(c, r, name) })
		}
		return assembly.Each(pattern, fill)
	}
	attributes, _ := fill(t.attributes).(map[string]any)
	return assembly.Values{Ref: fill(t.ref), Attributes: attributes}, nil
}

func (t inertType) value(c *Cloud, r request, name string) string {
	switch name {
	case "id":
		return r.hash()[:17]
	case "uuid":
		return r.uuid()
	case "name":
		return r.name(t.nameProperty, 64)
	case "region":
		return c.here.Region
	case "account":
		return c.here.Account
	}
	return r.properties.text(name)
}

func (r request) uuid() string { return assembly.UUID(r.Stack + "/" + r.LogicalID) }
