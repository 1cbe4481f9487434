// Command hook is the Lambda function that CodeDeploy asks before it gives requests to a new version: it sends the new
// versions the smoke set and reports whether they passed. It runs outside of the VPC.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/miyabi-society/platform/functions/internal/runtime"
	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient"
	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient/invoker"
	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient/lifecycle"
)

func main() {
	settings, err := runtime.ReadHook(os.Getenv)
	log := runtime.NewLogger(os.Stderr, settings.Function)
	if err != nil {
		log.Error("hook cannot start", "error", err.Error())
		os.Exit(1)
	}
	lambda.Start(assemble(settings, log).handle)
}

// assemble connects the parts.
func assemble(settings runtime.Hook, log *slog.Logger) *hook {
	clients := awsclient.Config(settings.Function)
	return &hook{
		report: lifecycle.New(clients).Report,
		checks: smokeSet(settings.Environment,
			invoker.New(clients, settings.APIVersion).Invoke, invoker.New(clients, settings.AuthVersion).Invoke),
		log: log,
	}
}
