// Command migrate brings the database to the newest migration. As a Lambda function it is behind the custom resource of
// the Schema stack, and a person with the right to invoke it can give it a command, because nobody else reaches the
// database: {"command": "status"}. On a machine that does reach it, it is a command line:
//
//	migrate [-database URL] status | dry-run | up | down-to VERSION
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/miyabi-society/platform/functions/internal/customresource"
	"github.com/miyabi-society/platform/functions/internal/runtime"
	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient"
	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient/secrets"
	"github.com/miyabi-society/platform/migrations"
)

// reserve is kept of the function's time: taking back a failed run needs up to 30 s, the answer up to 25.
const reserve = time.Minute

func main() {
	// Lambda sets this variable for every runtime: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		serve()
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := commandLine(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "migrate:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

func serve() {
	settings, err := runtime.ReadMigrate(os.Getenv)
	log := runtime.NewLogger(os.Stderr, settings.Function)
	if err == nil && settings.AppUser != migrations.AppRole {
		err = fmt.Errorf("environment variables: DATABASE_APP_USER is %q, but the migrations grant to %s", settings.AppUser, migrations.AppRole)
	}
	own, hashErr := migrations.Hash(migrations.Files)
	if err == nil {
		err = hashErr
	}
	f := &function{
		settings: settings, settingsErr: err, log: log,
		secret: secrets.New(awsclient.Config(settings.Function)).Reader(settings.MasterSecret),
	}
	lambda.Start(&handler{
		command: f.command,
		resource: &customresource.Handler{
			PhysicalID: "miyabi-schema", Reserve: reserve, Client: &http.Client{}, Log: log, Apply: f.apply, GoesBack: goesBack(own),
		},
	})
}
