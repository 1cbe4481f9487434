// Package rds plays Amazon RDS for PostgreSQL on this machine: it runs the installed server on loopback, as a user
// that is not root, and makes in it what RDS makes for a new instance.
package rds

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/miyabi-society/platform/infra/local/process"
)

// Superuser is the cluster's own administrator, which no function ever connects as.
const Superuser = "postgres"

// Host is where every cluster listens.
const Host = "127.0.0.1"

const (
	startLimit = 30 * time.Second
	stopLimit  = 10 * time.Second
)

// Config says where a cluster lives and how it runs.
type Config struct {
	// Dir is an absolute folder that only this cluster uses; it is created. When root runs this, every folder above it
	// must be open to the server's user.
	Dir string
	// Port is the TCP port on 127.0.0.1; 0 takes a free one.
	Port int
	// Durable keeps committed data through a crash of the machine. Tests leave it off: it is several times faster.
	Durable bool
	// Log gets the server's log; nil discards it.
	Log io.Writer
}

// Cluster is a running server.
type Cluster struct {
	port  int
	child *process.Child
}

// Start initializes Dir on first use, starts the server and returns when it answers. A server that a killed program
// left behind on the same Dir is stopped first. The error is ErrNotInstalled when there is no PostgreSQL here.
func Start(ctx context.Context, c Config) (*Cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	acct, err := serverAccount()
	if err != nil {
		return nil, err
	}
	if !filepath.IsAbs(c.Dir) {
		return nil, fmt.Errorf("the folder of a PostgreSQL cluster must be absolute, not %q", c.Dir)
	}
	s := server{Config: c, bin: bin, acct: acct, data: filepath.Join(c.Dir, "data")}
	if err := s.initialize(ctx); err != nil {
		return nil, err
	}
	if err := stopLeftover(s.data); err != nil {
		return nil, err
	}
	return s.start(ctx)
}

// Port is the TCP port on 127.0.0.1.
func (c *Cluster) Port() int { return c.port }

// Address is HOST:PORT.
func (c *Cluster) Address() string { return net.JoinHostPort(Host, strconv.Itoa(c.port)) }

// URL is the connection string for a user and a database, see the function URL.
func (c *Cluster) URL(user, database string) string { return URL(c.Address(), user, database) }

// CreateInstance is the function CreateInstance for this server.
func (c *Cluster) CreateInstance(ctx context.Context, master, password, database string) error {
	return CreateInstance(ctx, c.Address(), master, password, database)
}

// Done is closed when the server has ended, by Stop or by itself.
func (c *Cluster) Done() <-chan struct{} { return c.child.Done() }

// Stop ends the server in its fast mode (open transactions are rolled back) and returns when it is gone.
func (c *Cluster) Stop() error {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		c.child.Signal(s)
		select {
		case <-c.child.Done():
			return nil
		case <-time.After(stopLimit):
		}
	}
	return fmt.Errorf("postgresql process %d does not end", c.child.PID())
}

type server struct {
	Config
	bin, data string
	acct      *account
}

// initialize makes the data folder under another name and renames it, so that an interrupted run leaves no half-made
// cluster.
func (s *server) initialize(ctx context.Context) error {
	if version, err := os.ReadFile(filepath.Join(s.data, "PG_VERSION")); err == nil {
		return s.checkVersion(ctx, strings.TrimSpace(string(version)))
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
	if err := s.acct.own(fresh); err != nil {
		return err
	}
	args := []string{"-D", fresh, "-U", Superuser, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-instructions"}
	if !s.Durable {
		args = append(args, "--no-sync")
	}
	cmd := s.command(ctx, "initdb", args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb in %s: %w: %s", fresh, err, lastLine(out))
	}
	if err := os.Rename(fresh, s.data); err != nil {
		return fmt.Errorf("finish the data folder: %w", err)
	}
	return nil
}

func (s *server) checkVersion(ctx context.Context, made string) error {
	out, err := s.command(ctx, "postgres", "--version").Output()
	if err != nil {
		return fmt.Errorf("ask %s for its version: %w", s.bin, err)
	}
	if _, installed, ok := strings.Cut(string(out), ") "); !ok || !strings.HasPrefix(installed, made+".") {
		return fmt.Errorf("the data in %s was made by PostgreSQL %s, but %s is %s; set PG_BIN to version %s, or start afresh with RESET=1",
			s.data, made, s.bin, strings.TrimSpace(string(out)), made)
	}
	return nil
}

// command runs a program of the server as the server's user, in a folder that this user can enter.
func (s *server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...) //nolint:gosec // the folder was found by binaries()
	cmd.Dir = s.Dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	if p := os.Getenv("LD_LIBRARY_PATH"); p != "" {
		cmd.Env = append(cmd.Env, "LD_LIBRARY_PATH="+p)
	}
	s.acct.apply(cmd)
	return cmd
}

// start tries a few ports when none was asked for: another program can take a free port before the server does.
func (s *server) start(ctx context.Context) (*Cluster, error) {
	tries := 1
	if s.Port == 0 {
		tries = 3
	}
	var err error
	for range tries {
		port := s.Port
		if port == 0 {
			if port, err = freePort(); err != nil {
				return nil, err
			}
		}
		var c *Cluster
		if c, err = s.startOn(ctx, port); err == nil {
			return c, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, err
}

func (s *server) startOn(ctx context.Context, port int) (*Cluster, error) {
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
	log := &tail{to: s.Log}
	cmd := s.command(context.WithoutCancel(ctx), "postgres", args...)
	cmd.Stdout, cmd.Stderr = log, log
	child, err := process.Start(cmd, syscall.SIGINT)
	if err != nil {
		return nil, err
	}
	c := &Cluster{port: port, child: child}
	if err := c.ready(ctx, s.data); err != nil {
		_ = c.Stop()
		return nil, fmt.Errorf("postgresql on port %d: %w: %s", port, err, lastLine(log.bytes()))
	}
	return c, nil
}

// ready waits until the server's own pid file says so, as pg_ctl does. A connection would not tell: what answers on
// the port may be a stranger.
func (c *Cluster) ready(ctx context.Context, data string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		if f, err := readPIDFile(data); err == nil && f.pid == c.child.PID() && f.status == "ready" {
			return nil
		}
		select {
		case <-c.Done():
			return errors.New("the server ended at start")
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w", context.Cause(ctx))
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", Host+":0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}
