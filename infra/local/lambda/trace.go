package lambda

import (
	"context"
	"fmt"
	"strings"
	"time"
)

type traceKey struct{}

// WithTrace makes header, an X-Amzn-Trace-Id, the trace that an invocation with this context belongs to.
func WithTrace(ctx context.Context, header string) context.Context {
	return context.WithValue(ctx, traceKey{}, header)
}

func withTrace(header string) context.Context { return WithTrace(context.Background(), header) }

// traceOf gives the header that the function gets: the caller's with this invocation as the parent, or a new one.
//
// Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
func traceOf(ctx context.Context) string {
	header, _ := ctx.Value(traceKey{}).(string)
	if !strings.Contains(header, "Root=") {
		header = fmt.Sprintf("Root=1-%08x-%s", time.Now().Unix(), randomID()[:24])
	}
	if !strings.Contains(header, "Parent=") {
		header += ";Parent=" + randomID()[:16]
	}
	if !strings.Contains(header, "Sampled=") {
		header += ";Sampled=0"
	}
	return header
}
