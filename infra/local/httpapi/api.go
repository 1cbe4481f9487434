// Package httpapi serves one API Gateway HTTP API on this machine: route selection, the Lambda proxy event of payload
// format 2.0, and the mapping of what the function answers back to HTTP.
//
// The rules come from the API Gateway developer guide, https://docs.aws.amazon.com/apigateway/latest/developerguide/;
// the page is named where a rule is carried out.
package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"time"

	"github.com/miyabi-society/platform/infra/local/lambda"
)

// Limits of HTTP APIs (page http-api-quotas).
const (
	maxBody        = 10 << 20 // bytes of request payload
	maxHeaderBytes = 10_240   // request line and header values together
	minTimeout     = 50 * time.Millisecond
	maxTimeout     = 30 * time.Second
)

// API describes one AWS::ApiGatewayV2::Api of protocol HTTP together with its stage, routes and integrations.
type API struct {
	ID             string            // API id, the first label of its execute-api host name
	StageName      string            // "$default", or a name that is then the first segment of every path
	StageVariables map[string]string // reach functions as stageVariables
	Throttle       Throttle          // the stage's DefaultRouteSettings, applied to each route by itself
	Routes         []Route
	// Invoke runs a function synchronously, as Lambda's Invoke with RequestResponse does.
	Invoke func(ctx context.Context, functionARN string, payload []byte) (lambda.Result, error)
}

// Throttle limits requests: RateLimit a second on average, BurstLimit at once. Zero values set no limit.
type Throttle struct {
	RateLimit  float64
	BurstLimit int
}

// Route is one route key, such as "GET /tasks/{id}", "ANY /api/{proxy+}" or "$default", and what it calls.
type Route struct {
	Key         string
	Integration Integration
}

// Integration is an AWS_PROXY integration with a Lambda function, alias or version.
type Integration struct {
	FunctionARN          string
	PayloadFormatVersion string        // "2.0" is the one that is served
	Timeout              time.Duration // TimeoutInMillis, 50 ms to 30 s; zero means the default of 30 s
}

var stageName = regexp.MustCompile(`^(\$default|[A-Za-z0-9_-]{1,128})$`)

// New checks the description and returns the handler that serves it. The handler starts no goroutine of its own.
func New(api API) (http.Handler, error) {
	if api.Invoke == nil {
		return nil, fmt.Errorf("http api %s: no way to invoke functions was given", api.ID)
	}
	if !stageName.MatchString(api.StageName) {
		return nil, fmt.Errorf("http api %s: stage name %q: use $default or letters, digits, hyphens and underscores", api.ID, api.StageName)
	}
	routes, err := compileRoutes(api.Routes, api.Throttle)
	if err != nil {
		return nil, fmt.Errorf("http api %s: %w", api.ID, err)
	}
	return &server{api: api, routes: routes}, nil
}

type server struct {
	api    API
	routes []*route
}

// ServeHTTP carries one request through stage, route, limits, function and response mapping.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in := request{Request: r, id: newRequestID(), received: time.Now().UTC()}
	w.Header().Set("Apigw-Requestid", in.id)
	if headerBytes(r) > maxHeaderBytes {
		writeMessage(w, http.StatusRequestHeaderFieldsTooLarge)
		return
	}
	rt, params := s.selectRoute(r)
	if rt == nil {
		writeMessage(w, http.StatusNotFound)
		return
	}
	if !rt.limit.allow(in.received) {
		writeMessage(w, http.StatusTooManyRequests)
		return
	}
	if status := in.readBody(w); status != 0 {
		writeMessage(w, status)
		return
	}
	s.call(w, rt, in.event(s.api, rt, params))
}

// call invokes the route's function and writes its answer. A viewer that goes away does not stop the function.
func (s *server) call(w http.ResponseWriter, rt *route, event []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), rt.timeout)
	defer cancel()
	result, err := s.api.Invoke(ctx, rt.functionARN, event)
	if err != nil {
		fail(w, rt, failureStatus(err), err)
		return
	}
	answer, err := interpret(result)
	switch {
	case result.ErrorType() == lambda.TypeTimeout:
		fail(w, rt, http.StatusGatewayTimeout, err)
	case err != nil:
		fail(w, rt, http.StatusBadGateway, err)
	default:
		answer.write(w)
	}
}

// fail answers for an integration that brought no usable answer. The caller gets no details; the log does.
func fail(w http.ResponseWriter, rt *route, status int, err error) {
	slog.Warn("http api integration failed", "route", rt.key, "function", rt.functionARN, "status", status, "error", err)
	writeMessage(w, status)
}

// failureStatus maps an invocation that brought no answer to a status: too slow 504, over a concurrency limit 429, too
// large for Lambda 413, a function that is not there 500 (page http-api-troubleshooting-lambda), nothing able to
// answer 503.
func failureStatus(err error) int {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusGatewayTimeout
	case errors.Is(err, lambda.ErrThrottled):
		return http.StatusTooManyRequests
	case errors.Is(err, lambda.ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, lambda.ErrNotFound):
		return http.StatusInternalServerError
	default:
		return http.StatusServiceUnavailable
	}
}

// readBody reads the payload. It returns the status to refuse the request with, or 0.
func (in *request) readBody(w http.ResponseWriter) int {
	if in.Body == nil {
		return 0
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, in.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case err != nil:
		return http.StatusBadRequest
	}
	in.body = body
	return 0
}

func headerBytes(r *http.Request) int {
	n := len(r.Method) + len(r.URL.RequestURI()) + len(r.Proto) + len(r.Host)
	for _, values := range r.Header {
		for _, v := range values {
			n += len(v)
		}
	}
	return n
}
