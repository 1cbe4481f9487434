package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2authorizers"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/environment"
)

// LiveStage is the stage of the WebSocket API and, because the distribution adds no origin path, also the path /live.
const LiveStage = "live"

// WebSocketAPIProps describes a WebSocket API.
type WebSocketAPIProps struct {
	Settings    environment.Settings
	Name        string
	Description string
}

// NewWebSocketAPI makes a dual-stack WebSocket API. Only a caller with AWS credentials of the account can connect, and
// such a connection is accepted without any function behind it.
func NewWebSocketAPI(scope constructs.Construct, id string, props WebSocketAPIProps) awsapigatewayv2.WebSocketApi {
	api := awsapigatewayv2.NewWebSocketApi(scope, jsii.String(id), &awsapigatewayv2.WebSocketApiProps{
		ApiName:       jsii.String("Miyabi-" + props.Settings.Name + "-" + props.Name),
		Description:   jsii.String(props.Description),
		IpAddressType: awsapigatewayv2.IpAddressType_DUAL_STACK,
		ConnectRouteOptions: &awsapigatewayv2.WebSocketRouteOptions{
			Authorizer: awsapigatewayv2authorizers.NewWebSocketIamAuthorizer(),
			Integration: awsapigatewayv2integrations.NewWebSocketMockIntegration(jsii.String("Accept"), &awsapigatewayv2integrations.WebSocketMockIntegrationProps{
				RequestTemplates:            &map[string]*string{"200": jsii.String(`{"statusCode":200}`)},
				TemplateSelectionExpression: jsii.String("200"),
			}),
		},
	})
	stage := awsapigatewayv2.NewWebSocketStage(api, jsii.String("Stage"), &awsapigatewayv2.WebSocketStageProps{
		WebSocketApi: api,
		StageName:    jsii.String(LiveStage),
		AutoDeploy:   jsii.Bool(true),
		Throttle: &awsapigatewayv2.ThrottleSettings{
			RateLimit:  jsii.Number(props.Settings.API.RateLimit),
			BurstLimit: jsii.Number(props.Settings.API.BurstLimit),
		},
	})
	logAccess(stage.Node().DefaultChild().(awsapigatewayv2.CfnStage), NewLogGroup(api, "AccessLog", props.Settings), webSocketAccessLog)
	return api
}
