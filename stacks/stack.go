// Package stacks holds the phases of the platform, one file a phase. A stack knows constructs and environments and
// no other stack: what a later phase needs of an earlier one it reads from Parameter Store.
package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/environment"
)

// The stacks' names, without product and environment.
const (
	AccountName    = "Account"
	FoundationName = "Foundation"
	DatabaseName   = "Database"
	SchemaName     = "Schema"
	APIName        = "Api"
	DashboardName  = "Dashboard"
	OperationsName = "Operations"
)

// newStack makes a stack of an environment that fits into any account.
func newStack(scope constructs.Construct, settings environment.Settings, name, description string) awscdk.Stack {
	return awscdk.NewStack(scope, jsii.String(settings.StackName(name)), &awscdk.StackProps{
		Description:           jsii.String(description),
		Env:                   &awscdk.Environment{Region: jsii.String(settings.Region)},
		TerminationProtection: jsii.Bool(settings.KeepData),
	})
}

// output shows a value to the person who deploys and to the tests.
func output(stack awscdk.Stack, name, description string, value *string) {
	awscdk.NewCfnOutput(stack, jsii.String(name), &awscdk.CfnOutputProps{
		Description: jsii.String(description),
		Value:       value,
	})
}
