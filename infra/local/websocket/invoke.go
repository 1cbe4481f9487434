package websocket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/local/gateway"
	"github.com/miyabi-society/platform/infra/local/lambda"
)

// answer is what a function answers to a WebSocket API (page apigateway-websocket-api-lambda-proxy-integrations), or
// what went wrong.
type answer struct {
	status      int
	subprotocol string // the header Sec-WebSocket-Protocol
	body        *string
	failure     error  // the integration gave no usable answer
	problem     string // what the client is told then
}

// invoke calls the route's integration and notes the outcome for the access log: integrationStatus is that of the
// invocation, integration.status the function's own (page websocket-api-logging). Functions over their concurrency are
// counted elsewhere.
func (s *Server) invoke(rt *route, e *event) answer {
	begun := time.Now()
	a, err := s.call(rt, e)
	latency := time.Since(begun).Milliseconds()
	e.outcome["integrationLatency"], e.outcome["integration.latency"] = latency, latency
	e.outcome["integrationStatus"], e.outcome["integration.status"] = http.StatusOK, a.status
	if err != nil {
		a = failed(err)
		e.outcome["integrationStatus"], e.outcome["integration.status"] = a.status, ""
		e.outcome["integrationErrorMessage"], e.outcome["integration.error"] = err, err
	}
	if err != nil && !errors.Is(err, lambda.ErrThrottled) {
		slog.Warn("websocket integration failed", "route", rt.Key, "function", rt.FunctionARN, "error", err)
	}
	e.end(a.status, a.problem)
	return a
}

// errNoTemplate is a mock integration without a status.
var errNoTemplate = errors.New("the mock integration has no request template with a statusCode")

func (s *Server) call(rt *route, e *event) (answer, error) {
	if rt.FunctionARN == "" && rt.MockStatus == 0 {
		return answer{}, errNoTemplate
	}
	if rt.FunctionARN == "" {
		return answer{status: rt.MockStatus}, nil
	}
	call := lambda.WithCall(context.Background(), lambda.Call{Source: s.api.ARN(rt.Key)})
	ctx, cancel := context.WithTimeout(call, rt.Timeout)
	defer cancel()
	result, err := s.api.Invoke(ctx, rt.FunctionARN, gateway.MustMarshal(e.fields))
	if err != nil {
		return answer{}, err
	}
	return read(result)
}

func read(result lambda.Result) (answer, error) {
	if result.FunctionError != "" {
		return answer{}, fmt.Errorf("the function failed: %.500s", result.Payload)
	}
	var p struct {
		StatusCode json.Number    `json:"statusCode"`
		Headers    map[string]any `json:"headers"`
		Body       *string        `json:"body"`
	}
	if err := json.Unmarshal(result.Payload, &p); err != nil {
		return answer{}, fmt.Errorf("reading the function's response: %w", err)
	}
	status, err := strconv.Atoi(p.StatusCode.String())
	if err != nil || status < 200 || status > 599 {
		return answer{}, errors.New("the function's response has no statusCode")
	}
	a := answer{status: status, body: p.Body}
	for name, value := range p.Headers {
		if strings.EqualFold(name, "Sec-WebSocket-Protocol") {
			a.subprotocol = fmt.Sprint(value)
		}
	}
	return a, nil
}

// failed tells an integration over its timeout from one that is configured wrongly (a function that is not there or not
// permitted) and from one that failed. The status is that of a handshake.
func failed(err error) answer {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return answer{status: http.StatusGatewayTimeout, problem: "Endpoint request timed out", failure: err}
	case errors.Is(err, errNoTemplate), errors.Is(err, lambda.ErrNotFound):
		return answer{status: http.StatusInternalServerError, problem: "Internal server error", failure: err}
	}
	return answer{status: http.StatusBadGateway, problem: "Internal server error", failure: err}
}
