package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/miyabi-society/platform/functions/internal/customresource"
	"github.com/miyabi-society/platform/functions/internal/runtime"
	"github.com/miyabi-society/platform/functions/internal/runtime/database"
	"github.com/miyabi-society/platform/functions/internal/schema"
	"github.com/miyabi-society/platform/migrations"
)

// property is the one of the custom resource that holds the hash of the migrations.
const property = "Migrations"

// longestNames keeps the attributes of the custom resource well below the 4096 bytes that an answer to CloudFormation
// can have.
const longestNames = 2000

// handler tells a person's command from a request of CloudFormation. It is a lambda.Handler.
type handler struct {
	command  func(context.Context, command) (answer, error)
	resource lambda.Handler
}

// Invoke implements lambda.Handler.
func (h *handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var c command
	if json.Unmarshal(payload, &c) != nil || c.Name == "" {
		return h.resource.Invoke(ctx, payload)
	}
	a, err := h.command(ctx, c)
	if err != nil {
		return nil, err
	}
	return json.Marshal(a)
}

// function is what an invocation needs.
type function struct {
	settings runtime.Migrate
	// settingsErr is what is wrong with the settings. It is an answer too: without one CloudFormation would wait until
	// its own timeout.
	settingsErr error
	// secret reads the secret of the master user.
	secret func(context.Context) (string, error)
	log    *slog.Logger
}

// apply runs what is pending and gives the attributes of the custom resource.
func (f *function) apply(ctx context.Context) (map[string]string, error) {
	m, err := f.migrator(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = m.Close() }()
	r, err := m.Up(ctx)
	if err != nil {
		return nil, err
	}
	f.log.InfoContext(ctx, "migrated", "before", r.Before, "after", r.After, "applied", r.Applied, "newer", r.Newer, "ms", r.Took.Milliseconds())
	return map[string]string{
		"Before":       strconv.FormatInt(r.Before, 10),
		"Version":      strconv.FormatInt(r.After, 10),
		"Applied":      join(r.Applied),
		"Newer":        strconv.FormatBool(r.Newer),
		"Milliseconds": strconv.FormatInt(r.Took.Milliseconds(), 10),
	}, nil
}

// goesBack tells an update from the migrations of this program to others: the deployment that brought them has failed.
func goesBack(own string) func(customresource.Request) bool {
	return func(r customresource.Request) bool {
		return r.OldProperties[property] == own && r.Properties[property] != own
	}
}

// join lists names with commas, and says how many more there are than fit.
func join(names []string) (text string) {
	for i, name := range names {
		if len(text)+len(name) > longestNames {
			return fmt.Sprintf("%s and %d more", text, len(names)-i)
		}
		if i > 0 {
			text += ","
		}
		text += name
	}
	return text
}

// command carries out a person's command.
func (f *function) command(ctx context.Context, c command) (answer, error) {
	m, err := f.migrator(ctx)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = m.Close() }()
	f.log.InfoContext(ctx, "a person's command", "command", c.Name, "version", c.Version)
	return c.run(ctx, m)
}

func (f *function) migrator(ctx context.Context) (*schema.Migrator, error) {
	if f.settingsErr != nil {
		return nil, f.settingsErr
	}
	text, err := f.secret(ctx)
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
	config, err := database.Master(f.settings.Database, master.Username, master.Password)
	if err != nil {
		return nil, err
	}
	return schema.New(config, migrations.Files, f.log), nil
}
