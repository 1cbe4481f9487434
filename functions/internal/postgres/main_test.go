package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/miyabi-society/platform/functions/internal/postgrestest"
	"github.com/miyabi-society/platform/functions/internal/society"
	"github.com/miyabi-society/platform/infra/local/rds"
	"github.com/miyabi-society/platform/migrations"
)

var server *postgrestest.Server

func TestMain(m *testing.M) {
	os.Exit(postgrestest.Run(m, func(s *postgrestest.Server) { server = s }))
}

// fixture is a database of its own with a store on it.
type fixture struct {
	*Store
	db *postgrestest.Database
}

// inBothModes runs a test through the proxy's mode and through the direct one.
func inBothModes(t *testing.T, test func(t *testing.T, f fixture)) {
	t.Helper()
	t.Parallel()
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeExec, pgx.QueryExecModeCacheStatement} {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			db := server.Migrated(t)
			test(t, fixture{Store: New(newPool(t, db, mode)), db: db})
		})
	}
}

func newPool(t *testing.T, db *postgrestest.Database, mode pgx.QueryExecMode) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(db.URL(migrations.AppRole))
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig.DefaultQueryExecMode = mode
	config.MaxConns = 4
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

var accounts atomic.Int64

// person signs a new person in.
func (f fixture) person(t *testing.T) uuid.UUID {
	t.Helper()
	id := accounts.Add(1)
	in, err := f.SignIn(t.Context(), society.GitHubAccount{ID: id, Login: fmt.Sprintf("person-%08d", id), Name: "人", AvatarURL: "https://avatars.example/1"}, token(t))
	if err != nil {
		t.Fatal(err)
	}
	return in.User
}

// organization founds an organization with a new person as its owner.
func (f fixture) organization(t *testing.T) society.Actor {
	t.Helper()
	person := f.person(t)
	o, err := f.CreateOrganization(t.Context(), person, society.NewOrganization{Name: "雅"})
	if err != nil {
		t.Fatal(err)
	}
	return society.Actor{Organization: o.ID, Person: person}
}

// member adds a new person to an actor's organization.
func (f fixture) member(t *testing.T, as society.Actor, role society.Role, status string) society.Actor {
	t.Helper()
	person := f.person(t)
	arrange(t, f.db, "INSERT INTO organization_members (organization_id, user_id, role, status) VALUES ($1, $2, $3, $4)", as.Organization, person, string(role), status)
	return society.Actor{Organization: as.Organization, Person: person}
}

// arrange runs a statement as the superuser, on a connection that ends with it: a test may need many.
func arrange(t *testing.T, db *postgrestest.Database, statement string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.URL(rds.Superuser))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

func (f fixture) task(t *testing.T, as society.Actor, name string) society.Task {
	t.Helper()
	task, err := f.CreateTask(t.Context(), as, society.NewTask{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func token(t *testing.T) society.TokenHash {
	t.Helper()
	id, err := uuid.NewRandom()
	if err != nil {
		t.Fatal(err)
	}
	var h society.TokenHash
	copy(h[:], id[:])
	return h
}

func wantError(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error is %v, want %v", err, want)
	}
}

func wantInvalid(t *testing.T, err error, field string) {
	t.Helper()
	invalid, ok := errors.AsType[*society.ValidationError](err)
	if !ok || invalid.Fields[0].Field != field {
		t.Errorf("error is %v, want an invalid %s", err, field)
	}
}
