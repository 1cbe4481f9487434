package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/miyabi-society/platform/functions/internal/postgres"
	"github.com/miyabi-society/platform/functions/internal/postgrestest"
	"github.com/miyabi-society/platform/functions/internal/society"
	"github.com/miyabi-society/platform/migrations"
)

var server *postgrestest.Server

func TestMain(m *testing.M) {
	os.Exit(postgrestest.Run(m, func(s *postgrestest.Server) { server = s }))
}

var everything = map[society.Passing]int{
	society.PassingLogs: 30, society.PassingActivity: 90, society.PassingSessions: 7, society.PassingIdempotencyKeys: 1, society.PassingInvitations: 90,
}

// newSweeper sweeps a database with the rights of the app role; the log is what it wrote.
func newSweeper(t *testing.T, db *postgrestest.Database) (sweeper, *bytes.Buffer) {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), db.URL(migrations.AppRole))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	var log bytes.Buffer
	return sweeper{retention: postgres.New(pool), days: everything, log: slog.New(slog.NewJSONHandler(&log, nil)), now: time.Now}, &log
}

// past is a database whose two organizations have rows of each kind: two of every three are older than a kind is kept.
const past = `
	SET session_replication_role = replica;
	INSERT INTO users (id, github_id, login, name, avatar_url) VALUES ('00000000-0000-7000-8000-000000000001', 1, 'rin', '凛', '');
	INSERT INTO organizations (id, name, slug, description)
	SELECT ('00000000-0000-7000-9000-00000000000' || o)::uuid, 'o', 'o-' || o, '' FROM generate_series(1, 2) AS o;
	CREATE TEMPORARY TABLE ages AS SELECT o.id AS organization_id, n, now() - make_interval(days => n % 3 * 200) AS at
	FROM organizations AS o, generate_series(1, 6000) AS n;
	INSERT INTO execution_logs (organization_id, execution_id, line, level, message, logged_at, received_at)
	SELECT organization_id, organization_id, n, 'info', '', at, at FROM ages;
	INSERT INTO activity (organization_id, at, person_id, kind, subject_id, subject_name)
	SELECT organization_id, at, organization_id, 'task.created', organization_id, '' FROM ages;
	INSERT INTO idempotency_keys (organization_id, caller_id, key, fingerprint, created_at, expires_at)
	SELECT organization_id, organization_id, 'k' || n, sha256(''), at, at + interval '1 hour' FROM ages;
	INSERT INTO invitations (organization_id, id, login, role, invited_by, created_at, expires_at)
	SELECT organization_id, gen_random_uuid(), 'guest-' || n, 'viewer', '00000000-0000-7000-8000-000000000001', at, at + interval '7 days' FROM ages;
	INSERT INTO sessions (id, user_id) SELECT gen_random_uuid(), '00000000-0000-7000-8000-000000000001' FROM ages;
	INSERT INTO refresh_tokens (hash, session_id, expires_at)
	SELECT sha256(s.id::text::bytea), s.id, now() + interval '30 days' - make_interval(days => (row_number() OVER ()) :: integer % 3 * 200) FROM sessions AS s;`

func withPast(t *testing.T) *postgrestest.Database {
	t.Helper()
	db := server.Migrated(t)
	if _, err := db.Superuser(t).Exec(t.Context(), past); err != nil {
		t.Fatal(err)
	}
	return db
}

// left counts the rows of each kind.
func left(t *testing.T, db *postgrestest.Database) map[society.Passing]int64 {
	t.Helper()
	conn, counts := db.Superuser(t), map[society.Passing]int64{}
	for what := range everything {
		var n int64
		if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM "+string(what)).Scan(&n); err != nil {
			t.Fatal(err)
		}
		counts[what] = n
	}
	return counts
}

func each(n int64) map[society.Passing]int64 {
	counts := map[society.Passing]int64{}
	for what := range everything {
		counts[what] = n
	}
	return counts
}

func TestASweepRemovesWhatIsTooOldOfEveryOrganizationAndSaysSo(t *testing.T) {
	t.Parallel()
	db := withPast(t)
	s, log := newSweeper(t, db)
	done, err := s.sweep(t.Context())
	if err != nil || !done.Finished || !maps.Equal(done.Removed, each(8000)) || !maps.Equal(left(t, db), each(4000)) {
		t.Errorf("swept %+v (%v), left %v", done, err, left(t, db))
	}
	var line struct {
		Level, Msg string
		Removed    map[society.Passing]int64
		Finished   bool
	}
	if err := json.Unmarshal(log.Bytes(), &line); err != nil || line.Level != "INFO" || line.Msg != "swept" || !maps.Equal(line.Removed, each(8000)) || !line.Finished {
		t.Errorf("the log is %s (%v)", log, err)
	}
	if done, err = s.sweep(t.Context()); err != nil || !done.Finished || !maps.Equal(done.Removed, each(0)) {
		t.Errorf("a second run swept %+v (%v)", done, err)
	}
}

func TestASweepStopsBeforeItsDeadline(t *testing.T) {
	t.Parallel()
	db := withPast(t)
	s, log := newSweeper(t, db)
	ctx, cancel := context.WithTimeout(t.Context(), reserve-time.Second)
	defer cancel()
	done, err := s.sweep(ctx)
	if err != nil || done.Finished || !maps.Equal(left(t, db), each(12000)) || !strings.Contains(log.String(), `"level":"WARN"`) {
		t.Errorf("swept %+v (%v), left %v, log %s", done, err, left(t, db), log)
	}
}

func TestAKindThatFailsKeepsNoOtherFromBeingSwept(t *testing.T) {
	t.Parallel()
	db := withPast(t)
	if _, err := db.Superuser(t).Exec(t.Context(), "REVOKE EXECUTE ON FUNCTION sweep_activity FROM "+migrations.AppRole); err != nil {
		t.Fatal(err)
	}
	s, log := newSweeper(t, db)
	done, err := s.sweep(t.Context())
	want := each(4000)
	want[society.PassingActivity] = 12000
	if err == nil || !strings.Contains(err.Error(), "sweep activity") || done.Finished || !maps.Equal(left(t, db), want) {
		t.Errorf("swept %+v (%v), left %v", done, err, left(t, db))
	}
	if !strings.Contains(log.String(), `"level":"ERROR"`) {
		t.Errorf("log %s", log)
	}
}

func TestSweepsAtOnceRemoveEverythingOnce(t *testing.T) {
	t.Parallel()
	db := withPast(t)
	var sweeps sync.WaitGroup
	var mu sync.Mutex
	total := each(0)
	for range 4 {
		s, _ := newSweeper(t, db)
		sweeps.Go(func() {
			done, err := s.sweep(t.Context())
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			for what, n := range done.Removed {
				total[what] += n
			}
		})
	}
	sweeps.Wait()
	s, _ := newSweeper(t, db)
	done, err := s.sweep(t.Context())
	for what, n := range done.Removed {
		total[what] += n
	}
	if err != nil || !maps.Equal(total, each(8000)) || !maps.Equal(left(t, db), each(4000)) {
		t.Errorf("removed %v (%v), left %v", total, err, left(t, db))
	}
}
