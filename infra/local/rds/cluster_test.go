package rds

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/miyabi-society/platform/infra/local/process"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clusterDir is below /var/tmp because the server's user must be able to enter every folder above its data.
func clusterDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "miyabi-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the server's user must enter it
		t.Fatal(err)
	}
	return dir
}

func start(t *testing.T, c Config) *Cluster {
	t.Helper()
	cluster, err := Start(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	return cluster
}

func query[T any](t *testing.T, url, sql string) (v T) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if err := conn.QueryRow(context.Background(), sql).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func execute(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(context.Background(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func TestAnInstanceHasWhatRDSGivesAndKeepsItsData(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	first := start(t, Config{Dir: dir})
	for range 2 {
		if err := CreateInstance(context.Background(), first.Address(), "master", "it's", "app"); err != nil {
			t.Fatal(err)
		}
	}
	master := URL(first.Address(), "master", "app")
	if query[bool](t, master, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user") {
		t.Error("the master user can bypass row level security; on RDS it cannot")
	}
	if !query[bool](t, master, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam')") {
		t.Error("role rds_iam is missing")
	}
	execute(t, master, "CREATE TABLE kept AS SELECT 7 AS n")
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	second := start(t, Config{Dir: dir})
	if second.Port() != first.Port() {
		t.Errorf("port is %d, want %d", second.Port(), first.Port())
	}
	if got := query[int](t, URL(second.Address(), "master", "app"), "SELECT n FROM kept"); got != 7 {
		t.Errorf("kept = %d, want 7", got)
	}
}

func TestAnInstanceWithoutADatabaseHasNone(t *testing.T) {
	t.Parallel()
	c := start(t, Config{Dir: clusterDir(t)})
	if err := CreateInstance(context.Background(), c.Address(), "master", "secret", ""); err != nil {
		t.Fatal(err)
	}
	if n := query[int](t, URL(c.Address(), "master", "postgres"), "SELECT count(*) FROM pg_database WHERE NOT datistemplate"); n != 1 {
		t.Errorf("%d databases", n)
	}
}

func TestAServerLeftBehindIsReplaced(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	if err := start(t, Config{Dir: dir}).Stop(); err != nil {
		t.Fatal(err)
	}
	left := leave(t, dir)
	c := start(t, Config{Dir: dir})
	select {
	case <-left.Done():
	case <-time.After(5 * time.Second):
		t.Error("the first server still runs")
	}
	query[int](t, URL(c.Address(), Superuser, "postgres"), "SELECT 1")
}

// leave starts a server on dir that nobody keeps.
func leave(t *testing.T, dir string) *process.Child {
	t.Helper()
	s := server{Config: Config{Dir: dir, Log: io.Discard}, data: filepath.Join(dir, "data")}
	var err error
	if s.programs, err = installed(); err != nil {
		t.Fatal(err)
	}
	if s.account, err = account(); err != nil {
		t.Fatal(err)
	}
	child, _, err := s.start(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return child
}

func TestAStalePidFileOfAStrangerIsIgnored(t *testing.T) {
	t.Parallel()
	data := clusterDir(t)
	if err := os.WriteFile(filepath.Join(data, "postmaster.pid"), []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := stopLeftover(data); err != nil {
		t.Error(err)
	}
}

func TestAHalfWrittenPidFileIsRemoved(t *testing.T) {
	t.Parallel()
	data := clusterDir(t)
	path := filepath.Join(data, "postmaster.pid")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := stopLeftover(data); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
}

func TestAServerThatIsKilledComesBackOnItsPort(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	c := start(t, Config{Dir: dir})
	pid, _, err := readPIDFile(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	deadline := time.Now().Add(10 * time.Second)
	conn, err := pgx.Connect(context.Background(), URL(c.Address(), Superuser, "postgres"))
	for ; err != nil && time.Now().Before(deadline); conn, err = pgx.Connect(context.Background(), URL(c.Address(), Superuser, "postgres")) {
		time.Sleep(poll)
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close(context.Background())
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if again, _, err := readPIDFile(filepath.Join(dir, "data")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Stop process %d runs, %v", again, err)
	}
}

func TestAnInterruptedInitializationIsDoneAgain(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	if err := os.MkdirAll(filepath.Join(dir, "data.new", "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	start(t, Config{Dir: dir})
}

func TestAPortThatIsTakenMeanwhileGivesAnother(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	first := start(t, Config{Dir: dir})
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp4", first.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	second := start(t, Config{Dir: dir})
	query[int](t, URL(second.Address(), Superuser, "postgres"), "SELECT 1")
}

func TestDataOfAnotherMajorVersionIsRefusedWithAWayOut(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(context.Background(), Config{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "RESET=1") {
		t.Errorf("error is %v, want one that says RESET=1", err)
	}
}

func TestACancelledStartLeavesNoServer(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := clusterDir(t)
	if _, err := Start(ctx, Config{Dir: dir}); err == nil {
		t.Fatal("started although cancelled")
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid")); err == nil {
		t.Error("a server runs")
	}
}

func TestNoServerProgramsIsErrNotInstalledWithTheCommand(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := first(candidates([]string{filepath.Join(t.TempDir(), "*")}, t.TempDir()))
	if !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), "install") {
		t.Errorf("error is %v", err)
	}
}

// program writes a server's programs of a version into a folder.
func program(t *testing.T, version string, folder ...string) string {
	t.Helper()
	dir := filepath.Join(folder...)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"initdb", "postgres"} {
		text := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + "'\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil { //nolint:gosec // it is executed
			t.Fatal(err)
		}
	}
	return dir
}

func TestTheFirstProgramsThatAreNewEnoughAreTaken(t *testing.T) {
	t.Setenv("PATH", "/usr/bin:/bin")
	checkout := filepath.Join(t.TempDir(), "a [checkout]")
	program(t, "14.9", checkout, "pg", "a", "bin")
	want := program(t, "16rc1 (Debian 16~1)", checkout, "pg", "b", "bin")
	program(t, "17.2", checkout, "pg", "c", "bin")
	below := filepath.Join(checkout, "functions", "api")
	if got, err := first(candidates([]string{"pg/*/bin"}, below)); err != nil || got != (programs{want, 16}) {
		t.Errorf("taken is %+v, %v, want %s", got, err, want)
	}
	if got := programsIn(filepath.Join(checkout, "pg")); got.major != 0 {
		t.Errorf("a folder without programs gives %+v", got)
	}
}

func TestPGBINWithoutTheProgramsIsRefused(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PG_BIN", dir)
	if _, err := installed(); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("error is %v, want one that names %s", err, dir)
	}
}

func TestARelativeFolderIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := Start(context.Background(), Config{Dir: "data"}); err == nil {
		t.Error("a relative folder was taken")
	}
}

func TestTheServersLogIsPassedOn(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	c := start(t, Config{Dir: clusterDir(t), Log: &log})
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "ready to accept connections") {
		t.Errorf("log is %q", log.String())
	}
}
