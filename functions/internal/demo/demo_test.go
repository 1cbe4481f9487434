package demo

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/miyabi-society/platform/functions/internal/postgres"
	"github.com/miyabi-society/platform/functions/internal/postgrestest"
	"github.com/miyabi-society/platform/functions/internal/society"
	"github.com/miyabi-society/platform/infra/local/github"
	"github.com/miyabi-society/platform/migrations"
)

var server *postgrestest.Server

func TestMain(m *testing.M) {
	os.Exit(postgrestest.Run(m, func(s *postgrestest.Server) { server = s }))
}

func newStore(t *testing.T, db *postgrestest.Database) *postgres.Store {
	t.Helper()
	pool, err := pgxpool.New(context.Background(), db.URL(migrations.AppRole))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return postgres.New(pool)
}

func number(t *testing.T, conn *pgx.Conn, query string) (n int) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func TestTheDemoIsAlive(t *testing.T) {
	t.Parallel()
	db := server.Migrated(t)
	store, now := newStore(t, db), time.Now().Truncate(time.Microsecond)
	made, err := Fill(t.Context(), store, now)
	if err != nil {
		t.Fatal(err)
	}
	if made.People != 4 || made.Teams != 2 || made.Repositories != 3 || made.Coordinators != 3 || made.Workers != 8 || made.Tasks < 130 {
		t.Errorf("made %+v", made)
	}
	conn := db.Superuser(t)
	for query, least := range map[string]int{
		"SELECT count(DISTINCT status) FROM tasks":                                                         5,
		"SELECT count(*) FROM tasks WHERE status = 'running'":                                              running,
		"SELECT count(*) FROM tasks WHERE status = 'failed'":                                               3,
		"SELECT count(*) FROM tasks WHERE status = 'cancelled'":                                            3,
		"SELECT count(*) FROM tasks WHERE retry_count > 0 AND status = 'completed'":                        3,
		"SELECT count(DISTINCT kind) FROM task_dependencies":                                               3,
		"SELECT count(DISTINCT date_trunc('day', created_at)) FROM tasks":                                  14,
		"SELECT count(*) FROM executions":                                                                  past,
		"SELECT count(*) FROM execution_logs":                                                              3 * past,
		"SELECT count(*) FROM agents WHERE nickname <> ''":                                                 21,
		"SELECT count(DISTINCT agent_type) FROM tasks":                                                     15,
		"SELECT count(*) FROM audit_log":                                                                   3 * past,
		"SELECT count(*) FROM workers WHERE last_heartbeat_at > now() - interval '1 minute'":               6,
		"SELECT count(*) FROM tasks WHERE team_id IS NOT NULL AND created_at < now() - interval '13 days'": 3,
	} {
		if got := number(t, conn, query); got < least {
			t.Errorf("%s: %d, want at least %d", query, got, least)
		}
	}
	future := "SELECT count(*) FROM tasks WHERE greatest(created_at, updated_at, started_at, completed_at, failed_at, cancelled_at) > now()"
	if got := number(t, conn, future); got != 0 {
		t.Errorf("%d tasks have a time to come", got)
	}
	if _, err := Fill(t.Context(), store, now); !errors.Is(err, ErrThere) {
		t.Errorf("a second demo: %v", err)
	}
}

// Whoever signs in to a local run is in the demo organization.
func TestTheMembersAreThePeopleOfALocalRun(t *testing.T) {
	t.Parallel()
	people := github.DemoPeople()
	for i, one := range members() {
		want := society.GitHubAccount{ID: people[i].ID, Login: people[i].Login, Name: people[i].Name, Email: people[i].Email}
		if one.account != want {
			t.Errorf("member %d is %+v, want %+v", i, one.account, want)
		}
	}
}

func TestAnUnreachableDatabaseIsSaid(t *testing.T) {
	t.Parallel()
	pool, err := pgxpool.New(context.Background(), "postgres://miyabi_app@127.0.0.1:1/none?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	if _, err := Fill(t.Context(), postgres.New(pool), time.Now()); !errors.Is(err, society.ErrUnavailable) {
		t.Errorf("error is %v", err)
	}
}
