package phases

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/require"
)

// operationsChecks are the questions about phase 4.
var operationsChecks = []check{
	{name: "the alarms of the environment are there", ask: alarmsAreThere},
	{name: "every alarm tells the topic, but for those that only end a shift of requests", ask: alarmsTellTheTopic},
	{name: "no traffic is no alarm", ask: silenceIsNoAlarm},
	{name: "server errors of the HTTP API raise an alarm", ask: serverErrorsAlarm},
	{name: "the dashboard shows the API, the functions and the database of this environment", ask: operationsDashboard},
}

// alarms are those of the environment, by their names without it.
func (d *deployment) alarms(t *testing.T) map[string]types.MetricAlarm {
	t.Helper()
	prefix := d.stack("")
	out, err := cloudwatch.NewFromConfig(cloud(t)).DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: &prefix})
	require.NoError(t, err)
	byName := map[string]types.MetricAlarm{}
	for _, a := range out.MetricAlarms {
		byName[strings.TrimPrefix(aws.ToString(a.AlarmName), prefix)] = a
	}
	return byName
}

// shiftAlarms only end a shift of requests to a new version; nobody is woken by them.
func (d *deployment) shiftAlarms() []string {
	if !d.gradual {
		return nil
	}
	return []string{"canary-server-errors", "api-new-version-errors", "auth-new-version-errors"}
}

func alarmsAreThere(t *testing.T, d *deployment) {
	var names []string
	for name := range d.alarms(t) {
		names = append(names, name)
	}
	require.Subset(t, names, append([]string{"server-errors"}, d.shiftAlarms()...))
}

func alarmsTellTheTopic(t *testing.T, d *deployment) {
	topic := d.alarmTopic(t)
	for name, a := range d.alarms(t) {
		require.True(t, aws.ToBool(a.ActionsEnabled), name)
		require.NotEmpty(t, aws.ToString(a.AlarmDescription), name)
		if shifts := d.shiftAlarms(); len(a.AlarmActions) == 0 {
			require.Contains(t, shifts, name, "an alarm that nobody hears")
			continue
		}
		require.Equal(t, []string{topic}, a.AlarmActions, name)
	}
}

func silenceIsNoAlarm(t *testing.T, d *deployment) {
	for name, a := range d.alarms(t) {
		require.Equal(t, "notBreaching", aws.ToString(a.TreatMissingData), name)
	}
}

func serverErrorsAlarm(t *testing.T, d *deployment) {
	a := d.alarms(t)["server-errors"]
	require.Equal(t, "AWS/ApiGateway", aws.ToString(a.Namespace))
	require.Equal(t, "5xx", aws.ToString(a.MetricName))
	require.Equal(t, types.ComparisonOperatorGreaterThanOrEqualToThreshold, a.ComparisonOperator)
	require.InDelta(t, 5, aws.ToFloat64(a.Threshold), 0)
	require.Equal(t, int32(300), aws.ToInt32(a.Period)*aws.ToInt32(a.EvaluationPeriods))
	require.Equal(t, []types.Dimension{{Name: aws.String("ApiId"), Value: aws.String(d.parameter(t, "api", "http-api-id"))}}, a.Dimensions)
	require.Equal(t, []string{d.alarmTopic(t)}, a.OKActions, "nobody hears that it is over")
}

func operationsDashboard(t *testing.T, d *deployment) {
	out, err := cloudwatch.NewFromConfig(cloud(t)).GetDashboard(t.Context(), &cloudwatch.GetDashboardInput{DashboardName: aws.String("Miyabi-" + d.environment)})
	require.NoError(t, err)
	body := aws.ToString(out.DashboardBody)
	require.True(t, json.Valid([]byte(body)), body)
	for _, shown := range []string{
		d.parameter(t, "api", "http-api-id"), d.parameter(t, "api", "api-function-name"), d.parameter(t, "api", "auth-function-name"), d.parameter(t, "database", "instance-id"),
	} {
		require.Contains(t, body, shown)
	}
}
