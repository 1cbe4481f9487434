package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/functions/internal/postgrestest"
	"github.com/miyabi-society/platform/functions/internal/runtime"
)

var server *postgrestest.Server

func TestMain(m *testing.M) {
	os.Exit(postgrestest.Run(m, func(s *postgrestest.Server) { server = s }))
}

func secret(text string, err error) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return text, err }
}

func settings(db *postgrestest.Database) runtime.Migrate {
	return runtime.Migrate{Database: runtime.Database{Host: "127.0.0.1", Port: uint16(db.Port()), Name: db.Name, TLS: runtime.TLSDisable}}
}

const master = `{"username":"` + postgrestest.Master + `","password":"unused"}`

func TestMigrateReportsWhatItDid(t *testing.T) {
	t.Parallel()
	s := settings(server.Empty(t))
	for _, applied := range []bool{true, false} {
		data, err := migrate(t.Context(), s, secret(master, nil), slog.New(slog.DiscardHandler))
		if err != nil || data["Version"] == "0" || (data["Applied"] != "") != applied || data["Newer"] != "false" {
			t.Errorf("data %v (%v)", data, err)
		}
	}
}

func TestMigrateSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := settings(server.Empty(t))
	gone := s
	gone.Database.Port = 1
	for name, one := range map[string]struct {
		settings runtime.Migrate
		read     func(context.Context) (string, error)
		want     string
	}{
		"no secret":      {s, secret("", errors.New("no answer")), "no answer"},
		"a wrong secret": {s, secret(`{"password":"geheim"}`, nil), "username and password"},
		"no database":    {gone, secret(master, nil), "connect"},
	} {
		_, err := migrate(t.Context(), one.settings, one.read, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), one.want) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}
