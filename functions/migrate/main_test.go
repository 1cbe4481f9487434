package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/miyabi-society/platform/functions/internal/customresource"
	"github.com/miyabi-society/platform/functions/internal/postgrestest"
	"github.com/miyabi-society/platform/functions/internal/runtime"
	"github.com/miyabi-society/platform/migrations"
)

var server *postgrestest.Server

func TestMain(m *testing.M) {
	os.Exit(postgrestest.Run(m, func(s *postgrestest.Server) { server = s }))
}

func secret(text string, err error) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return text, err }
}

const master = `{"username":"` + postgrestest.Master + `","password":"unused"}`

func newFunction(db *postgrestest.Database) *function {
	return &function{
		settings: runtime.Migrate{Database: runtime.Database{Host: "127.0.0.1", Port: uint16(db.Port()), Name: db.Name, TLS: runtime.TLSDisable}},
		secret:   secret(master, nil), log: slog.New(slog.DiscardHandler),
	}
}

func TestMigrateReportsWhatItDid(t *testing.T) {
	t.Parallel()
	f := newFunction(server.Empty(t))
	var version string
	for run, before := range []string{"0", ""} {
		data, err := f.apply(t.Context())
		if err != nil || data["Version"] == "0" || (data["Applied"] != "") != (run == 0) || data["Newer"] != "false" || data["Milliseconds"] == "" {
			t.Errorf("data %v (%v)", data, err)
		}
		if before == "" {
			before = version
		}
		if version = data["Version"]; data["Before"] != before {
			t.Errorf("before it was %s, want %s", data["Before"], before)
		}
	}
}

func TestMigrateSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	db := server.Empty(t)
	for name, one := range map[string]struct {
		change func(*function)
		want   string
	}{
		"wrong settings": {func(f *function) { f.settingsErr = errors.New("AWS_REGION is missing") }, "AWS_REGION is missing"},
		"no secret":      {func(f *function) { f.secret = secret("", errors.New("no answer")) }, "no answer"},
		"a wrong secret": {func(f *function) { f.secret = secret(`{"password":"geheim"}`, nil) }, "username and password"},
		"no database":    {func(f *function) { f.settings.Database.Port = 1 }, "connect"},
	} {
		f := newFunction(db)
		one.change(f)
		_, applyErr := f.apply(t.Context())
		_, commandErr := f.command(t.Context(), command{Name: status})
		for _, err := range []error{applyErr, commandErr} {
			if err == nil || !strings.Contains(err.Error(), one.want) || strings.Contains(err.Error(), "geheim") {
				t.Errorf("%s: error is %v", name, err)
			}
		}
	}
}

func TestOnlyGoingBackFromItsOwnMigrationsIsNoWork(t *testing.T) {
	t.Parallel()
	own, err := migrations.Hash(migrations.Files)
	if err != nil || len(own) != 64 {
		t.Fatalf("hash %q (%v)", own, err)
	}
	for name, one := range map[string]struct {
		from, to any
		want     bool
	}{
		"a deployment":                 {"before", own, false},
		"a deployment over a failed":   {"another", own, false},
		"back to the release before":   {own, "before", true},
		"the release before goes back": {"after", own, false},
		"a first deployment":           {nil, own, false},
		"the same":                     {own, own, false},
	} {
		r := customresource.Request{RequestType: customresource.Update, Properties: map[string]any{property: one.to}, OldProperties: map[string]any{property: one.from}}
		if got := goesBack(own)(r); got != one.want {
			t.Errorf("%s: goes back is %v", name, got)
		}
	}
}

func TestTheNamesFitIntoAnAnswerToCloudFormation(t *testing.T) {
	t.Parallel()
	if got := join([]string{"a", "b"}); got != "a,b" {
		t.Errorf("got %s", got)
	}
	long := join(slices.Repeat([]string{"00001_some_migration.sql"}, 200))
	if len(long) > longestNames+50 || !strings.HasSuffix(long, " and 120 more") {
		t.Errorf("%d bytes: %s", len(long), long)
	}
}

func TestAPersonsCommandIsToldFromCloudFormation(t *testing.T) {
	t.Parallel()
	resource := answering(`"resource"`)
	h := &handler{command: newFunction(server.Empty(t)).command, resource: resource}
	got, err := h.Invoke(t.Context(), []byte(`{"command":"up"}`))
	var a answer
	if err != nil || json.Unmarshal(got, &a) != nil || a.Command != up || a.Before != 0 || len(a.Applied) == 0 || a.Version == 0 {
		t.Errorf("up: %s (%v)", got, err)
	}
	got, err = h.Invoke(t.Context(), []byte(`{"command":"down-to","version":1}`))
	if err != nil || !strings.Contains(string(got), `"taken_back":[`) {
		t.Errorf("down-to: %s (%v)", got, err)
	}
	if _, err = h.Invoke(t.Context(), []byte(`{"command":"sideways"}`)); err == nil || !strings.Contains(err.Error(), "status, dry-run, up and down-to") {
		t.Errorf("an unknown command: %v", err)
	}
	for _, payload := range []string{`{"RequestType":"Create"}`, `[]`, `x`} {
		if got, err = h.Invoke(t.Context(), []byte(payload)); err != nil || string(got) != `"resource"` {
			t.Errorf("%s: %s (%v)", payload, got, err)
		}
	}
}

type answering string

func (a answering) Invoke(context.Context, []byte) ([]byte, error) { return []byte(a), nil }

var _ lambda.Handler = answering("")
