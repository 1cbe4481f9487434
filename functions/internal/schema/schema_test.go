package schema_test

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/miyabi-society/platform/functions/internal/postgrestest"
	"github.com/miyabi-society/platform/functions/internal/schema"
	"github.com/miyabi-society/platform/migrations"
)

var server *postgrestest.Server

func TestMain(m *testing.M) {
	os.Exit(postgrestest.Run(m, func(s *postgrestest.Server) { server = s }))
}

func migrator(t testing.TB, db *postgrestest.Database, files fs.FS) *schema.Migrator {
	t.Helper()
	m := schema.New(db.Config(t, postgrestest.Master), files, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// names are the migrations of the project in order.
func names(t *testing.T) []string {
	t.Helper()
	list, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil || len(list) == 0 {
		t.Fatalf("migrations: %v (%v)", list, err)
	}
	return list
}

func content(t *testing.T, name string) string {
	t.Helper()
	text, err := migrations.Files.ReadFile(path.Clean(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// head is the number of the project's newest migration.
func head(t *testing.T) int64 {
	t.Helper()
	all := names(t)
	return version(t, all, len(all)-1)
}

// with adds a migration after the project's own.
func with(t *testing.T, text ...string) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range names(t) {
		files[name] = &fstest.MapFile{Data: []byte(content(t, name))}
	}
	for i, one := range text {
		files[fmt.Sprintf("9000%d_extra.sql", i+1)] = &fstest.MapFile{Data: []byte(one)}
	}
	return files
}

func TestAnEmptyDatabaseGetsEveryMigrationOnce(t *testing.T) {
	t.Parallel()
	db := server.Empty(t)
	report, err := migrator(t, db, migrations.Files).Up(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Join(names(t), " "); report.Before != 0 || strings.Join(report.Applied, " ") != want || report.After != head(t) {
		t.Errorf("report %+v, want %s", report, want)
	}
	again, err := migrator(t, db, migrations.Files).Up(t.Context())
	if err != nil || len(again.Applied) != 0 || again.Before != report.After || again.After != report.After {
		t.Errorf("the second run gives %+v (%v)", again, err)
	}
}

func TestAFailedRunLeavesSchemaAndVersion(t *testing.T) {
	t.Parallel()
	db := server.Migrated(t)
	before := db.Dump(t)
	good := "-- +goose Up\nCREATE TABLE good (id int);\n-- +goose Down\nDROP TABLE good;\n"
	bad := "-- +goose Up\nCREATE TABLE half (id int);\nSELECT 1 / 0;\n-- +goose Down\nDROP TABLE half;\n"
	report, err := migrator(t, db, with(t, good, bad)).Up(t.Context())
	if err == nil || !strings.Contains(err.Error(), "division by zero") {
		t.Fatalf("report %+v, error %v", report, err)
	}
	if db.Dump(t) != before {
		t.Error("the schema changed")
	}
	again, err := migrator(t, db, migrations.Files).Up(t.Context())
	if err != nil || again.Newer || again.Before != head(t) {
		t.Errorf("afterwards %+v (%v)", again, err)
	}
}

// The taking back meets the same busy tables as the going up, and is as patient.
func TestAFailedRunOnABusyTableLeavesTheSchema(t *testing.T) {
	t.Parallel()
	db := server.Migrated(t)
	before := db.Dump(t)
	reader := db.Superuser(t)
	alter := "-- +goose Up\nALTER TABLE tasks ADD extra int;\n-- +goose Down\nSET LOCAL lock_timeout = '50ms';\nALTER TABLE tasks DROP extra;\n"
	bad := "-- +goose Up\nSELECT pg_sleep(1);\nSELECT 1 / 0;\n-- +goose Down\nSELECT 1;\n"
	ended := make(chan error, 1)
	m := migrator(t, db, with(t, alter, bad))
	go func() {
		_, err := m.Up(t.Context())
		ended <- err
	}()
	for added := false; !added; {
		err := reader.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'tasks'::regclass AND attname = 'extra')").Scan(&added)
		if err != nil {
			t.Fatal(err)
		}
	}
	tx, err := reader.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "LOCK TABLE tasks IN ACCESS SHARE MODE"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second)
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "division by zero") || strings.Contains(err.Error(), "take back") {
		t.Errorf("error is %v", err)
	}
	if db.Dump(t) != before {
		t.Error("the schema changed")
	}
}

func TestANewerSchemaIsLeftAlone(t *testing.T) {
	t.Parallel()
	db := server.Migrated(t)
	next := "-- +goose Up\nCREATE TABLE next (id int);\n-- +goose Down\nDROP TABLE next;\n"
	if _, err := migrator(t, db, with(t, next)).Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := db.Dump(t)
	report, err := migrator(t, db, migrations.Files).Up(t.Context())
	if err != nil || !report.Newer || report.After != 90001 || len(report.Applied) != 0 {
		t.Errorf("report %+v (%v)", report, err)
	}
	if db.Dump(t) != before {
		t.Error("the schema changed")
	}
}

func TestRunsAtOnceApplyEachMigrationOnce(t *testing.T) {
	t.Parallel()
	db := server.Empty(t)
	var mu sync.Mutex
	var applied []string
	var all sync.WaitGroup
	for range 3 {
		m := migrator(t, db, migrations.Files)
		all.Go(func() {
			report, err := m.Up(t.Context())
			mu.Lock()
			defer mu.Unlock()
			applied = append(applied, report.Applied...)
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(applied) != len(names(t)) {
		t.Errorf("applied %v", applied)
	}
}

func TestALockedTableIsTriedAgain(t *testing.T) {
	t.Parallel()
	db := server.Migrated(t)
	tx, err := db.Superuser(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "LOCK TABLE tasks"); err != nil {
		t.Fatal(err)
	}
	go func() {
		time.Sleep(time.Second)
		_ = tx.Rollback(context.WithoutCancel(t.Context()))
	}()
	alter := "-- +goose Up\nSET LOCAL lock_timeout = '50ms';\nALTER TABLE tasks ADD extra int;\n-- +goose Down\nALTER TABLE tasks DROP extra;\n"
	report, err := migrator(t, db, with(t, alter)).Up(t.Context())
	if err != nil || len(report.Applied) != 1 || report.Took < time.Second {
		t.Errorf("report %+v (%v)", report, err)
	}
}

func TestATimeoutThatStaysEndsTheRun(t *testing.T) {
	t.Parallel()
	db := server.Migrated(t)
	before := db.Dump(t)
	good := "-- +goose Up\nCREATE TABLE good (id int);\n-- +goose Down\nDROP TABLE good;\n"
	slow := "-- +goose Up\nSET LOCAL statement_timeout = '20ms';\nSELECT pg_sleep(30);\n-- +goose Down\nSELECT 1;\n"
	report, err := migrator(t, db, with(t, good, slow)).Up(t.Context())
	if err == nil || !strings.Contains(err.Error(), "statement timeout") || report.Took < 5*time.Second {
		t.Errorf("report %+v (%v)", report, err)
	}
	if db.Dump(t) != before {
		t.Error("the schema changed")
	}
}

// A failing migration without timeouts of its own must not hold up the application for long.
func TestEveryStatementIsBounded(t *testing.T) {
	t.Parallel()
	db := server.Empty(t)
	show := "-- +goose Up\nCREATE TABLE bounds AS SELECT current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS statement;\n-- +goose Down\nDROP TABLE bounds;\n"
	up(t, db, fstest.MapFS{"00001_show.sql": &fstest.MapFile{Data: []byte(show)}})
	var lock, statement string
	if err := db.Superuser(t).QueryRow(t.Context(), "SELECT lock, statement FROM bounds").Scan(&lock, &statement); err != nil || lock != "5s" || statement != "1min" {
		t.Errorf("lock_timeout is %s, statement_timeout %s (%v)", lock, statement, err)
	}
}

func TestARunThatIsOutOfTimeLeavesTheSchema(t *testing.T) {
	t.Parallel()
	db := server.Migrated(t)
	before := db.Dump(t)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	good := "-- +goose Up\nCREATE TABLE good (id int);\n-- +goose Down\nDROP TABLE good;\n"
	slow := "-- +goose Up\nSELECT pg_sleep(30);\n-- +goose Down\nSELECT 1;\n"
	if _, err := migrator(t, db, with(t, good, slow)).Up(ctx); err == nil {
		t.Fatal("no error")
	}
	if db.Dump(t) != before {
		t.Error("the schema changed")
	}
}

func TestEveryMigrationBoundsItsLocks(t *testing.T) {
	t.Parallel()
	for _, name := range names(t) {
		for _, one := range []string{"lock_timeout", "statement_timeout"} {
			if strings.Count(content(t, name), "SET LOCAL "+one) < 2 {
				t.Errorf("%s does not set %s for up and down", name, one)
			}
		}
	}
}
