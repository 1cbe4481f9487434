// Package dataplane runs what is deployed to the emulated account on this machine, by the local cloud: the functions,
// the APIs and the site, on the emulated account's own databases.
package dataplane

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Program is the local cloud, below the project's root.
const Program = "bin/local"

// Plane is the data plane of one emulated account.
type Plane struct {
	// State is its folder.
	State string
	// Port is the wanted port of the site; 0 keeps the one of the running plane and leaves it to the local cloud for a new one.
	Port int
}

// Up runs an assembly on the PostgreSQL at database (HOST:PORT) and returns its address when it answers. A plane that
// runs another assembly starts anew.
func (p Plane) Up(ctx context.Context, assembly, database string) (address string, err error) {
	args := []string{"--assembly", assembly, "--database", database}
	if port := p.port(ctx); port != "" {
		args = append(args, "--port", port)
	}
	text, err := p.run(ctx, "up", args...)
	if err != nil {
		return "", fmt.Errorf("run what was deployed: %w: %s", err, reason(text))
	}
	if err := p.noteDatabase(database); err != nil {
		return "", err
	}
	return p.URL(ctx)
}

// port is the wanted port, empty when any will do.
func (p Plane) port(ctx context.Context) string {
	if p.Port != 0 {
		return strconv.Itoa(p.Port)
	}
	address, err := p.URL(ctx)
	if err != nil {
		return "" // none runs
	}
	running, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return running.Port()
}

// noteDatabase writes the database's port where a local cloud with a PostgreSQL of its own keeps it, so that what looks
// for the database of a local run, such as `make seed`, finds this one too.
func (p Plane) noteDatabase(database string) error {
	_, port, err := net.SplitHostPort(database)
	if err != nil {
		return fmt.Errorf("the database's address %q is not HOST:PORT: %w", database, err)
	}
	file := filepath.Join(p.State, "postgres", "port")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("note the database's port: %w", err)
	}
	if err := os.WriteFile(file, []byte(port), 0o600); err != nil {
		return fmt.Errorf("note the database's port: %w", err)
	}
	return nil
}

// URL is the address of the running plane.
func (p Plane) URL(ctx context.Context) (string, error) {
	text, err := p.run(ctx, "url")
	if err != nil {
		return "", fmt.Errorf("find the data plane: %w: %s", err, reason(text))
	}
	return strings.TrimSpace(text), nil
}

// Down stops the plane. That none runs is no error.
func (p Plane) Down(ctx context.Context) error {
	if _, err := os.Stat(p.State); err != nil {
		return nil //nolint:nilerr // there never was one
	}
	if text, err := p.run(ctx, "down"); err != nil {
		return fmt.Errorf("stop the data plane: %w: %s", err, reason(text))
	}
	return nil
}

// patience is how long the local cloud may take to end when interrupted.
const patience = 30 * time.Second

func (p Plane) run(ctx context.Context, command string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, Program, append([]string{command, "--state", p.State}, args...)...) //nolint:gosec // our own program
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, io.Writer(&out)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
	err := cmd.Run()
	return out.String(), err
}

// reason is the last line of what the local cloud printed, without its name.
func reason(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimPrefix(lines[len(lines)-1], "local: ")
}
