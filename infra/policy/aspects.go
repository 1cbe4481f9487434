// Package policy holds what must be true of every stack: its tags, what survives its deletion, and the rules that its
// template may not break, cdk-nag's among them.
package policy

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/environment"
)

// SharedEnvironment is the value of the env tag of what all environments of an account share.
const SharedEnvironment = "shared"

// accountStack is the stack that all environments of an account share.
const accountStack = "Miyabi-Account"

// Tag marks the stack and every resource of it with the product, its environment, phase, owner and cost center. The
// budget finds an environment's costs by the last one.
func Tag(stack awscdk.Stack, settings environment.Settings) {
	// CloudFormation's dashboards take tags, but the schemas that cfn-lint carries do not know them yet.
	props := &awscdk.TagProps{ExcludeResourceTypes: jsii.Strings("AWS::CloudWatch::Dashboard")}
	tags := awscdk.Tags_Of(stack)
	for key, value := range tagsOf(settings, *stack.StackName()) {
		tags.Add(jsii.String(key), jsii.String(value), props)
		stack.Tags().SetTag(jsii.String(key), jsii.String(value), nil, nil)
	}
}

// tagsOf are the tags of a stack's resources. The phase is the stack's name without product and environment.
func tagsOf(settings environment.Settings, stack string) map[string]string {
	env, costCenter := settings.Name, settings.CostCenter()
	if stack == accountStack {
		env, costCenter = SharedEnvironment, "miyabi-"+SharedEnvironment
	}
	return map[string]string{
		"project":     "miyabi",
		"env":         env,
		"phase":       strings.ToLower(shortName(stack)),
		"owner":       settings.Owner,
		"cost-center": costCenter,
	}
}

// shortName is a stack's name without product and environment.
func shortName(stack string) string { return stack[strings.LastIndex(stack, "-")+1:] }

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
