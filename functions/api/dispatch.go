package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// The aliases of this function. Each takes one kind of event and refuses the other one, so that a person who may only
// send HTTP requests can never give a session order.
const (
	aliasLive    = "live"
	aliasSession = "session"
)

// dispatcher gives an event to the part that the invoked alias stands for.
type dispatcher struct{ live, session lambda.Handler }

// Invoke implements lambda.Handler.
func (d dispatcher) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	alias := invokedAlias(ctx)
	switch alias {
	case aliasLive:
		return d.live.Invoke(ctx, payload)
	case aliasSession:
		return d.session.Invoke(ctx, payload)
	}
	return nil, fmt.Errorf("invoke this function by its alias %s or %s, not by %q", aliasLive, aliasSession, alias)
}

// invokedAlias reads the qualifier of the ARN that the caller used: arn:aws:lambda:<region>:<account>:function:<name>:<alias>.
func invokedAlias(ctx context.Context) string {
	lc, ok := lambdacontext.FromContext(ctx)
	if !ok {
		return ""
	}
	parts := strings.Split(lc.InvokedFunctionArn, ":")
	if len(parts) != 8 {
		return ""
	}
	return parts[7]
}
