package phases

import (
	"encoding/json"
	"regexp"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	deploytypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	terratest "github.com/gruntwork-io/terratest/modules/aws"
	"github.com/stretchr/testify/require"
)

func gateway(t *testing.T) *apigatewayv2.Client {
	t.Helper()
	return apigatewayv2.NewFromConfig(cloud(t))
}

// routes are an API's by their keys.
func routes(t *testing.T, api string) map[string]types.Route {
	t.Helper()
	out, err := gateway(t).GetRoutes(t.Context(), &apigatewayv2.GetRoutesInput{ApiId: &api})
	require.NoError(t, err)
	byKey := map[string]types.Route{}
	for _, r := range out.Items {
		byKey[aws.ToString(r.RouteKey)] = r
	}
	return byKey
}

func httpRoutes(t *testing.T, d *deployment) {
	api := d.parameter(t, "api", "http-api-id")
	byKey := routes(t, api)
	require.Len(t, byKey, 2)
	for key, function := range map[string]string{"ANY /api/{proxy+}": "api", "ANY /auth/{proxy+}": "auth"} {
		require.Contains(t, byKey, key)
		i := integration(t, api, byKey[key])
		require.Equal(t, types.IntegrationTypeAwsProxy, i.IntegrationType)
		require.Equal(t, "2.0", aws.ToString(i.PayloadFormatVersion))
		require.Contains(t, aws.ToString(i.IntegrationUri), ":function:"+d.function(function)+":live")
	}
}

func integration(t *testing.T, api string, r types.Route) *apigatewayv2.GetIntegrationOutput {
	t.Helper()
	const prefix = "integrations/"
	target := aws.ToString(r.Target)
	require.Regexp(t, `^`+prefix, target)
	id := target[len(prefix):]
	out, err := gateway(t).GetIntegration(t.Context(), &apigatewayv2.GetIntegrationInput{ApiId: &api, IntegrationId: &id})
	require.NoError(t, err)
	return out
}

func webSocketIsForTheAccountOnly(t *testing.T, d *deployment) {
	byKey := routes(t, d.parameter(t, "api", "websocket-api-id"))
	require.Len(t, byKey, 1)
	require.Equal(t, types.AuthorizationTypeAwsIam, byKey["$connect"].AuthorizationType)
}

// stages are the one stage of each API, by the parameter that holds the API's id.
func (d *deployment) stages(t *testing.T) map[string]*apigatewayv2.GetStageOutput {
	t.Helper()
	found := map[string]*apigatewayv2.GetStageOutput{}
	for parameter, name := range map[string]string{"http-api-id": "$default", "websocket-api-id": "live"} {
		out, err := gateway(t).GetStage(t.Context(), &apigatewayv2.GetStageInput{ApiId: aws.String(d.parameter(t, "api", parameter)), StageName: &name})
		require.NoError(t, err)
		found[parameter] = out
	}
	return found
}

func stagesAreThrottled(t *testing.T, d *deployment) {
	for api, s := range d.stages(t) {
		require.NotNil(t, s.DefaultRouteSettings, api)
		require.InDelta(t, d.rate, aws.ToFloat64(s.DefaultRouteSettings.ThrottlingRateLimit), 0, api)
		require.Equal(t, d.burst, aws.ToInt32(s.DefaultRouteSettings.ThrottlingBurstLimit), api)
		require.True(t, aws.ToBool(s.AutoDeploy), api)
	}
}

func stagesLogAccess(t *testing.T, d *deployment) {
	for api, s := range d.stages(t) {
		require.NotNil(t, s.AccessLogSettings, api)
		var fields map[string]string
		require.NoError(t, json.Unmarshal([]byte(aws.ToString(s.AccessLogSettings.Format)), &fields))
		require.Contains(t, fields, "requestId")
		for _, value := range fields {
			require.NotContains(t, value, "queryString", "%s logs what a sign-in brings back", api)
		}
		require.Equal(t, d.logDays, retention(t, groupName(t, aws.ToString(s.AccessLogSettings.DestinationArn))), api)
	}
}

// logGroupARN is the form of a log group's ARN; services write it with or without a colon and a star at the end.
var logGroupARN = regexp.MustCompile(`:log-group:([^:]+)(:\*)?$`)

// groupName is the name of a log group in its ARN.
func groupName(t *testing.T, arn string) string {
	t.Helper()
	m := logGroupARN.FindStringSubmatch(arn)
	require.NotNil(t, m, arn)
	return m[1]
}

func apisAreDualStack(t *testing.T, d *deployment) {
	for _, parameter := range []string{"http-api-id", "websocket-api-id"} {
		out, err := gateway(t).GetApi(t.Context(), &apigatewayv2.GetApiInput{ApiId: aws.String(d.parameter(t, "api", parameter))})
		require.NoError(t, err)
		require.Equal(t, types.IpAddressTypeDualstack, out.IpAddressType, parameter)
	}
}

// deploymentGroup is CodeDeploy's group of a function.
func (d *deployment) deploymentGroup(t *testing.T, function string) *deploytypes.DeploymentGroupInfo {
	t.Helper()
	out, err := codedeploy.NewFromConfig(cloud(t)).GetDeploymentGroup(t.Context(), &codedeploy.GetDeploymentGroupInput{
		ApplicationName: aws.String("Miyabi-" + d.environment), DeploymentGroupName: &function,
	})
	require.NoError(t, err)
	return out.DeploymentGroupInfo
}

func versionsAreShifted(t *testing.T, d *deployment) {
	for _, function := range []string{"api", "auth"} {
		g := d.deploymentGroup(t, function)
		require.Equal(t, d.shift, aws.ToString(g.DeploymentConfigName))
		require.Equal(t, deploytypes.ComputePlatformLambda, g.ComputePlatform)
		require.NotNil(t, g.DeploymentStyle)
		require.Equal(t, deploytypes.DeploymentTypeBlueGreen, g.DeploymentStyle.DeploymentType)
		require.Equal(t, deploytypes.DeploymentOptionWithTrafficControl, g.DeploymentStyle.DeploymentOption)
	}
}

func failedShiftsAreTakenBack(t *testing.T, d *deployment) {
	for _, function := range []string{"api", "auth"} {
		g := d.deploymentGroup(t, function)
		want := []deploytypes.AutoRollbackEvent{deploytypes.AutoRollbackEventDeploymentFailure, deploytypes.AutoRollbackEventDeploymentStopOnRequest}
		var alarms []string
		if d.gradual {
			want = append(want, deploytypes.AutoRollbackEventDeploymentStopOnAlarm)
			alarms = []string{d.stack("canary-server-errors"), d.stack(function + "-new-version-errors")}
		}
		require.NotNil(t, g.AutoRollbackConfiguration)
		require.True(t, g.AutoRollbackConfiguration.Enabled)
		require.ElementsMatch(t, want, g.AutoRollbackConfiguration.Events)
		require.ElementsMatch(t, alarms, alarmNames(g.AlarmConfiguration))
	}
}

func alarmNames(c *deploytypes.AlarmConfiguration) (names []string) {
	if c == nil || !c.Enabled {
		return nil
	}
	for _, a := range c.Alarms {
		names = append(names, aws.ToString(a.Name))
	}
	return names
}

// identity is the secret with which people are signed in.
type identity struct {
	JWTKey string `json:"jwt_key"`
}

func (d *deployment) identity(t *testing.T) (secret identity) {
	t.Helper()
	text := terratest.GetSecretValueContext(t, t.Context(), region, "/miyabi/"+d.environment+"/identity")
	require.NoError(t, json.Unmarshal([]byte(text), &secret))
	return secret
}

func identityKey(t *testing.T, d *deployment) {
	require.Len(t, d.identity(t).JWTKey, 64)
}
