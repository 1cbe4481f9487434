package policy

import (
	"maps"
	"slices"
	"strings"
)

var tagRules = []Rule{{
	Name:  "tags",
	Holds: "Each resource that can be tagged carries the tags project, env, phase, owner and cost-center with the environment's values.",
	Why: "The budget finds an environment's costs by its cost-center, people find what is whose by the others. " +
		"https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html",
	find: in(tagged),
}}

// untagged are the types that CloudFormation cannot tag, or that CDK does not: bindings and settings of another resource,
// which have no costs of their own. Dashboards are left out because the schemas that cfn-lint carries do not know their
// tags yet, launch templates because they tag what is started from them.
var untagged = []string{
	"AWS::ApiGateway::Account",
	"AWS::ApiGatewayV2::ApiMapping",
	"AWS::ApiGatewayV2::Authorizer",
	"AWS::ApiGatewayV2::Integration",
	"AWS::ApiGatewayV2::Route",
	"AWS::Budgets::Budget",
	"AWS::CloudFront::OriginAccessControl",
	"AWS::CloudFront::ResponseHeadersPolicy",
	"AWS::CloudWatch::Dashboard",
	"AWS::EC2::EIPAssociation",
	"AWS::EC2::LaunchTemplate",
	"AWS::EC2::Route",
	"AWS::EC2::SecurityGroupEgress",
	"AWS::EC2::SecurityGroupIngress",
	"AWS::EC2::SubnetRouteTableAssociation",
	"AWS::EC2::VPCCidrBlock",
	"AWS::EC2::VPCGatewayAttachment",
	"AWS::IAM::InstanceProfile",
	"AWS::IAM::ManagedPolicy",
	"AWS::IAM::Policy",
	"AWS::Lambda::Alias",
	"AWS::Lambda::EventInvokeConfig",
	"AWS::Lambda::LayerVersion",
	"AWS::Lambda::Permission",
	"AWS::Lambda::Version",
	"AWS::Logs::MetricFilter",
	"AWS::Logs::QueryDefinition",
	"AWS::RDS::DBProxyTargetGroup",
	"AWS::S3::BucketPolicy",
	"AWS::SNS::Subscription",
	"AWS::SNS::TopicPolicy",
	"AWS::SQS::QueuePolicy",
	"AWS::Scheduler::Schedule",
	"AWS::SecretsManager::ResourcePolicy",
	"AWS::SecretsManager::RotationSchedule",
}

func tagged(j *judge) {
	want := tagsOf(j.settings, j.Name)
	for _, id := range j.IDs("") {
		resource := j.Resources[id]
		if strings.HasPrefix(resource.Type, "Custom::") || slices.Contains(untagged, resource.Type) {
			continue
		}
		got := tagValues(resource.Properties["Tags"])
		for _, key := range slices.Sorted(maps.Keys(want)) {
			if got[key] != want[key] {
				j.report(id, "has the tag %s = %q, want %q", key, got[key], want[key])
			}
		}
	}
}

// tagValues reads tags in both spellings of CloudFormation: a list of pairs, or a map.
func tagValues(tags any) map[string]string {
	values := map[string]string{}
	if pairs, ok := tags.(map[string]any); ok {
		for key, value := range pairs {
			values[key] = flatten(value)
		}
	}
	for _, pair := range list(tags) {
		if key, ok := at(pair, "Key").(string); ok {
			values[key] = flatten(at(pair, "Value"))
		}
	}
	return values
}
