package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/environment"
)

// Route sends every method of a path to a function's alias.
type Route struct {
	// Path is the path of the route key, such as /api/{proxy+}.
	Path   string
	Target awslambda.Alias
}

// HTTPAPIProps describes an HTTP API.
type HTTPAPIProps struct {
	Settings    environment.Settings
	Name        string
	Description string
	Routes      []Route
}

// NewHTTPAPI makes a dual-stack HTTP API with one throttled stage, $default, that deploys by itself and logs each request.
func NewHTTPAPI(scope constructs.Construct, id string, props HTTPAPIProps) awsapigatewayv2.HttpApi {
	api := awsapigatewayv2.NewHttpApi(scope, jsii.String(id), &awsapigatewayv2.HttpApiProps{
		ApiName:            jsii.String("Miyabi-" + props.Settings.Name + "-" + props.Name),
		Description:        jsii.String(props.Description),
		CreateDefaultStage: jsii.Bool(false),
		IpAddressType:      awsapigatewayv2.IpAddressType_DUAL_STACK,
	})
	for _, route := range props.Routes {
		addRoute(api, route)
	}
	stage := awsapigatewayv2.NewHttpStage(api, jsii.String("Stage"), &awsapigatewayv2.HttpStageProps{
		HttpApi:    api,
		StageName:  jsii.String("$default"),
		AutoDeploy: jsii.Bool(true),
		Throttle: &awsapigatewayv2.ThrottleSettings{
			RateLimit:  jsii.Number(props.Settings.API.RateLimit),
			BurstLimit: jsii.Number(props.Settings.API.BurstLimit),
		},
	})
	logAccess(stage.Node().DefaultChild().(awsapigatewayv2.CfnStage), NewLogGroup(api, "AccessLog", props.Settings), httpAccessLog)
	return api
}

// addRoute integrates the alias with payload format 2.0 and lets this route, and nothing else, invoke it.
func addRoute(api awsapigatewayv2.HttpApi, route Route) {
	integration := awsapigatewayv2integrations.NewHttpLambdaIntegration(jsii.String("Integration"), route.Target, &awsapigatewayv2integrations.HttpLambdaIntegrationProps{
		PayloadFormatVersion: awsapigatewayv2.PayloadFormatVersion_VERSION_2_0(),
	})
	api.AddRoutes(&awsapigatewayv2.AddRoutesOptions{
		Path:        jsii.String(route.Path),
		Methods:     &[]awsapigatewayv2.HttpMethod{awsapigatewayv2.HttpMethod_ANY},
		Integration: integration,
	})
}
