package stacks

import (
	"maps"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/construct"
	"github.com/miyabi-society/platform/infra/environment"
)

const (
	// sweepSeconds is how long one run may take. What is left after it waits for the next one.
	sweepSeconds = 300
	// sweepConnections is the pool of a run, which does one thing after the other.
	sweepConnections = 1
)

// addSweep makes the function that takes away what passes, with the schedule that runs it every hour. It has no alias:
// nobody calls it, and a run of the version before does no harm.
func addSweep(stack awscdk.Stack, settings environment.Settings, folders environment.Folders, vpc awsec2.IVpc) {
	group := construct.NewFunctionSecurityGroup(stack, "SweepGroup", "Guards the sweep function", vpc, settings)
	variables := databaseClient(stack, settings, sweepConnections)
	maps.Copy(variables, retentionVariables(settings.Retention))
	sweep := construct.NewGoFunction(stack, "Sweep", construct.GoFunctionProps{
		Settings:      settings,
		Folder:        folders.Function(settings.Functions.Platform, SweepFunction),
		Name:          SweepFunction,
		Description:   "Takes away logs and activity that are too old, and what has expired",
		Timeout:       sweepSeconds,
		VPC:           vpc,
		SecurityGroup: group,
		Environment:   variables,
	})
	allowDatabase(stack, settings, sweep, group)
	awsevents.NewRule(stack, jsii.String("SweepSchedule"), &awsevents.RuleProps{
		Description: jsii.String("Runs the sweep function"),
		Schedule:    awsevents.Schedule_Rate(awscdk.Duration_Hours(jsii.Number(1))),
		Targets:     &[]awsevents.IRuleTarget{awseventstargets.NewLambdaFunction(sweep.Function, &awseventstargets.LambdaFunctionProps{})},
	})
	sweep.TellOfFailures(construct.Published(stack, settings, construct.FoundationPhase, construct.AlarmTopicARN))
}

func retentionVariables(r environment.Retention) map[string]*string {
	variables := map[string]*string{}
	for name, days := range map[string]int{
		"LOG": r.LogDays, "ACTIVITY": r.ActivityDays, "SESSION": r.SessionDays, "IDEMPOTENCY_KEY": r.IdempotencyKeyDays,
		"INVITATION": r.InvitationDays,
	} {
		variables["RETENTION_"+name+"_DAYS"] = jsii.String(strconv.Itoa(days))
	}
	return variables
}
