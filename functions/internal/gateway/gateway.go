// Package gateway serves an http.Handler behind an HTTP API of API Gateway, payload format 2.0.
// Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/miyabi-society/platform/functions/internal/problem"
	"github.com/miyabi-society/platform/functions/internal/runtime"
)

// margin is kept of the function's time to write an answer, so that the caller hears 503 instead of a cut connection.
const margin = 500 * time.Millisecond

// requestIDHeader tells the caller which request it was.
const requestIDHeader = "X-Request-Id"

// ErrNotHTTP means that an event is not one of an HTTP API in payload format 2.0.
var ErrNotHTTP = errors.New("the event is not an HTTP API request of payload format 2.0")

// Gateway serves events with a handler.
type Gateway struct {
	handler http.Handler
	log     *slog.Logger
}

// New makes a gateway. Every request is written to the log with its outcome, without its query string, headers and
// body.
func New(handler http.Handler, log *slog.Logger) *Gateway {
	return &Gateway{handler: handler, log: log}
}

// Invoke serves one event and gives the response in the same format. The error is ErrNotHTTP for any other event.
func (g *Gateway) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var event events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotHTTP, err)
	}
	if event.Version != "2.0" || event.RequestContext.HTTP.Method == "" {
		return nil, ErrNotHTTP
	}
	ctx, cancel := g.begin(ctx, &event)
	defer cancel()
	started := time.Now()
	w := newResponse()
	w.header.Set(requestIDHeader, runtime.RequestID(ctx))
	g.serve(ctx, w, &event)
	g.log.InfoContext(ctx, "request", "method", event.RequestContext.HTTP.Method, "path", event.RawPath, "status", w.code(),
		"ms", float64(time.Since(started).Microseconds())/1000, "bytes", w.body.Len())
	answer, err := json.Marshal(w.event())
	if err != nil {
		return nil, fmt.Errorf("write the response: %w", err)
	}
	return answer, nil
}

// begin names the request and gives it until shortly before the function's own end.
func (g *Gateway) begin(ctx context.Context, event *events.APIGatewayV2HTTPRequest) (context.Context, context.CancelFunc) {
	ctx = runtime.WithRequest(ctx, event.RequestContext.RequestID)
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		runtime.Annotate(ctx, slog.String("lambda_request_id", lc.AwsRequestID))
	}
	if end, ok := ctx.Deadline(); ok {
		return context.WithDeadline(ctx, end.Add(-margin))
	}
	return context.WithCancel(ctx)
}

// serve turns a panic of the handler into a 500: the next request of this process must not pay for it.
func (g *Gateway) serve(ctx context.Context, w *response, event *events.APIGatewayV2HTTPRequest) {
	r, err := newRequest(ctx, event)
	if err != nil {
		problem.Write(w, (&http.Request{}).WithContext(ctx), problem.Invalid(problem.Field{Field: "request", Message: err.Error()}))
		return
	}
	defer func() {
		if cause := recover(); cause != nil {
			g.log.ErrorContext(ctx, "panic", "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
			w.reset()
			w.header.Set(requestIDHeader, runtime.RequestID(ctx))
			problem.Write(w, r, problem.New(http.StatusInternalServerError, "internal", "Internal error",
				"Something is wrong on our side. Tell the operators the request id."))
		}
	}()
	g.handler.ServeHTTP(w, r)
}
