package cloud

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	a.AccessLog = gateway.AccessLog{Format: p.object("AccessLogSettings").text("Format"), Writer: prefixWriter{"[access " + a.name + "] ", c.log}}
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
	limit := &gateway.Throttle{RateLimit: 10_000, BurstLimit: 5_000}
	var err error
	if settings["ThrottlingRateLimit"] != nil {
		limit.RateLimit, err = settings.number("ThrottlingRateLimit")
	}
	if settings["ThrottlingBurstLimit"] != nil && err == nil {
		limit.BurstLimit, err = settings.integer("ThrottlingBurstLimit")
	}
	switch {
	case err != nil:
		return nil, err
	case limit.RateLimit < 0 || limit.BurstLimit < 0:
		return nil, errors.New("a throttle must not be negative")
	case settings["ThrottlingRateLimit"] == nil && settings["ThrottlingBurstLimit"] == nil:
		return nil, nil //nolint:nilnil // no throttle is no error
	}
	return limit, nil
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

// prefixWriter puts a text before each write.
type prefixWriter struct {
	prefix string
	log    io.Writer
}

// Write writes one line.
func (w prefixWriter) Write(line []byte) (int, error) {
	if _, err := io.WriteString(w.log, w.prefix+string(line)); err != nil {
		return 0, err
	}
	return len(line), nil
}
