package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/functions/internal/postgrestest"
	"github.com/miyabi-society/platform/migrations"
)

var server *postgrestest.Server

func TestMain(m *testing.M) {
	os.Exit(postgrestest.Run(m, func(s *postgrestest.Server) { server = s }))
}

func TestASecondRunChangesNothing(t *testing.T) {
	t.Parallel()
	db := server.Migrated(t)
	var before string
	for run, want := range []string{"made the organization miyabi-demo: 4 people", "is there already"} {
		var out strings.Builder
		if err := seed(t.Context(), []string{"-database", db.URL(migrations.AppRole)}, &out); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("printed %s (%v), want %s", out.String(), err, want)
		}
		now := content(t, db)
		if run == 1 && now != before {
			t.Error("the second run changed what the organization has")
		}
		before = now
	}
}

// content is a digest of every row of every organization.
func content(t *testing.T, db *postgrestest.Database) string {
	t.Helper()
	conn := db.Superuser(t)
	var query, digest string
	err := conn.QueryRow(t.Context(), `SELECT 'SELECT md5(string_agg(one, '''' ORDER BY one)) FROM ('
			|| string_agg(format('SELECT x::text AS one FROM %I AS x', c.relname), ' UNION ALL ') || ') AS every'
		FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
			AND (c.relname = 'organizations' OR EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'organization_id'))`).Scan(&query)
	if err == nil {
		err = conn.QueryRow(t.Context(), query).Scan(&digest)
	}
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

func TestTheDatabaseOfALocalRunIsFoundByItsDataFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "postgres"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "postgres", "port"), []byte("4711"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := inState(dir); err != nil || got != "postgres://miyabi_app@127.0.0.1:4711/miyabi?sslmode=disable" {
		t.Errorf("got %s (%v)", got, err)
	}
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"-database or -state":     {},
		"start it with make up":   {"-state", t.TempDir()},
		"where the database is":   {"-database", "postgres://%"},
		"temporarily unavailable": {"-database", "postgres://miyabi_app@127.0.0.1:1/none?sslmode=disable"},
		"not defined":             {"-x"},
	} {
		if err := seed(t.Context(), args, new(strings.Builder)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error is %v, want %s", args, err, want)
		}
	}
}
