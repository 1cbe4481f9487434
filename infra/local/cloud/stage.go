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

type stageDraft struct {
	name      string
	variables map[string]string
	throttle  gateway.Throttle
	routes    map[string]gateway.Throttle
	logFormat string
}

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-stage.html
func createStage(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	a, err := c.apiOf(r)
	if err != nil {
		return assembly.Values{}, err
	}
	if a.stage != nil {
		return assembly.Values{}, errors.New("the local cloud serves one stage of an API, and this is the second")
	}
	s := &stageDraft{
		name: r.properties.text("StageName"), variables: r.properties.textMap("StageVariables"), routes: map[string]gateway.Throttle{},
		logFormat: r.properties.object("AccessLogSettings").text("Format"),
	}
	if s.throttle, err = throttleOf(r.properties.object("DefaultRouteSettings")); err != nil {
		return assembly.Values{}, fmt.Errorf("DefaultRouteSettings: %w", err)
	}
	for key := range r.properties.object("RouteSettings") {
		limit, err := throttleOf(r.properties.object("RouteSettings").object(key))
		if err != nil {
			return assembly.Values{}, fmt.Errorf("RouteSettings of %q: %w", key, err)
		}
		if limit != (gateway.Throttle{}) { // else only other settings, and the stage's throttle stays
			s.routes[key] = limit
		}
	}
	a.stage = s
	return assembly.Values{Ref: s.name}, nil
}

func throttleOf(settings properties) (gateway.Throttle, error) {
	rate, err := settings.number("ThrottlingRateLimit")
	if err != nil {
		return gateway.Throttle{}, err
	}
	burst, err := settings.integer("ThrottlingBurstLimit")
	return gateway.Throttle{RateLimit: rate, BurstLimit: burst}, err
}

// fill puts stage variables into an ARN: ${stageVariables.NAME}.
//
// Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.stage-variables.html
func (s *stageDraft) fill(arn string) string {
	for name, value := range s.variables {
		arn = strings.ReplaceAll(arn, "${stageVariables."+name+"}", value)
	}
	return arn
}

// accessLog writes to the cloud's log, each line with the API's name.
func (c *Cloud) accessLog(a *apiDraft) gateway.AccessLog {
	return gateway.AccessLog{Format: a.stage.logFormat, Writer: prefixWriter{"[access " + a.name + "] ", c.log}}
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
