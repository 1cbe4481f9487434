// Package dataplane runs what is deployed to the emulated account on this machine, by the local cloud: the functions,
// the APIs and the site, on the emulated account's own databases.
package dataplane

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
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
	// Port is the wanted port of the site.
	Port int
}

// Up runs an assembly on the PostgreSQL at database (HOST:PORT) and returns its address when it answers. A plane that
// runs another assembly starts anew.
func (p Plane) Up(ctx context.Context, assembly, database string) (url string, err error) {
	text, err := p.run(ctx, "up", "--assembly", assembly, "--port", strconv.Itoa(p.Port), "--database", database)
	if err != nil {
		return "", fmt.Errorf("run what was deployed: %w: %s", err, reason(text))
	}
	return p.URL(ctx)
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
