// Command migrate is the Lambda function behind the custom resource of the Schema stack: it brings the database to the
// newest migration.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/miyabi-society/platform/functions/internal/customresource"
	"github.com/miyabi-society/platform/functions/internal/runtime"
	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient"
	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient/secrets"
	"github.com/miyabi-society/platform/functions/internal/runtime/database"
	"github.com/miyabi-society/platform/functions/internal/schema"
	"github.com/miyabi-society/platform/migrations"
)

// reserve is kept of the function's time: taking back a failed run needs up to 30 s, the answer up to 25.
const reserve = time.Minute

func main() {
	settings, err := runtime.ReadMigrate(os.Getenv)
	log := runtime.NewLogger(os.Stderr, settings.Function)
	if err == nil && settings.AppUser != migrations.AppRole {
		err = fmt.Errorf("environment variables: DATABASE_APP_USER is %q, but the migrations grant to %s", settings.AppUser, migrations.AppRole)
	}
	read := secrets.New(awsclient.Config(settings.Function)).Reader(settings.MasterSecret)
	lambda.Start(&customresource.Handler{
		PhysicalID: "miyabi-schema", Reserve: reserve, Client: &http.Client{}, Log: log,
		// a wrong setting is an answer to CloudFormation too: without one it would wait until its own timeout
		Apply: func(ctx context.Context) (map[string]string, error) {
			if err != nil {
				return nil, err
			}
			return migrate(ctx, settings, read, log)
		},
	})
}

// migrate runs what is pending and gives the attributes of the custom resource.
func migrate(ctx context.Context, s runtime.Migrate, read func(context.Context) (string, error), log *slog.Logger) (map[string]string, error) {
	text, err := read(ctx)
	if err != nil {
		return nil, err
	}
	var master struct {
		Username string `json:"username"`
		Password string `json:"password"`
	}
	if json.Unmarshal([]byte(text), &master) != nil || master.Username == "" || master.Password == "" {
		return nil, errors.New("the secret of the master user is not a JSON object with username and password") // a cause would quote it
	}
	config, err := database.Master(s.Database, master.Username, master.Password)
	if err != nil {
		return nil, err
	}
	m := schema.New(config, migrations.Files, log)
	defer func() { _ = m.Close() }()
	report, err := m.Up(ctx)
	if err != nil {
		return nil, err
	}
	log.InfoContext(ctx, "migrated", "before", report.Before, "after", report.After, "applied", report.Applied, "newer", report.Newer)
	return map[string]string{
		"Version": strconv.FormatInt(report.After, 10),
		"Applied": strings.Join(report.Applied, ","),
		"Newer":   strconv.FormatBool(report.Newer),
	}, nil
}
