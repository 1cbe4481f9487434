package awsclient_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/miyabi-society/platform/functions/internal/runtime"
	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient"
	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient/invoker"
	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient/lifecycle"
	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient/secrets"
)

// wire keeps the host that a client would have called and answers in its place.
type wire struct {
	host, authorization string
	header              http.Header
	body                string
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.host, w.authorization = r.URL.Host, r.Header.Get("Authorization")
	return &http.Response{StatusCode: http.StatusOK, Header: w.header.Clone(), Body: io.NopCloser(strings.NewReader(w.body)), Request: r}, nil
}

// Every client works with AWS's own addresses, where it takes the ones with IPv6, and with one address for all
// services, where it must not.
func TestEveryClientUnderBothConfigurations(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIA")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	clients := []struct {
		name, dual string
		call       func(ctx context.Context, c aws.Config) error
	}{
		// by the SDK's rules Secrets Manager answers IPv6 at its usual name too
		{"secrets", "secretsmanager.us-east-1.amazonaws.com", func(ctx context.Context, c aws.Config) error {
			_, err := secrets.New(c).Reader("arn")(ctx)
			return err
		}},
		{"invoker", "lambda.us-east-1.api.aws", func(ctx context.Context, c aws.Config) error {
			_, err := invoker.New(c, "arn:aws:lambda:us-east-1:000000000000:function:f:session").Invoke(ctx, []byte("{}"))
			return err
		}},
		// its function runs outside of the VPC, where IPv4 is enough
		{"lifecycle", "codedeploy.us-east-1.amazonaws.com", func(ctx context.Context, c aws.Config) error {
			return lifecycle.New(c).Report(ctx, lifecycle.Hook{Deployment: "d", Execution: "e"}, true)
		}},
	}
	for _, one := range clients {
		for endpoint, want := range map[string]string{"": one.dual, "http://127.0.0.1:4566": "127.0.0.1:4566"} {
			c := awsclient.Config(runtime.Function{Region: "us-east-1", Endpoint: endpoint})
			w := &wire{header: http.Header{}, body: `{"SecretString":"x"}`}
			c.HTTPClient = &http.Client{Transport: w}
			if err := one.call(t.Context(), c); err != nil || w.host != want || !strings.Contains(w.authorization, "Credential=AKIA/") {
				t.Errorf("%s with endpoint %q calls %s with %q (%v), want %s", one.name, endpoint, w.host, w.authorization, err, want)
			}
		}
	}
}

func TestAFailedFunctionIsAnError(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIA")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	c := awsclient.Config(runtime.Function{Region: "us-east-1"})
	for body, want := range map[string]string{
		`{}`: "it gives no reason", `nonsense`: "it gives no reason", `{"errorMessage":"too warm"}`: "too warm",
		`{"errorMessage":"` + strings.Repeat("雅", 200) + `"}`: strings.Repeat("雅", 100) + "…",
	} {
		c.HTTPClient = &http.Client{Transport: &wire{header: http.Header{"X-Amz-Function-Error": {"Unhandled"}}, body: body}}
		_, err := invoker.New(c, "f").Invoke(t.Context(), nil)
		if !errors.Is(err, invoker.ErrFailed) || !strings.HasSuffix(err.Error(), ": f: Unhandled: "+want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
	c.HTTPClient = &http.Client{Transport: &wire{body: "{}"}}
	if _, err := secrets.New(c).Reader("arn:x")(t.Context()); err == nil || !strings.Contains(err.Error(), "arn:x") {
		t.Errorf("a secret without a text: %v", err)
	}
}

func TestMissingCredentialsAreNamed(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	if _, err := awsclient.Credentials.Retrieve(t.Context()); err == nil || !strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") {
		t.Errorf("error is %v", err)
	}
}
