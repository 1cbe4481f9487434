package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/environment"
)

// MonitoringProps names what is watched.
type MonitoringProps struct {
	Settings environment.Settings
	// HTTPAPIID is the id of the HTTP API.
	HTTPAPIID *string
	// Functions are the names of the watched functions.
	Functions []*string
	// DatabaseID is the identifier of the RDS instance.
	DatabaseID *string
	// AlarmTopic hears of every alarm.
	AlarmTopic awssns.ITopic
}

// Monitoring is the environment's dashboard and its alarms.
type Monitoring struct {
	Dashboard    awscloudwatch.Dashboard
	ServerErrors awscloudwatch.Alarm
}

// NewMonitoring makes the dashboard, one row a subject, and the alarms.
func NewMonitoring(scope constructs.Construct, id string, props MonitoringProps) Monitoring {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	monitoring := Monitoring{
		ServerErrors: serverErrorsAlarm(scope, props),
		Dashboard: awscloudwatch.NewDashboard(scope, jsii.String("Dashboard"), &awscloudwatch.DashboardProps{
			DashboardName:   jsii.String("Miyabi-" + props.Settings.Name),
			DefaultInterval: awscdk.Duration_Hours(jsii.Number(3)),
		}),
	}
	monitoring.Dashboard.AddWidgets(apiRow(props, monitoring.ServerErrors)...)
	monitoring.Dashboard.AddWidgets(functionRow(props)...)
	monitoring.Dashboard.AddWidgets(databaseRow(props)...)
	return monitoring
}

// serverErrorsAlarm goes off when the HTTP API answers 5xx too often. No traffic is no error.
func serverErrorsAlarm(scope constructs.Construct, props MonitoringProps) awscloudwatch.Alarm {
	alarm := awscloudwatch.NewAlarm(scope, jsii.String("ServerErrors"), &awscloudwatch.AlarmProps{
		AlarmName:          jsii.String("Miyabi-" + props.Settings.Name + "-server-errors"),
		AlarmDescription:   jsii.String("The HTTP API answers with 5xx. See the access log and the api function's log for the request ids."),
		Metric:             props.api("5xx", "Sum"),
		Threshold:          jsii.Number(props.Settings.Alarms.ServerErrors),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
		EvaluationPeriods:  jsii.Number(1),
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
	})
	action := awscloudwatchactions.NewSnsAction(props.AlarmTopic)
	alarm.AddAlarmAction(action)
	alarm.AddOkAction(action)
	return alarm
}

func apiRow(props MonitoringProps, alarm awscloudwatch.Alarm) []awscloudwatch.IWidget {
	return []awscloudwatch.IWidget{
		graph("Requests and errors", props.api("Count", "Sum"), props.api("4xx", "Sum"), props.api("5xx", "Sum")),
		graph("Latency (ms)", props.api("Latency", "p50"), props.api("Latency", "p95"), props.api("Latency", "p99")),
		awscloudwatch.NewAlarmWidget(&awscloudwatch.AlarmWidgetProps{Title: jsii.String("Server errors"), Alarm: alarm, Width: jsii.Number(8)}),
	}
}

func functionRow(props MonitoringProps) []awscloudwatch.IWidget {
	each := func(metric, statistic string) []awscloudwatch.IMetric {
		var metrics []awscloudwatch.IMetric
		for _, name := range props.Functions {
			metrics = append(metrics, metricOf("AWS/Lambda", metric, statistic, "FunctionName", name))
		}
		return metrics
	}
	return []awscloudwatch.IWidget{
		graph("Function errors and throttles", append(each("Errors", "Sum"), each("Throttles", "Sum")...)...),
		graph("Function duration p95 (ms)", each("Duration", "p95")...),
		graph("Function concurrency", each("ConcurrentExecutions", "Maximum")...),
	}
}

func databaseRow(props MonitoringProps) []awscloudwatch.IWidget {
	database := func(metric, statistic string) awscloudwatch.IMetric {
		return metricOf("AWS/RDS", metric, statistic, "DBInstanceIdentifier", props.DatabaseID)
	}
	return []awscloudwatch.IWidget{
		graph("Database CPU (%) and credits", database("CPUUtilization", "Average"), database("CPUCreditBalance", "Minimum")),
		graph("Database connections", database("DatabaseConnections", "Maximum")),
		graph("Database free storage (bytes)", database("FreeStorageSpace", "Minimum")),
	}
}

func (p MonitoringProps) api(metric, statistic string) awscloudwatch.IMetric {
	return metricOf("AWS/ApiGateway", metric, statistic, "ApiId", p.HTTPAPIID)
}

func metricOf(namespace, name, statistic, dimension string, value *string) awscloudwatch.IMetric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace:     jsii.String(namespace),
		MetricName:    jsii.String(name),
		Statistic:     jsii.String(statistic),
		DimensionsMap: &map[string]*string{dimension: value},
		Period:        awscdk.Duration_Minutes(jsii.Number(5)),
	})
}

func graph(title string, metrics ...awscloudwatch.IMetric) awscloudwatch.IWidget {
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
		Title: jsii.String(title),
		Left:  &metrics,
		Width: jsii.Number(8),
	})
}
