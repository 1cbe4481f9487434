// Command auth is the Lambda function behind /auth. It runs outside of the VPC, because GitHub has no IPv6 address.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

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
	return liveOnly{gateway.New(handler, log)}
}

// liveOnly refuses every way of invoking the function but the alias that the HTTP API uses.
type liveOnly struct{ next lambda.Handler }

// Invoke implements lambda.Handler.
func (l liveOnly) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	lc, ok := lambdacontext.FromContext(ctx)
	if !ok || !strings.HasSuffix(lc.InvokedFunctionArn, ":live") {
		return nil, fmt.Errorf("invoke this function by its alias live")
	}
	return l.next.Invoke(ctx, payload)
}
