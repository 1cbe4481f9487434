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
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/infra/local/gateway"
	"github.com/miyabi-society/platform/infra/local/lambda"
)

// Limits of HTTP APIs (page http-api-quotas).
const (
	maxBody    = 10 << 20         // bytes of request payload
	bodyTime   = 30 * time.Second // for the caller to send it
	maxTimeout = 30 * time.Second
)

// API describes one AWS::ApiGatewayV2::Api of protocol HTTP together with its stage, "$default" or a name that is then
// the first segment of every path, and its routes.
type API struct {
	gateway.API
	CORS   *CORS // nil: functions answer preflights and set the headers themselves
	Routes []Route
}

// Route is one route key, such as "GET /tasks/{id}", "ANY /api/{proxy+}" or "$default". At most one of JWT, Authorizer
// and IAM is set.
type Route struct {
	gateway.Route
	Format string // PayloadFormatVersion: "2.0" is the one that is served
	JWT    *JWTAuthorizer
	Scopes []string // AuthorizationScopes: the token needs at least one of them
}

type server struct {
	api      API
	routes   []*route
	bodyTime time.Duration
}

// New checks the description and returns the handler that serves it. The handler starts no goroutine of its own.
func New(api API) (http.Handler, error) {
	routes, err := compileRoutes(api)
	if err := errors.Join(err, api.CORS.check()); err != nil {
		return nil, fmt.Errorf("http api %s: %w", api.ID, err)
	}
	return &server{api, routes, bodyTime}, nil
}

// ServeHTTP carries one request through the API and writes its line of the access log.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in := &request{Request: r, api: &s.api, id: gateway.NewID(), received: time.Now().UTC(), authorizer: map[string]string{}}
	a := s.answer(w, in)
	w.Header().Set("Apigw-Requestid", in.id)
	s.api.CORS.allow(w.Header(), r)
	a.write(w)
	if s.api.AccessLog.Format != "" {
		s.api.AccessLog.Write(in.outcome(a))
	}
}

// answer takes the request through stage, route, limits, authorizer and function.
func (s *server) answer(w http.ResponseWriter, in *request) answer {
	path, raw, err := decodePaths(in.Request)
	if err != nil {
		return message(http.StatusBadRequest)
	}
	in.rawPath = raw
	path, inside := s.api.inStage(path)
	if !inside {
		return message(http.StatusNotFound)
	}
	s.selectRoute(in, path)
	preflight := s.api.CORS.answers(in.Request)
	switch {
	case gateway.HeaderBytes(in.Request) > gateway.MaxHeaderBytes:
		return message(http.StatusRequestHeaderFieldsTooLarge)
	case in.route == nil && preflight:
		return answer{status: http.StatusNoContent}
	case in.route == nil:
		return message(http.StatusNotFound)
	case !in.route.limit.Allow():
		return message(http.StatusTooManyRequests)
	}
	if status := in.readBody(w, s.bodyTime); status != 0 {
		return message(status)
	}
	if refused, err := in.authorize(); err != nil {
		in.failure = err
		return refused
	}
	if preflight {
		return answer{status: http.StatusNoContent}
	}
	return in.call()
}

// call invokes the route's function. A viewer that goes away does not stop it.
func (in *request) call() answer {
	in.integrationID = uuid.NewString()
	call := lambda.Call{RequestID: in.integrationID, Trace: in.trace(), Source: in.api.ARN(in.route.resource(in.Method))}
	ctx, cancel := context.WithTimeout(lambda.WithCall(context.Background(), call), in.route.Timeout)
	defer cancel()
	begun := time.Now()
	result, err := in.api.Invoke(ctx, in.route.FunctionARN, in.event())
	in.integrationLatency = time.Since(begun)
	if err != nil {
		return in.failed(failureStatus(err), err)
	}
	if result.FunctionError != "" {
		return in.failed(crashStatus(result), fmt.Errorf("the function failed: %.500s", result.Payload))
	}
	a, err := interpret(result.Payload)
	if err != nil {
		return in.failed(http.StatusInternalServerError, err)
	}
	in.integrationStatus, in.functionStatus = http.StatusOK, a.status
	if in.api.CORS != nil {
		dropCORS(a.header)
	}
	return a
}

// crashStatus tells a function that ran into its timeout from one that failed.
func crashStatus(result lambda.Result) int {
	if result.ErrorType() == lambda.TypeTimeout {
		return http.StatusGatewayTimeout
	}
	return http.StatusBadGateway
}

// failed is the answer for an integration that brought no usable one. The caller gets no details; the logs do. The words
// for a fault of the function are those of page http-api-troubleshooting-lambda.
func (in *request) failed(status int, err error) answer {
	in.integrationStatus, in.failure = status, err
	slog.Warn("http api integration failed", "route", in.route.Key, "function", in.route.FunctionARN, "status", status, "error", err)
	a := message(status)
	if status == http.StatusBadGateway {
		a.body = message(http.StatusInternalServerError).body
	}
	return a
}

// failureStatus is the status of an invocation that brought no answer: over the integration's timeout or nothing able
// to answer 503, over a concurrency limit 429, too large for Lambda 413, a function that is not there or not permitted
// 500 (page http-api-troubleshooting-lambda).
func failureStatus(err error) int {
	switch {
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

// readBody reads the payload. It returns the status to refuse the request with, or 0. A caller that sends too slowly is
// refused after limit.
func (in *request) readBody(w http.ResponseWriter, limit time.Duration) int {
	if in.Body == nil || in.ContentLength == 0 {
		return 0
	}
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(limit)) // what has no connection is not slow
	var tooLarge *http.MaxBytesError
	var err error
	in.body, err = io.ReadAll(http.MaxBytesReader(w, in.Body, maxBody))
	switch {
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		return http.StatusRequestTimeout
	case err != nil:
		return http.StatusBadRequest
	}
	_ = connection.SetReadDeadline(time.Time{}) // as above
	return 0
}
