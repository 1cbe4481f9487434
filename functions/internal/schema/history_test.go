package schema_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/miyabi-society/platform/functions/internal/postgrestest"
	"github.com/miyabi-society/platform/functions/internal/schema"
	"github.com/miyabi-society/platform/migrations"
)

// small is a short history of its own.
func small() fstest.MapFS {
	return fstest.MapFS{
		"00001_one.sql":   file("CREATE TABLE one (id int);", "DROP TABLE one;"),
		"00002_two.sql":   file("CREATE TABLE two (id int);", "DROP TABLE two;"),
		"00003_three.sql": {Data: []byte("-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE three (id int);\n-- +goose Down\nDROP TABLE three;\n")},
	}
}

func file(up, down string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("-- +goose Up\n" + up + "\n-- +goose Down\n" + down + "\n")}
}

func up(t *testing.T, db *postgrestest.Database, files fs.FS) {
	t.Helper()
	if _, err := migrator(t, db, files).Up(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func states(t *testing.T, db *postgrestest.Database, files fs.FS) string {
	t.Helper()
	all, err := migrator(t, db, files).Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, one := range all {
		list = append(list, string(one.State))
		if applied := !one.AppliedAt.IsZero(); applied && time.Since(one.AppliedAt) > time.Minute || applied == (one.State == schema.Pending || one.State == schema.Skipped) {
			t.Errorf("%s is %s, applied at %s", one.Name, one.State, one.AppliedAt)
		}
	}
	return strings.Join(list, " ")
}

func TestTheStatusFollowsTheDatabase(t *testing.T) {
	t.Parallel()
	db := server.Empty(t)
	want := func(when, states1 string) {
		t.Helper()
		if got := states(t, db, small()); got != states1 {
			t.Errorf("%s: %s, want %s", when, got, states1)
		}
	}
	want("on an empty database", "pending pending pending")
	up(t, db, small())
	want("after up", "applied applied applied")
	names, err := migrator(t, db, small()).DownTo(t.Context(), 1)
	if err != nil || strings.Join(names, " ") != "00003_three.sql 00002_two.sql" {
		t.Errorf("took back %v (%v)", names, err)
	}
	want("after going down to 1", "applied pending pending")
	edited := small()
	edited["00002_two.sql"] = file("CREATE TABLE two (id bigint);", "DROP TABLE two;")
	up(t, db, edited)
	want("after another second one", "applied edited applied")
}

func TestTheStatusChangesNothing(t *testing.T) {
	t.Parallel()
	db := server.Empty(t)
	before := db.Dump(t)
	m := migrator(t, db, small())
	if _, err := m.Status(t.Context()); err != nil {
		t.Fatal(err)
	}
	if pending, err := m.Pending(t.Context()); err != nil || len(pending) != 3 || !pending[0].Transaction || pending[2].Transaction || pending[1].Up() != "-- +goose Up\nCREATE TABLE two (id int);" {
		t.Errorf("pending %+v (%v)", pending, err)
	}
	if db.Dump(t) != before {
		t.Error("the database changed")
	}
}

func TestAnotherHistoryIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(fstest.MapFS)
		want   string
	}{
		"an edited past migration": {func(f fstest.MapFS) { f["00002_two.sql"].Data = append(f["00002_two.sql"].Data, "-- more\n"...) }, "00002_two.sql was applied with another content"},
		"a gap": {func(f fstest.MapFS) {
			f["00004_four.sql"] = file("SELECT 1;", "SELECT 1;")
			delete(f, "00002_two.sql")
		}, "the database has migration 2 00002_two.sql, which this program does not know"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := server.Empty(t)
			up(t, db, small())
			before := db.Dump(t)
			changed := small()
			c.change(changed)
			m := migrator(t, db, changed)
			_, upErr := m.Up(t.Context())
			_, pendingErr := m.Pending(t.Context())
			for what, err := range map[string]error{"up": upErr, "pending": pendingErr} {
				if !errors.Is(err, schema.ErrHistory) || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: error is %v, want %s", what, err, c.want)
				}
			}
			if db.Dump(t) != before {
				t.Error("the schema changed")
			}
		})
	}
}

func TestAMigrationThatComesTooLateIsRefused(t *testing.T) {
	t.Parallel()
	db := server.Empty(t)
	part := small()
	delete(part, "00002_two.sql")
	up(t, db, part)
	if got := states(t, db, small()); got != "applied skipped applied" {
		t.Errorf("states are %s", got)
	}
	_, err := migrator(t, db, small()).Up(t.Context())
	if !errors.Is(err, schema.ErrHistory) || !strings.Contains(err.Error(), "00002_two.sql was never applied, but a later one was: give it a number above 3") {
		t.Errorf("error is %v", err)
	}
}

// A database that was migrated without the table of checksums gets it at the next run.
func TestADatabaseWithoutChecksumsGetsThem(t *testing.T) {
	t.Parallel()
	db := server.Empty(t)
	up(t, db, small())
	if _, err := db.Connect(t, postgrestest.Master).Exec(t.Context(), "DROP SCHEMA migrations CASCADE"); err != nil {
		t.Fatal(err)
	}
	changed := small()
	changed["00001_one.sql"] = file("CREATE TABLE one (id bigint);", "DROP TABLE one;")
	if got := states(t, db, changed); got != "applied applied applied" {
		t.Errorf("states are %s", got)
	}
	up(t, db, small())
	if got := states(t, db, changed); got != "edited applied applied" {
		t.Errorf("states are %s", got)
	}
}

func TestChecksumsEndWithTheirMigrations(t *testing.T) {
	t.Parallel()
	db := server.Empty(t)
	up(t, db, small())
	if _, err := migrator(t, db, small()).DownTo(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.Superuser(t).QueryRow(t.Context(), "SELECT count(*) FROM migrations.checksums").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d checksums are left (%v)", n, err)
	}
}

func TestGoingDownIsRefusedWhereItCannotBeDone(t *testing.T) {
	t.Parallel()
	db := server.Empty(t)
	up(t, db, small())
	before := db.Dump(t)
	fewer := small()
	delete(fewer, "00003_three.sql")
	for name, c := range map[string]struct {
		files   fs.FS
		version int64
		want    string
	}{
		"no such version":         {small(), 7, "the database does not have migration 7"},
		"a negative one":          {small(), -1, "the database does not have migration -1"},
		"below an unknown one":    {fewer, 1, "migration 3 00003_three.sql, which this program cannot take back"},
		"no migrations to go by":  {fstest.MapFS{}, 0, "there are no migrations"},
		"a file without a number": {fstest.MapFS{"x.sql": file("", "")}, 0, "name it NNNNN_name.sql"},
	} {
		if _, err := migrator(t, db, c.files).DownTo(t.Context(), c.version); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %s", name, err, c.want)
		}
	}
	if db.Dump(t) != before {
		t.Error("the schema changed")
	}
}

func TestAFailingDownSectionSaysHowFarItCame(t *testing.T) {
	t.Parallel()
	db := server.Empty(t)
	files := small()
	files["00002_two.sql"] = file("CREATE TABLE two (id int);", "DROP TABLE nothing;")
	up(t, db, files)
	names, err := migrator(t, db, files).DownTo(t.Context(), 0)
	if err == nil || !strings.Contains(err.Error(), "go down to version 0") || strings.Join(names, " ") != "00003_three.sql" {
		t.Errorf("took back %v (%v)", names, err)
	}
	if got := states(t, db, files); got != "applied applied pending" {
		t.Errorf("states are %s", got)
	}
}

func TestTheChecksumsAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	db := server.Migrated(t)
	for _, role := range []string{migrations.AppRole, migrations.GateRole} {
		var open bool
		err := db.Superuser(t).QueryRow(t.Context(), "SELECT has_schema_privilege($1, 'migrations', 'USAGE') OR has_table_privilege($1, 'goose_db_version', 'SELECT')", role).Scan(&open)
		if err != nil || open {
			t.Errorf("%s can read how the schema came about (%v)", role, err)
		}
	}
}
