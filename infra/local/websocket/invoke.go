package websocket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/local/lambda"
)

// proxyResponse is what a function answers to a WebSocket API (page apigateway-websocket-api-lambda-proxy-integrations).
type proxyResponse struct {
	StatusCode json.RawMessage   `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Body       *string           `json:"body"`
}

// answer is a proxyResponse that was read.
type answer struct {
	status  int
	headers map[string]string
	body    *string
}

// invoke calls the route's function; a mock integration accepts everything.
func (s *Server) invoke(rt *route, e *event) (answer, error) {
	if rt.Mock {
		e.integration.status = http.StatusOK
		return answer{status: http.StatusOK}, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), rt.Timeout)
	defer cancel()
	begun := time.Now()
	result, err := s.api.Invoke(ctx, rt.FunctionARN, e.json())
	a := answer{}
	if err == nil {
		a, err = read(result)
	}
	e.integration = integrationOutcome{a.status, time.Since(begun), err}
	if err != nil {
		e.integration.status = http.StatusInternalServerError
		return a, fmt.Errorf("route %s: %w", rt.Key, err)
	}
	return a, nil
}

func read(result lambda.Result) (answer, error) {
	if result.FunctionError != "" {
		return answer{}, fmt.Errorf("the function failed: %.500s", result.Payload)
	}
	var p proxyResponse
	if err := json.Unmarshal(result.Payload, &p); err != nil {
		return answer{}, fmt.Errorf("reading the function's response: %w", err)
	}
	status, err := strconv.Atoi(strings.Trim(string(p.StatusCode), `"`))
	if err != nil || status < 100 || status > 599 {
		return answer{}, errors.New("the function's response has no statusCode")
	}
	return answer{status, p.Headers, p.Body}, nil
}
