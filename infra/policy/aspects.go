// Package policy holds what must be true of every stack: its tags, what survives its deletion, and the rules that its
// template may not break.
package policy

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/environment"
)

// SharedEnvironment is the value of the env tag of what all environments of an account share.
const SharedEnvironment = "shared"

// Tag marks every resource of the stack with the product, its environment, phase, owner and cost center. The budget
// finds an environment's costs by the last one.
func Tag(stack awscdk.Stack, settings environment.Settings, env, phase string) {
	costCenter := settings.CostCenter()
	if env == SharedEnvironment {
		costCenter = "miyabi-" + SharedEnvironment
	}
	// CloudFormation's dashboards take tags, but the schemas that cfn-lint carries do not know them yet.
	props := &awscdk.TagProps{ExcludeResourceTypes: jsii.Strings("AWS::CloudWatch::Dashboard")}
	tags := awscdk.Tags_Of(stack)
	tags.Add(jsii.String("project"), jsii.String("miyabi"), props)
	tags.Add(jsii.String("env"), jsii.String(env), props)
	tags.Add(jsii.String("phase"), jsii.String(phase), props)
	tags.Add(jsii.String("owner"), jsii.String(settings.Owner), props)
	tags.Add(jsii.String("cost-center"), jsii.String(costCenter), props)
}

// ApplyRemoval decides what outlives a deleted stack: log groups and the site's bucket where the environment keeps its
// data, otherwise nothing. A resource that was made by a deployment that then failed is removed in any case, so that the
// next attempt finds its name free. The database decides for itself.
func ApplyRemoval(stack awscdk.Stack, settings environment.Settings) {
	props := &awscdk.RemovalPolicyProps{
		ApplyToResourceTypes: jsii.Strings("AWS::Logs::LogGroup", "AWS::S3::Bucket"),
	}
	if settings.KeepData {
		awscdk.RemovalPolicies_Of(stack).RetainOnUpdateOrDelete(props)
		return
	}
	awscdk.RemovalPolicies_Of(stack).Destroy(props)
}
