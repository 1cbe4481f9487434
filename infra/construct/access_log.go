package construct

import (
	"encoding/json"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"
)

// httpAccessLog names the fields of an HTTP API's access log, one JSON object a request. The path comes without the
// query, so no OAuth code is ever logged.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
var httpAccessLog = map[string]string{
	"requestId":          "$context.requestId",
	"time":               "$context.requestTimeEpoch",
	"ip":                 "$context.identity.sourceIp",
	"userAgent":          "$context.identity.userAgent",
	"method":             "$context.httpMethod",
	"path":               "$context.path",
	"routeKey":           "$context.routeKey",
	"status":             "$context.status",
	"responseLength":     "$context.responseLength",
	"responseLatency":    "$context.responseLatency",
	"integrationLatency": "$context.integrationLatency",
	"integrationError":   "$context.integrationErrorMessage",
}

// webSocketAccessLog names the fields of a WebSocket API's access log, one JSON object a message.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html
var webSocketAccessLog = map[string]string{
	"requestId":    "$context.requestId",
	"time":         "$context.requestTimeEpoch",
	"ip":           "$context.identity.sourceIp",
	"eventType":    "$context.eventType",
	"routeKey":     "$context.routeKey",
	"connectionId": "$context.connectionId",
	"status":       "$context.status",
	"error":        "$context.integrationErrorMessage",
}

// logAccess makes a stage write its access log as JSON to the group.
func logAccess(stage awsapigatewayv2.CfnStage, group awslogs.LogGroup, fields map[string]string) {
	format, err := json.Marshal(fields)
	if err != nil {
		panic("encode the access log format: " + err.Error())
	}
	stage.SetAccessLogSettings(&awsapigatewayv2.CfnStage_AccessLogSettingsProperty{
		DestinationArn: group.LogGroupArn(),
		Format:         jsii.String(string(format)),
	})
}
