package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/miyabi-society/platform/functions/internal/gateway"
	"github.com/miyabi-society/platform/functions/internal/identity"
	"github.com/miyabi-society/platform/functions/internal/runtime"
)

const (
	httpEvent  = `{"version":"2.0","rawPath":"/api/v1/health","requestContext":{"requestId":"r","http":{"method":"GET"}}}`
	orderEvent = `{"session":{"action":"sign_out","token":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}}`
)

func invokedAs(t *testing.T, qualifier string) context.Context {
	t.Helper()
	return lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{
		InvokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:Miyabi-dev-Api" + qualifier,
	})
}

// settings name a database and a secret that nobody answers for.
func settings() runtime.API {
	return runtime.API{
		Function: runtime.Function{Environment: runtime.Local, Region: "us-east-1", Endpoint: "http://127.0.0.1:1"},
		Client: runtime.Client{
			Database:     runtime.Database{Host: "127.0.0.1", Port: 1, Name: "miyabi", TLS: runtime.TLSDisable},
			DatabaseUser: "miyabi_app", DatabaseMode: runtime.ModeExec, PoolSize: 1,
		},
		IdentitySecret: "arn",
	}
}

func TestEachAliasTakesItsOwnEventsOnly(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIA")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	d, err := assemble(settings(), runtime.NewLogger(io.Discard, runtime.Function{}))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := d.Invoke(invokedAs(t, ":live"), []byte(httpEvent)); err != nil || !strings.Contains(string(out), `"statusCode":200`) {
		t.Errorf("live with a request: %s (%v)", out, err)
	}
	if _, err := d.Invoke(invokedAs(t, ":live"), []byte(orderEvent)); !errors.Is(err, gateway.ErrNotHTTP) {
		t.Errorf("live with an order: %v", err)
	}
	if _, err := d.Invoke(invokedAs(t, ":session"), []byte(httpEvent)); !errors.Is(err, identity.ErrNotSessionOrder) {
		t.Errorf("session with a request: %v", err)
	}
	if out, err := d.Invoke(invokedAs(t, ":session"), []byte(orderEvent)); err != nil || string(out) != `{"refused":"unavailable"}` {
		t.Errorf("session with an order and no database: %s (%v)", out, err)
	}
}

// The pre-traffic hook asks a version before an alias leads to it.
func TestAVersionTakesRequestsAndNeverOrders(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIA")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	d, err := assemble(settings(), runtime.NewLogger(io.Discard, runtime.Function{}))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := d.Invoke(invokedAs(t, ":7"), []byte(httpEvent)); err != nil || !strings.Contains(string(out), `"statusCode":200`) {
		t.Errorf("version with a request: %s (%v)", out, err)
	}
	if _, err := d.Invoke(invokedAs(t, ":7"), []byte(orderEvent)); !errors.Is(err, gateway.ErrNotHTTP) {
		t.Errorf("version with an order: %v", err)
	}
}

func TestOtherWaysOfInvokingAreRefused(t *testing.T) {
	t.Parallel()
	for _, qualifier := range []string{"", ":0", ":007", ":7a", ":$LATEST", ":other", ":live:session"} {
		if _, err := (dispatcher{}).Invoke(invokedAs(t, qualifier), []byte(httpEvent)); err == nil || !strings.Contains(err.Error(), "alias") {
			t.Errorf("%q: error is %v", qualifier, err)
		}
	}
	if _, err := (dispatcher{}).Invoke(t.Context(), nil); err == nil {
		t.Error("without a Lambda context it is served")
	}
}
