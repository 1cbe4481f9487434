package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/miyabi-society/platform/functions/internal/gateway"
)

// aliasSession is the alias through which auth gives session orders. It refuses HTTP requests and every other door refuses
// its orders, so that a person who may only send HTTP requests can never give a session order.
const aliasSession = "session"

// dispatcher gives an event to the part that the invoked door stands for.
type dispatcher struct{ live, session lambda.Handler }

// Invoke implements lambda.Handler.
func (d dispatcher) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	qualifier := gateway.Qualifier(ctx)
	switch {
	case gateway.ServesHTTP(qualifier):
		return d.live.Invoke(ctx, payload)
	case qualifier == aliasSession:
		return d.session.Invoke(ctx, payload)
	}
	return nil, fmt.Errorf("invoke this function by its alias %s or %s, not by %q", gateway.Live, aliasSession, qualifier)
}
