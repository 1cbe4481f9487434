// Package postgrestest gives tests a real PostgreSQL: one server for a test binary, set up as RDS sets one up, and a
// migrated database of its own for each test.
package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/schema"
	"github.com/miyabi-society/platform/infra/local/rds"
	"github.com/miyabi-society/platform/migrations"
)

const (
	// Master is the user who owns the databases and runs the migrations. It is no superuser, as on RDS.
	Master = "miyabi_admin"
	// template is the migrated database that the others are copied from.
	template  = "miyabi_template"
	startTime = 2 * time.Minute
)

// Server is one PostgreSQL server.
type Server struct {
	dir     string
	cluster *rds.Cluster
	admin   *pgx.Conn
	busy    chan struct{}
	count   atomic.Int64
}

// Database is one database on a server.
type Database struct {
	server *Server
	// Name is the database's name.
	Name string
}

// Run starts a server, runs the package's tests and stops it; TestMain calls it. The exit code is 1 when there is no
// server to be had, with the reason.
func Run(m *testing.M, use func(*Server)) int {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	dir, err := os.MkdirTemp(reachable(), "miyabi-postgrestest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "postgrestest:", err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s, err := Start(ctx, dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, "postgrestest:", err)
		return 1
	}
	defer func() { _ = s.Stop() }()
	use(s)
	return m.Run()
}

// reachable is a folder that the server's user can enter: root's TMPDIR may be closed to it.
func reachable() string {
	if os.Geteuid() == 0 {
		return "/var/tmp"
	}
	return ""
}

// Start starts a server in dir with a migrated template database.
func Start(ctx context.Context, dir string) (*Server, error) { return start(ctx, dir, false) }

func start(ctx context.Context, dir string, durable bool) (*Server, error) {
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the server's user must enter it
		return nil, fmt.Errorf("open the folder to the server's user: %w", err)
	}
	cluster, err := rds.Start(ctx, rds.Config{Dir: dir, Durable: durable})
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, cluster: cluster, busy: make(chan struct{}, 1)}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, cluster.Stop())
	}
	return s, nil
}

func (s *Server) prepare(ctx context.Context) error {
	if err := rds.CreateInstance(ctx, s.cluster.Address(), Master, "unused", template); err != nil {
		return err
	}
	config, err := pgx.ParseConfig(rds.URL(s.cluster.Address(), Master, template))
	if err != nil {
		return fmt.Errorf("read the master's connection string: %w", err)
	}
	m := schema.New(config, migrations.Files, slog.New(slog.DiscardHandler))
	if _, err := m.Up(ctx); err != nil {
		return errors.Join(err, m.Close())
	}
	if err := m.Close(); err != nil {
		return fmt.Errorf("close the migrator: %w", err)
	}
	s.admin, err = pgx.Connect(ctx, rds.URL(s.cluster.Address(), rds.Superuser, "postgres"))
	if err != nil {
		return fmt.Errorf("connect as superuser: %w", err)
	}
	return nil
}

// Stop ends the server.
func (s *Server) Stop() error {
	if s.admin != nil {
		_ = s.admin.Close(context.Background())
	}
	return s.cluster.Stop()
}

// Down stops the server in the midst of whatever it does; the function that it gives starts it again on the same port.
// Only a server that no other test uses may be taken down.
func (s *Server) Down(t testing.TB) (up func()) {
	t.Helper()
	if err := s.cluster.Stop(); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		cluster, err := rds.Start(t.Context(), rds.Config{Dir: s.dir})
		if err != nil {
			t.Fatal(err)
		}
		s.cluster = cluster
	}
}

// Own starts a server of its own for one test that takes it down.
func Own(t testing.TB) *Server { return own(t, false) }

// Durable starts a server of its own that waits for the disk at every commit, as in production. It is for measuring.
func Durable(t testing.TB) *Server { return own(t, true) }

func own(t testing.TB, durable bool) *Server {
	t.Helper()
	dir, err := os.MkdirTemp(reachable(), "miyabi-postgrestest-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s, err := start(t.Context(), dir, durable)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop() })
	return s
}

// Template is the database that the others are copied from; a test may use it on a server of its own.
func (s *Server) Template() *Database { return &Database{server: s, Name: template} }

// Migrated gives a new database with every migration applied. It is dropped when the test ends.
func (s *Server) Migrated(t testing.TB) *Database {
	return s.create(t, "TEMPLATE "+template+" STRATEGY file_copy")
}

// Empty gives a new database without a migration. It is dropped when the test ends.
func (s *Server) Empty(t testing.TB) *Database { return s.create(t, "TEMPLATE template0") }

func (s *Server) create(t testing.TB, options string) *Database {
	t.Helper()
	d := &Database{server: s, Name: fmt.Sprintf("t_%d", s.count.Add(1))}
	s.exec(t, "CREATE DATABASE "+d.Name+" OWNER "+Master+" "+options)
	t.Cleanup(func() { s.exec(t, "DROP DATABASE "+d.Name+" WITH (FORCE)") })
	return d
}

// exec runs one administrator's statement at a time: two copies of one template at once would be refused.
func (s *Server) exec(t testing.TB, statement string) {
	t.Helper()
	s.busy <- struct{}{}
	defer func() { <-s.busy }()
	if _, err := s.admin.Exec(context.Background(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// Port is the server's TCP port on 127.0.0.1.
func (d *Database) Port() int { return d.server.cluster.Port() }

// URL is the connection string of a user.
func (d *Database) URL(user string) string { return rds.URL(d.server.cluster.Address(), user, d.Name) }

// Config is the connection configuration of a user.
func (d *Database) Config(t testing.TB, user string) *pgx.ConnConfig {
	t.Helper()
	c, err := pgx.ParseConfig(d.URL(user))
	if err != nil {
		t.Fatalf("connection configuration of %s: %v", user, err)
	}
	return c
}

// Connect opens a connection of a user that ends with the test.
func (d *Database) Connect(t testing.TB, user string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), d.Config(t, user))
	if err != nil {
		t.Fatalf("connect as %s: %v", user, err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// Superuser opens a connection that passes every policy, to arrange and to check what is really there.
func (d *Database) Superuser(t testing.TB) *pgx.Conn { return d.Connect(t, rds.Superuser) }

// Terminate ends every connection of the app role to this database, as a failover of the server does.
func (d *Database) Terminate(t testing.TB) {
	t.Helper()
	d.server.exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '"+migrations.AppRole+"' AND datname = '"+d.Name+"'")
}

// Dump is the schema as text, for comparing; it needs the program pg_dump and skips the test without it.
func (d *Database) Dump(t testing.TB) string {
	t.Helper()
	if _, err := exec.LookPath("pg_dump"); err != nil {
		t.Skip("pg_dump is not installed")
	}
	out, err := exec.CommandContext(t.Context(), "pg_dump", "--schema-only", "--dbname", d.URL(rds.Superuser)).CombinedOutput() //nolint:gosec // a URL made here
	if err != nil {
		t.Fatalf("pg_dump: %v: %s", err, out)
	}
	return restrict.ReplaceAllString(string(out), "")
}

// restrict matches the lines with a random key that newer releases of pg_dump write.
var restrict = regexp.MustCompile(`(?m)^\\(un)?restrict .*$`)
