package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/environment"
)

// VersionErrorsAlarm goes off when invocations of the new version through the alias fail while CodeDeploy shifts
// requests to it. Lambda counts by executed version only as long as an alias leads to two, so that the alarm is silent
// at all other times. There is none on the duration: of the few requests in a canary most start a process, and their
// p95 would be that of a start.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
func (f GoFunction) VersionErrorsAlarm(settings environment.Settings, alias awslambda.Alias) awscloudwatch.Alarm {
	function := f.Function.FunctionName()
	return newCanaryAlarm(f.Function, "VersionErrors", canaryAlarm{
		name:        f.name + "-new-version-errors",
		settings:    settings,
		description: "Invocations of the new version of " + f.name + " fail: CodeDeploy goes back to the one before. See the function's log.",
		namespace:   "AWS/Lambda",
		metric:      "Errors",
		dimensions: map[string]*string{
			"FunctionName":    function,
			"Resource":        jsii.String(*function + ":" + *alias.AliasName()),
			"ExecutedVersion": f.Function.CurrentVersion().Version(),
		},
		threshold: settings.Alarms.CanaryErrors,
	})
}

// CanaryServerErrorsAlarm goes off when the HTTP API answers 5xx within a minute. A function that answers 500 by itself
// has not failed for Lambda, so that its errors alone would not stop a deployment.
func CanaryServerErrorsAlarm(scope constructs.Construct, settings environment.Settings, httpAPIID *string) awscloudwatch.Alarm {
	return newCanaryAlarm(scope, "CanaryServerErrors", canaryAlarm{
		name:        "canary-server-errors",
		settings:    settings,
		description: "The HTTP API answers with 5xx: a deployment under way is rolled back. See the access log.",
		namespace:   "AWS/ApiGateway",
		metric:      "5xx",
		dimensions:  map[string]*string{"ApiId": httpAPIID},
		threshold:   settings.Alarms.CanaryServerErrors,
	})
}

// canaryAlarm is an alarm on the sum of a metric within one minute.
type canaryAlarm struct {
	name, description, namespace, metric string
	settings                             environment.Settings
	dimensions                           map[string]*string
	threshold                            int
}

// newCanaryAlarm makes an alarm that only CodeDeploy listens to. No traffic is no error.
func newCanaryAlarm(scope constructs.Construct, id string, a canaryAlarm) awscloudwatch.Alarm {
	return awscloudwatch.NewAlarm(scope, jsii.String(id), &awscloudwatch.AlarmProps{
		AlarmName:        jsii.String("Miyabi-" + a.settings.Name + "-" + a.name),
		AlarmDescription: jsii.String(a.description),
		Metric: awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
			Namespace:     jsii.String(a.namespace),
			MetricName:    jsii.String(a.metric),
			Statistic:     jsii.String("Sum"),
			DimensionsMap: &a.dimensions,
			Period:        awscdk.Duration_Minutes(jsii.Number(1)),
		}),
		Threshold:          jsii.Number(a.threshold),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
		EvaluationPeriods:  jsii.Number(1),
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
	})
}
