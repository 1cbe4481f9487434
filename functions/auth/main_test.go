package main

import (
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/miyabi-society/platform/functions/internal/runtime"
)

func TestOnlyTheDoorsForHTTPAreServed(t *testing.T) {
	t.Parallel()
	github := &url.URL{Scheme: "https", Host: "github.com"}
	handler := assemble(runtime.Auth{
		Function:        runtime.Function{Environment: "dev", Region: "us-east-1", Endpoint: "http://127.0.0.1:1"},
		SessionFunction: "arn", IdentitySecret: "arn", GitHubURL: github, GitHubAPIURL: github,
	}, runtime.NewLogger(io.Discard, runtime.Function{}))
	const event = `{"version":"2.0","rawPath":"/auth/nowhere","requestContext":{"requestId":"r","http":{"method":"GET"}}}`
	for qualifier, served := range map[string]bool{":live": true, ":3": true, ":session": false, ":$LATEST": false, "": false} {
		ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{
			InvokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:Miyabi-dev-auth" + qualifier,
		})
		out, err := handler.Invoke(ctx, []byte(event))
		switch {
		case served && (err != nil || !strings.Contains(string(out), `"statusCode":404`)):
			t.Errorf("%q answers %s (%v)", qualifier, out, err)
		case !served && (err == nil || !strings.Contains(err.Error(), "alias live")):
			t.Errorf("%q answers %s (%v)", qualifier, out, err)
		}
	}
}
