package rds

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/miyabi-society/platform/infra/local/process"
)

const (
	startLimit = 30 * time.Second
	stopLimit  = 10 * time.Second
	poll       = 10 * time.Millisecond
)

// server is how the server of one cluster is run.
type server struct {
	Config
	programs programs
	account  *syscall.Credential
	data     string
}

// initialize makes the data folder under another name and renames it, so that an interrupted run leaves no half-made
// cluster.
func (s server) initialize(ctx context.Context) error {
	if version, err := os.ReadFile(filepath.Join(s.data, "PG_VERSION")); err == nil {
		if made := strings.TrimSpace(string(version)); made != strconv.Itoa(s.programs.major) {
			return fmt.Errorf("the data in %s was made by PostgreSQL %s, but %s is version %d; set PG_BIN to version %s, or start afresh with RESET=1",
				s.data, made, s.programs.dir, s.programs.major, made)
		}
		return nil
	}
	if err := os.MkdirAll(s.Dir, 0o755); err != nil { //nolint:gosec // the server's user must be able to enter it
		return fmt.Errorf("make the cluster's folder: %w", err)
	}
	fresh := s.data + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("clear an interrupted initialization: %w", err)
	}
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	if s.account != nil {
		if err := os.Chown(fresh, int(s.account.Uid), int(s.account.Gid)); err != nil {
			return fmt.Errorf("give the data folder to the server's user: %w", err)
		}
	}
	args := []string{"-D", fresh, "-U", Superuser, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-instructions"}
	if !s.Durable {
		args = append(args, "--no-sync")
	}
	if out, err := s.command(ctx, "initdb", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("initdb in %s: %w: %s", fresh, cmp.Or(ctx.Err(), err), reason(out))
	}
	if err := os.Rename(fresh, s.data); err != nil {
		return fmt.Errorf("finish the data folder: %w", err)
	}
	return nil
}

// command runs a program of the server as the server's user, in a folder that this user can enter.
func (s server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.programs.dir, name), args...) //nolint:gosec // the folder was found by installed()
	cmd.Dir = s.Dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	if p := os.Getenv("LD_LIBRARY_PATH"); p != "" {
		cmd.Env = append(cmd.Env, "LD_LIBRARY_PATH="+p)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.account}
	return cmd
}

// start runs the server on the port of the last run, or on another one when that is taken. It tries a few: another
// program can take a free port before the server does.
func (s server) start(ctx context.Context) (child *process.Child, port int, err error) {
	file := filepath.Join(s.Dir, "port")
	last, _ := os.ReadFile(file)         //nolint:gosec // none is a first run
	port, _ = strconv.Atoi(string(last)) // 0 is any port
	for try := 0; child == nil; try++ {
		if port, err = process.FreePort(port); err != nil {
			return nil, 0, err
		}
		if child, err = s.startOn(ctx, port); err != nil && (try == 2 || ctx.Err() != nil) {
			return nil, 0, err
		}
	}
	if err := os.WriteFile(file, []byte(strconv.Itoa(port)), 0o600); err != nil {
		return nil, 0, errors.Join(fmt.Errorf("remember the database's port: %w", err), shutdown(child))
	}
	return child, port, nil
}

func (s server) startOn(ctx context.Context, port int) (*process.Child, error) {
	settings := []string{"listen_addresses=" + Host, "unix_socket_directories=", "max_connections=200", "timezone=UTC", "log_timezone=UTC"}
	switch {
	case !s.Durable:
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	case runtime.GOOS == "linux":
		settings = append(settings, "recovery_init_sync_method=syncfs") // recovers from a crash several times faster
	}
	args := []string{"-D", s.data, "-p", strconv.Itoa(port)}
	for _, x := range settings {
		args = append(args, "-c", x)
	}
	log := &opening{to: s.Log}
	cmd := s.command(context.WithoutCancel(ctx), "postgres", args...)
	cmd.Stdout, cmd.Stderr = log, log
	child, err := process.Start(cmd, syscall.SIGINT)
	if err != nil {
		return nil, err
	}
	if err := s.ready(ctx, child); err != nil {
		if failed := shutdown(child); failed != nil {
			return nil, errors.Join(err, failed)
		}
		return nil, fmt.Errorf("postgresql on port %d: %w: %s", port, err, reason(log.said))
	}
	return child, nil
}

// ready waits until the server's own pid file says so, as pg_ctl does. A connection would not tell: what answers on
// the port may be a stranger.
func (s server) ready(ctx context.Context, child *process.Child) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		if pid, ready, err := readPIDFile(s.data); err == nil && pid == child.PID() && ready {
			return nil
		}
		select {
		case <-child.Done():
			return errors.New("the server ended at start")
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w", context.Cause(ctx))
		case <-time.After(poll):
		}
	}
}

// opening passes the server's log on and keeps its beginning, which says why a server does not start.
type opening struct {
	to   io.Writer
	said []byte
}

const openingSize = 8 << 10

func (o *opening) Write(p []byte) (int, error) {
	o.said = append(o.said, p[:min(len(p), openingSize-len(o.said))]...)
	return o.to.Write(p)
}

var failure = regexp.MustCompile(`(?:FATAL|error|HINT): .*`)

// reason is what a program's output says of its failure, else its last line.
func reason(output []byte) string {
	if said := failure.FindAll(output, -1); said != nil {
		return string(bytes.Join(said, []byte(" ")))
	}
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	return lines[len(lines)-1]
}
