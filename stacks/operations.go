package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/construct"
	"github.com/miyabi-society/platform/infra/environment"
)

// Operations is phase 4: what people watch and what wakes them.
func Operations(scope constructs.Construct, settings environment.Settings) awscdk.Stack {
	stack := newStack(scope, settings, OperationsName, "Miyabi Society, phase 4: dashboard and alarms")
	published := func(phase, name string) *string {
		return construct.Published(stack, settings, phase, name)
	}
	construct.NewMonitoring(stack, "Monitoring", construct.MonitoringProps{
		Settings:  settings,
		HTTPAPIID: published(construct.APIPhase, construct.HTTPAPIID),
		Functions: []*string{
			published(construct.APIPhase, construct.APIFunction),
			published(construct.APIPhase, construct.AuthFunction),
		},
		DatabaseID: published(construct.DatabasePhase, construct.DatabaseInstance),
		AlarmTopic: awssns.Topic_FromTopicArn(stack, jsii.String("Alarms"), published(construct.FoundationPhase, construct.AlarmTopicARN)),
	})
	return stack
}
