// Command sweep is the Lambda function that a schedule runs to take away what passes: the logs of executions, the
// activity, and sign-ins, idempotency keys and invitations whose time is over. It takes no input.
package main

import (
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/miyabi-society/platform/functions/internal/postgres"
	"github.com/miyabi-society/platform/functions/internal/runtime"
	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient"
	"github.com/miyabi-society/platform/functions/internal/runtime/database"
)

func main() {
	settings, err := runtime.ReadSweep(os.Getenv)
	log := runtime.NewLogger(os.Stderr, settings.Function)
	if err != nil {
		fail(log, err)
	}
	pool, err := database.Pool(settings.Region, settings.Client, awsclient.Credentials)
	if err != nil {
		fail(log, err)
	}
	s := sweeper{retention: postgres.New(pool), days: settings.Days, log: log, now: time.Now}
	lambda.Start(s.sweep)
}

// fail ends the process: Lambda reports it as an error of the initialization.
func fail(log *slog.Logger, err error) {
	log.Error("sweep cannot start", "error", err.Error())
	os.Exit(1)
}
