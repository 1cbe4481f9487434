// Command auth is the Lambda function behind /auth. It runs outside of the VPC, because GitHub has no IPv6 address.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/miyabi-society/platform/functions/internal/gateway"
	"github.com/miyabi-society/platform/functions/internal/identity"
	"github.com/miyabi-society/platform/functions/internal/identity/github"
	"github.com/miyabi-society/platform/functions/internal/runtime"
	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient"
	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient/invoker"
	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient/secrets"
	"github.com/miyabi-society/platform/functions/internal/signin"
)

func main() {
	settings, err := runtime.ReadAuth(os.Getenv)
	log := runtime.NewLogger(os.Stderr, settings.Function)
	if err != nil {
		log.Error("auth cannot start", "error", err.Error())
		os.Exit(1)
	}
	lambda.Start(assemble(settings, log))
}

// assemble connects the parts. The secret is read when the first request needs it.
func assemble(settings runtime.Auth, log *slog.Logger) lambda.Handler {
	clients := awsclient.Config(settings.Function)
	source := identity.NewSecretSource(secrets.New(clients).Reader(settings.IdentitySecret))
	handler := signin.New(signin.Services{
		Sessions: identity.NewSessionClient(invoker.New(clients, settings.SessionFunction).Invoke),
		Secrets:  source, Tokens: identity.NewAccessTokens(source, settings.Environment),
		GitHubURL: settings.GitHubURL, GitHubAPIURL: settings.GitHubAPIURL, Client: github.NewClient(), Log: log,
	})
	return httpOnly{gateway.New(handler, log)}
}

// httpOnly refuses every way of invoking the function but the doors for HTTP requests.
type httpOnly struct{ next lambda.Handler }

// Invoke implements lambda.Handler.
func (h httpOnly) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if qualifier := gateway.Qualifier(ctx); !gateway.ServesHTTP(qualifier) {
		return nil, fmt.Errorf("invoke this function by its alias %s, not by %q", gateway.Live, qualifier)
	}
	return h.next.Invoke(ctx, payload)
}
