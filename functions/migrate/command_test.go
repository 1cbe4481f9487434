package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/functions/internal/postgrestest"
)

// at runs a command line on a database.
func at(t *testing.T, db *postgrestest.Database, args ...string) (out, errOut string, err error) {
	t.Helper()
	var o, e strings.Builder
	err = commandLine(t.Context(), append([]string{"-database", db.URL(postgrestest.Master)}, args...), &o, &e)
	return o.String(), e.String(), err
}

func want(t *testing.T, db *postgrestest.Database, text string, args ...string) {
	t.Helper()
	if out, _, err := at(t, db, args...); err != nil || !strings.Contains(out, text) {
		t.Errorf("%v: %v\n%s\nwant %s", args, err, out, text)
	}
}

func TestAPersonWalksTheSchemaUpAndDown(t *testing.T) {
	t.Parallel()
	db := server.Empty(t)
	want(t, db, "1        pending  -              00001_people_and_organizations.sql", "status")
	want(t, db, "-- 00001_people_and_organizations.sql: in one transaction\n-- +goose Up\n", "dry-run")
	want(t, db, "; nothing was changed\n", "dry-run")
	want(t, db, "pending", "status")
	want(t, db, "applied 00001_people_and_organizations.sql\napplied 00002_tasks.sql\n", "up")
	want(t, db, ", as before\n", "up")
	want(t, db, "; nothing is pending\n", "dry-run")
	want(t, db, "took back 00003_sessions.sql\ntook back 00002_tasks.sql\n", "down-to", "1")
	want(t, db, "the schema is at version 1, as before\n", "down-to", "1")
	want(t, db, "2        pending", "status")
	want(t, db, "1        applied  20", "status")
}

func TestAPersonsUpRefusesANewerSchema(t *testing.T) {
	t.Parallel()
	db := server.Migrated(t)
	if _, err := db.Connect(t, postgrestest.Master).Exec(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (90001, true)"); err != nil {
		t.Fatal(err)
	}
	want(t, db, "90001    unknown", "status")
	for _, name := range []string{"up", "dry-run"} {
		if _, _, err := at(t, db, name); err == nil || !strings.Contains(err.Error(), "use the release that made it") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	// a deploy leaves it alone and succeeds: the release before runs on the schema of the one after
	if data, err := newFunction(db).apply(t.Context()); err != nil || data["Newer"] != "true" || data["Version"] != "90001" || data["Applied"] != "" {
		t.Errorf("data %v (%v)", data, err)
	}
}

func TestAWrongCommandLineIsExplained(t *testing.T) {
	t.Parallel()
	db := server.Empty(t)
	for text, args := range map[string][]string{
		"a command is missing":      {},
		"there is no command":       {"sideways"},
		`status takes no "all"`:     {"status", "all"},
		"a version belongs":         {"down-to"},
		`not "x"`:                   {"down-to", "x"},
		"flag provided but not def": {"-x"},
	} {
		if _, _, err := at(t, db, args...); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%v: error is %v, want %s", args, err, text)
		}
	}
	if _, help, err := at(t, db, "-h"); err != nil || !strings.Contains(help, "down-to VERSION") {
		t.Errorf("help: %s (%v)", help, err)
	}
	if err := commandLine(t.Context(), []string{"-database", "postgres://%", "status"}, new(strings.Builder), new(strings.Builder)); err == nil {
		t.Error("a wrong address is taken")
	}
}

func TestAFailedCommandStillTellsWhatItDid(t *testing.T) {
	t.Parallel()
	db := server.Migrated(t)
	conn := db.Connect(t, postgrestest.Master)
	// the down section of the first migration fails on what is not its own
	if _, err := conn.Exec(t.Context(), "CREATE VIEW watcher AS SELECT id FROM users"); err != nil {
		t.Fatal(err)
	}
	out, _, err := at(t, db, "down-to", fmt.Sprint(0))
	if err == nil || !strings.Contains(out, "took back 00002_tasks.sql\n") || strings.Contains(out, "took back 00001") {
		t.Errorf("error is %v, printed %s", err, out)
	}
}
