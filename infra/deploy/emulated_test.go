package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/infra/deploy/emulated"
	"github.com/miyabi-society/platform/infra/deploy/target"
	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/local/rds"
)

// TestMain is the command itself when a test starts it in the background.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		err := run(ctx, os.Args[1:], os.Stdout)
		stop()
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// emulatedAccount is the state of an emulated account whose emulator is a shell script that only says it is ready and keeps
// the address of the instances' server in a file.
func emulatedAccount(t *testing.T, script string) (emulated.State, emulated.Options) {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "miyabi deploy test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL's user must be able to enter it
		t.Fatal(err)
	}
	file := filepath.Join(dir, "emulator.sh")
	if err := os.WriteFile(file, []byte(script), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := emulated.Open(filepath.Join(dir, "state"))
	if err != nil {
		t.Fatal(err)
	}
	lock, err := s.Lock(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lock.Release() })
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s, emulated.Options{State: s, Region: "us-east-1", Python: "/bin/sh", Script: file}
}

const readyScript = `echo "$8" > "$0.instances"; echo "ready http://localhost:$2"; while :; do sleep 0.1; done`

func nothingLeft() error { return nil }

func TestTheAccountRunsOnceAndIsFoundAgain(t *testing.T) {
	t.Parallel()
	s, o := emulatedAccount(t, readyScript)
	var out bytes.Buffer
	first, err := s.Ensure(t.Context(), o, &out, nothingLeft)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(first.Emulator, "http://localhost:") || !strings.Contains(out.String(), "Starting the emulated account.") {
		t.Errorf("record %+v, printed %q", first, out.String())
	}
	out.Reset()
	second, err := s.Ensure(t.Context(), o, &out, nothingLeft)
	if err != nil || second.Process != first.Process || out.Len() > 0 {
		t.Errorf("a second start gave %+v, %v and printed %q", second, err, out.String())
	}
}

// What fails because the account is no longer there says only that, and what to do.
func TestAnAccountThatEndsDuringACommandIsTheReasonOfWhatFails(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	state, o := emulatedAccount(t, "echo ready http://localhost:"+strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)+"; while :; do sleep 0.1; done")
	record, err := state.Ensure(t.Context(), o, &bytes.Buffer{}, nothingLeft)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{state: state, target: target.Emulated(environment.Settings{Name: "local"}, record.Emulator, state.Dir)}
	failed := errors.New("connection refused")
	if got := s.orEnded(failed); got != failed || s.orEnded(nil) != nil { //nolint:errorlint // the very error
		t.Errorf("while it runs: %v", got)
	}
	if err := syscall.Kill(record.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); record.Alive() && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if got := s.orEnded(failed); !strings.Contains(got.Error(), "make deploy ENV=local") || strings.Contains(got.Error(), "refused") {
		t.Errorf("after its end: %v", got)
	}
	if err := s.nothing(); !errors.Is(err, errNothing) || !strings.Contains(err.Error(), "make destroy ENV=local") {
		t.Errorf("the next command: %v", err)
	}
	if err := os.RemoveAll(state.Dir); err != nil {
		t.Fatal(err)
	}
	if got := s.orEnded(failed); !strings.Contains(got.Error(), state.Dir+" was removed") {
		t.Errorf("after its folder was removed: %v", got)
	}
}

func TestACommandThatWaitedForADestructionGetsTheFolderAnew(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	s, err := emulated.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	first, err := s.Lock(t.Context(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2000 { // so that removing takes a while
		if err := os.WriteFile(s.Path("file"+strconv.Itoa(i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	locked := make(chan error)
	go func() {
		second, err := s.Lock(t.Context(), io.Discard)
		if err == nil {
			err = second.Release()
		}
		locked <- err
	}()
	if err := errors.Join(s.Stop(), first.Release()); err != nil {
		t.Fatal(err)
	}
	if err := <-locked; err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Error(err)
	}
}

func TestAnAccountThatWasKilledStartsAgainEmptyAndSaysSo(t *testing.T) {
	t.Parallel()
	s, o := emulatedAccount(t, readyScript)
	first, err := s.Ensure(t.Context(), o, &bytes.Buffer{}, nothingLeft)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.Path("deployed"), []byte("of before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(first.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); first.Alive() && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	var out bytes.Buffer
	ended := false
	second, err := s.Ensure(t.Context(), o, &out, func() error { ended = true; return nil })
	if err != nil {
		t.Fatal(err)
	}
	if second.Process == first.Process || !ended || !strings.Contains(out.String(), "empty") {
		t.Errorf("record %+v, what was left was ended: %v, printed %q", second, ended, out.String())
	}
	if _, err := os.Stat(s.Path("deployed")); !os.IsNotExist(err) {
		t.Errorf("data of before is left: %v", err)
	}
}

func TestAnEmulatorThatDoesNotStartIsReportedWithTheLog(t *testing.T) {
	t.Parallel()
	s, o := emulatedAccount(t, "echo no such module >&2; exit 3")
	_, err := s.Ensure(t.Context(), o, &bytes.Buffer{}, nothingLeft)
	if err == nil || !strings.Contains(err.Error(), s.Log()) {
		t.Fatalf("Ensure = %v", err)
	}
	if text, err := os.ReadFile(s.Log()); err != nil || !strings.Contains(string(text), "no such module") {
		t.Errorf("the log is %q, %v", text, err)
	}
	if _, running := s.Running(); running {
		t.Error("an account that did not start counts as running")
	}
}

func TestStoppingLeavesNoProcessAndNoFile(t *testing.T) {
	t.Parallel()
	s, o := emulatedAccount(t, readyScript)
	r, err := s.Ensure(t.Context(), o, &bytes.Buffer{}, nothingLeft)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if r.Alive() {
		t.Error("the process is left")
	}
	if _, err := os.Stat(s.Dir); !os.IsNotExist(err) {
		t.Errorf("the folder is left: %v", err)
	}
}

func TestAnAccountWhoseFolderWasRemovedByHandEnds(t *testing.T) {
	t.Parallel()
	s, o := emulatedAccount(t, readyScript)
	r, err := s.Ensure(t.Context(), o, &bytes.Buffer{}, nothingLeft)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(s.Dir); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); r.Alive(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			_ = syscall.Kill(r.PID, syscall.SIGKILL)
			t.Fatal("the account runs on, where no command finds it")
		}
	}
}

// The emulator makes database instances through the account: each is a real server with its own data.
func TestADatabaseInstanceIsARealPostgreSQL(t *testing.T) {
	t.Parallel()
	s, o := emulatedAccount(t, readyScript)
	if _, err := s.Ensure(t.Context(), o, &bytes.Buffer{}, nothingLeft); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(o.Script + ".instances")
	if err != nil {
		t.Fatal(err)
	}
	instances := strings.TrimSpace(string(b)) + "/instances"
	for _, identifier := range []string{"one", "two"} {
		where := createInstance(t, instances, identifier)
		conn, err := pgx.Connect(t.Context(), rds.URL(where, "master", "miyabi"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), "CREATE TABLE only_here (id int)"); err != nil {
			t.Errorf("instance %s shares its data: %v", identifier, err)
		}
		_ = conn.Close(t.Context())
	}
	if code := call(t, http.MethodGet, instances+"/one", ""); code != http.StatusOK {
		t.Errorf("an instance answers %d", code)
	}
	if code := call(t, http.MethodDelete, instances+"/one", ""); code != http.StatusNoContent {
		t.Errorf("deleting answers %d", code)
	}
	if code := call(t, http.MethodGet, instances+"/one", ""); code != http.StatusNotFound {
		t.Errorf("a deleted instance answers %d", code)
	}
	for _, body := range []string{"{", `{"identifier":"../x","master":"m","password":"p","database":"d"}`, `{"identifier":"x"}`} {
		if code := call(t, http.MethodPost, instances, body); code != http.StatusBadRequest {
			t.Errorf("%s answers %d", body, code)
		}
	}
}

func createInstance(t *testing.T, instances, identifier string) string {
	t.Helper()
	resp, err := http.Post(instances, "application/json", strings.NewReader(`{"identifier":"`+identifier+`","master":"master","password":"p","database":"miyabi"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var at struct {
		Address string
		Port    int
	}
	if err := json.NewDecoder(resp.Body).Decode(&at); err != nil || resp.StatusCode != http.StatusOK || at.Address != "127.0.0.1" {
		t.Fatalf("creating answers %d %+v, %v", resp.StatusCode, at, err)
	}
	return fmt.Sprintf("%s:%d", at.Address, at.Port)
}

func call(t *testing.T, method, url, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestTwoCommandsDoNotWorkOnOneAccountAtOnce(t *testing.T) {
	t.Parallel()
	s, _ := emulatedAccount(t, readyScript) // which holds the lock
	ctx, cancel := context.WithCancel(t.Context())
	var out cancelAfterWrite
	out.cancel = cancel
	if _, err := s.Lock(ctx, &out); err == nil {
		t.Error("the lock was taken twice")
	}
	if !strings.Contains(out.String(), "Waiting for another command") {
		t.Errorf("printed %q", out.String())
	}
}

// cancelAfterWrite ends a context with the first line that is printed.
type cancelAfterWrite struct {
	bytes.Buffer
	cancel context.CancelFunc
}

func (c *cancelAfterWrite) Write(p []byte) (int, error) {
	defer c.cancel()
	return c.Buffer.Write(p)
}
