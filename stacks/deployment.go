package stacks

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/construct"
	"github.com/miyabi-society/platform/infra/environment"
)

// hookSeconds is how long the hook may take: the versions that it asks start for the first time, inside the network.
const hookSeconds = 120

// addDeployments lets CodeDeploy change the live aliases: the hook asks both new versions first, and in an environment
// that shifts gradually alarms on either version and on the HTTP API end the shift.
func addDeployments(stack awscdk.Stack, settings environment.Settings, folders environment.Folders, httpAPIID *string, targets ...target) {
	hook := newHookFunction(stack, settings, folders, targets)
	deployments := construct.NewDeployments(stack, "Deployments", settings, hook)
	var serverErrors []awscloudwatch.Alarm
	if settings.Deployment.Gradual() {
		serverErrors = append(serverErrors, construct.CanaryServerErrorsAlarm(stack, settings, httpAPIID))
	}
	for _, target := range targets {
		alarms := slices.Clone(serverErrors)
		if settings.Deployment.Gradual() {
			alarms = append(alarms, target.function.VersionErrorsAlarm(settings, target.live))
		}
		deployments.Shift(target.name, target.function, target.live, alarms...)
	}
}

// target is a function whose live alias CodeDeploy changes.
type target struct {
	// name is the function's, variable the one by which the hook is told its version.
	name, variable string
	function       construct.GoFunction
	live           awslambda.Alias
	// closed are the aliases that the hook must never invoke.
	closed []awslambda.Alias
}

// newHookFunction makes the function that sends new versions the smoke set. It runs outside the network, where CodeDeploy
// can be reached. CodeDeploy waits for its report and not for its end, so a failure of the function itself is told to
// people.
func newHookFunction(stack awscdk.Stack, settings environment.Settings, folders environment.Folders, targets []target) construct.GoFunction {
	versions := map[string]*string{}
	for _, target := range targets {
		versions[target.variable] = target.function.Function.CurrentVersion().FunctionArn()
	}
	hook := construct.NewGoFunction(stack, "Hook", construct.GoFunctionProps{
		Settings:    settings,
		Folder:      folders.Function(settings.Functions.Platform, HookFunction),
		Name:        HookFunction,
		Description: "Asks new versions before requests are given to them",
		Timeout:     hookSeconds,
		Environment: versions,
	})
	for _, target := range targets {
		hook.Allow([]string{"lambda:InvokeFunction"}, versionsOf(target.function))
		for _, alias := range target.closed {
			hook.Deny([]string{"lambda:InvokeFunction"}, alias.FunctionArn())
		}
	}
	hook.TellOfFailures(construct.Published(stack, settings, construct.FoundationPhase, construct.AlarmTopicARN))
	return hook
}

// versionsOf is every door of a function. Its versions are not named one by one: IAM may take longer to know a changed
// policy than CloudFormation to start the deployment that invokes the hook.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
func versionsOf(function construct.GoFunction) *string {
	return jsii.String(*function.Function.FunctionArn() + ":*")
}
