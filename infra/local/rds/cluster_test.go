package rds

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
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
		if err := first.CreateInstance(context.Background(), "master", "it's", "app"); err != nil {
			t.Fatal(err)
		}
	}
	master := first.URL("master", "app")
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
	second := start(t, Config{Dir: dir, Port: first.Port()})
	if second.Port() != first.Port() {
		t.Errorf("port is %d, want %d", second.Port(), first.Port())
	}
	if got := query[int](t, second.URL("master", "app"), "SELECT n FROM kept"); got != 7 {
		t.Errorf("kept = %d, want 7", got)
	}
}

func TestAServerLeftBehindIsReplaced(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	first := start(t, Config{Dir: dir})
	second := start(t, Config{Dir: dir})
	select {
	case <-first.Done():
	case <-time.After(5 * time.Second):
		t.Error("the first server still runs")
	}
	query[int](t, second.URL(Superuser, "postgres"), "SELECT 1")
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

func TestAServerThatIsKilledTellsThroughDone(t *testing.T) {
	t.Parallel()
	c := start(t, Config{Dir: clusterDir(t)})
	_ = syscall.Kill(c.child.PID(), syscall.SIGKILL)
	select {
	case <-c.Done():
	case <-time.After(5 * time.Second):
		t.Fatal("Done stays open")
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

func TestAPortInUseIsAnErrorThatNamesIt(t *testing.T) {
	t.Parallel()
	first := start(t, Config{Dir: clusterDir(t)})
	_, err := Start(context.Background(), Config{Dir: clusterDir(t), Port: first.Port()})
	if err == nil || !strings.Contains(err.Error(), "port") {
		t.Errorf("error is %v, want one that names the port", err)
	}
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
	_, err := search([]string{filepath.Join(t.TempDir(), "*")})
	if !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), "install") {
		t.Errorf("error is %v", err)
	}
}

func TestPGBINWithoutTheProgramsIsRefused(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PG_BIN", dir)
	if _, err := binaries(); err == nil || !strings.Contains(err.Error(), dir) {
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
