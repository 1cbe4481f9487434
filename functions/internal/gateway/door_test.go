package gateway

import (
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

func TestTheDoorIsReadFromTheInvokedARN(t *testing.T) {
	t.Parallel()
	const function = "arn:aws:lambda:us-east-1:000000000000:function:Miyabi-dev-api"
	for suffix, want := range map[string]struct {
		qualifier string
		http      bool
	}{
		":live": {"live", true}, ":1": {"1", true}, ":42": {"42", true},
		":session": {"session", false}, ":$LATEST": {"$LATEST", false}, ":0": {"0", false}, ":1e3": {"1e3", false},
		"": {"", false}, ":live:1": {"", false},
	} {
		ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{InvokedFunctionArn: function + suffix})
		if got := Qualifier(ctx); got != want.qualifier || ServesHTTP(got) != want.http {
			t.Errorf("%q: door %q, HTTP %v", suffix, got, ServesHTTP(got))
		}
	}
	if got := Qualifier(t.Context()); got != "" {
		t.Errorf("outside of Lambda the door is %q", got)
	}
}
