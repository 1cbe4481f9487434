// Command api is the Lambda function behind /api, and, by its alias session, behind the sign-in.
package main

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/miyabi-society/platform/functions/internal/gateway"
	"github.com/miyabi-society/platform/functions/internal/httpapi"
	"github.com/miyabi-society/platform/functions/internal/identity"
	"github.com/miyabi-society/platform/functions/internal/postgres"
	"github.com/miyabi-society/platform/functions/internal/runtime"
	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient"
	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient/secrets"
	"github.com/miyabi-society/platform/functions/internal/runtime/database"
)

func main() {
	settings, err := runtime.ReadAPI(os.Getenv)
	log := runtime.NewLogger(os.Stderr, settings.Function)
	if err != nil {
		fail(log, err)
	}
	handler, err := assemble(settings, log)
	if err != nil {
		fail(log, err)
	}
	lambda.Start(handler)
}

// fail ends the process: Lambda reports it as an error of the initialization.
func fail(log *slog.Logger, err error) {
	log.Error("api cannot start", "error", err.Error())
	os.Exit(1)
}

// assemble connects the parts. Nothing in it waits for another system: the pool connects and the secret is read when
// the first request needs them.
func assemble(settings runtime.API, log *slog.Logger) (lambda.Handler, error) {
	pool, err := database.Pool(settings.Region, settings.Client, awsclient.Credentials)
	if err != nil {
		return nil, err
	}
	store := postgres.New(pool)
	clients := awsclient.Config(settings.Function)
	tokens := identity.NewAccessTokens(identity.NewSecretSource(secrets.New(clients).Reader(settings.IdentitySecret)), settings.Environment)
	api, err := httpapi.New(httpapi.Services{
		People: store, Organizations: store, Tasks: store, Tokens: tokens, Environment: settings.Environment, Log: log,
	})
	if err != nil {
		return nil, fmt.Errorf("make the API: %w", err)
	}
	return dispatcher{live: gateway.New(api, log), session: identity.NewSessionServer(store, log)}, nil
}
