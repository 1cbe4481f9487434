package cloud

import (
	"context"
	"errors"
	"fmt"
	"maps"
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
	a.Stage, a.StageVariables = p.text("StageName"), p.textMap("StageVariables")
	a.AccessLog = gateway.AccessLog{Format: p.object("AccessLogSettings").text("Format"), Prefix: "[access " + a.name + "] ", Writer: c.log}
	if a.Throttle, err = throttleOf(p.object("DefaultRouteSettings")); err != nil {
		return assembly.Values{}, fmt.Errorf("DefaultRouteSettings: %w", err)
	}
	a.RouteThrottle = map[string]*gateway.Throttle{}
	for key := range p.object("RouteSettings") {
		if a.RouteThrottle[key], err = throttleOf(p.object("RouteSettings").object(key)); err != nil {
			return assembly.Values{}, fmt.Errorf("RouteSettings of %q: %w", key, err)
		}
	}
	return assembly.Values{Ref: a.Stage}, nil
}

// throttleOf reads the throttle of route settings, nil for none. The half that is not declared is the account's.
//
// Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
func throttleOf(settings properties) (*gateway.Throttle, error) {
	if settings["ThrottlingRateLimit"] == nil && settings["ThrottlingBurstLimit"] == nil {
		return nil, nil //nolint:nilnil // no throttle is no error
	}
	both := properties{"ThrottlingRateLimit": 10_000, "ThrottlingBurstLimit": 5_000}
	maps.Copy(both, settings)
	rate, badRate := both.number("ThrottlingRateLimit")
	burst, badBurst := both.integer("ThrottlingBurstLimit")
	return &gateway.Throttle{RateLimit: rate, BurstLimit: burst}, errors.Join(badRate, badBurst)
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
