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
	a.RouteThrottle = map[string]gateway.Throttle{}
	for key := range p.object("RouteSettings") {
		limit, err := throttleOf(p.object("RouteSettings").object(key))
		if err != nil {
			return assembly.Values{}, fmt.Errorf("RouteSettings of %q: %w", key, err)
		}
		if limit != (gateway.Throttle{}) { // else only other settings, and the stage's throttle stays
			a.RouteThrottle[key] = limit
		}
	}
	return assembly.Values{Ref: a.Stage}, nil
}

// accountThrottle is what an account has in a region: the half of a throttle that is not declared.
//
// Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
var accountThrottle = gateway.Throttle{RateLimit: 10_000, BurstLimit: 5_000}

// throttleOf reads the throttle of route settings; the zero value stands for none.
func throttleOf(settings properties) (gateway.Throttle, error) {
	if settings["ThrottlingRateLimit"] == nil && settings["ThrottlingBurstLimit"] == nil {
		return gateway.Throttle{}, nil
	}
	limit := accountThrottle
	var err error
	if settings["ThrottlingRateLimit"] != nil {
		limit.RateLimit, err = settings.number("ThrottlingRateLimit")
	}
	if settings["ThrottlingBurstLimit"] != nil && err == nil {
		limit.BurstLimit, err = settings.integer("ThrottlingBurstLimit")
	}
	if err == nil && (limit.RateLimit <= 0 || limit.BurstLimit <= 0) {
		err = errors.New("a throttle of 0 refuses every request: use more, or take the route away")
	}
	return limit, err
}

// filled is a route with the stage's variables in its function's ARN: ${stageVariables.NAME}.
//
// Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.stage-variables.html
func (a *apiDraft) filled(r gateway.Route) gateway.Route {
	for name, value := range a.StageVariables {
		r.FunctionARN = strings.ReplaceAll(r.FunctionARN, "${stageVariables."+name+"}", value)
	}
	return r
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
