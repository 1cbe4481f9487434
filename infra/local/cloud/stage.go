package cloud

import (
	"context"
	"errors"
	"math"
	"strings"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/gateway"
)

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-stage.html
func createStage(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	a, err := c.apiOf(r)
	if err != nil {
		return assembly.Values{}, err
	}
	if a.Stage != "" {
		return assembly.Values{}, errors.New("the local cloud serves one stage of an API, and this is the second")
	}
	p := r.properties
	p.refuse("ClientCertificateId")
	a.Stage, a.StageVariables = p.text("StageName"), p.textMap("StageVariables")
	a.AccessLog = gateway.AccessLog{Format: p.object("AccessLogSettings").text("Format"), Prefix: "[access " + a.name + "] ", Writer: c.log}
	a.Throttle, a.RouteThrottle = throttleOf(p.object("DefaultRouteSettings")), map[string]*gateway.Throttle{}
	for key := range p.object("RouteSettings").all {
		a.RouteThrottle[key] = throttleOf(p.object("RouteSettings").object(key))
	}
	return assembly.Values{Ref: a.Stage}, nil
}

// throttleOf reads the throttle of route settings, nil for none. The half that is not declared is the account's.
//
// Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
func throttleOf(settings properties) *gateway.Throttle {
	if !settings.has("ThrottlingRateLimit") && !settings.has("ThrottlingBurstLimit") {
		return nil
	}
	return &gateway.Throttle{
		RateLimit: settings.number("ThrottlingRateLimit", 10_000), BurstLimit: settings.within("ThrottlingBurstLimit", 5_000, 0, math.MaxInt32),
	}
}

// filled is a function's ARN with the stage's variables in it: ${stageVariables.NAME}.
//
// Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.stage-variables.html
func (a *apiDraft) filled(function string) string {
	for name, value := range a.StageVariables {
		function = strings.ReplaceAll(function, "${stageVariables."+name+"}", value)
	}
	return function
}
