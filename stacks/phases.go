package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/miyabi-society/platform/infra/construct"
	"github.com/miyabi-society/platform/infra/environment"
)

// Phase is a stack with the name of its phase, which is its tag and its part of Parameter Store paths.
type Phase struct {
	Name  string
	Stack awscdk.Stack
}

// Phases makes all stacks of an environment, in the order of their deployment.
func Phases(scope constructs.Construct, settings environment.Settings, folders environment.Folders) ([]Phase, error) {
	foundation := Foundation(scope, settings)
	database := Database(scope, settings)
	schema, err := Schema(scope, settings, folders)
	if err != nil {
		return nil, err
	}
	return []Phase{
		{construct.FoundationPhase, foundation},
		{construct.DatabasePhase, database},
		{construct.SchemaPhase, schema},
		{construct.APIPhase, API(scope, settings, folders)},
		{construct.DashboardPhase, Dashboard(scope, settings, folders)},
		{construct.OperationsPhase, Operations(scope, settings)},
	}, nil
}

// Functions lists the Lambda functions whose binaries the stacks need.
func Functions() []string {
	return []string{APIFunction, AuthFunction, HookFunction, MigrateFunction, SweepFunction}
}

// EdgeFunctions lists the CloudFront functions whose sources the stacks need.
func EdgeFunctions() []string { return []string{construct.ViewerRequest, construct.ForwardedHost} }
