package emulated

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/miyabi-society/platform/infra/deploy/target"
	"github.com/miyabi-society/platform/infra/local/process"
)

// Script is the emulator, below the project's root.
const Script = "tests/cloud/serve.py"

// readyLimit is how long the emulator may take to answer.
const readyLimit = 60 * time.Second

// emulator is the running Python process.
type emulator struct {
	child *process.Child
	url   string
}

// startEmulator runs the emulator and returns when it answers. It asks for PostgreSQL at instances.
func startEmulator(ctx context.Context, python, script, region, instances, file string, log io.Writer) (*emulator, error) {
	port, err := process.FreePort(0)
	if err != nil {
		return nil, err
	}
	reader, writer := io.Pipe()
	cmd := exec.Command(python, "-u", script, "--port", strconv.Itoa(port), "--account", target.EmulatedAccount, "--region", region, "--instances", instances, "--log", file) //nolint:gosec // our own script
	cmd.Stdout, cmd.Stderr = io.MultiWriter(log, writer), log
	child, err := process.Start(cmd, syscall.SIGTERM)
	if err != nil {
		return nil, err
	}
	e := &emulator{child: child}
	ready := make(chan string, 1)
	go readReady(reader, ready)
	select {
	case e.url = <-ready:
		return e, nil
	case <-child.Done():
		err = fmt.Errorf("the emulator ended at its start (%w)", child.Err())
	case <-time.After(readyLimit):
		err = fmt.Errorf("the emulator does not answer within %s", readyLimit)
	case <-ctx.Done():
		err = errors.New("interrupted")
	}
	return nil, errors.Join(err, e.stop())
}

// readReady passes the address in the line "ready http://localhost:PORT" on, and reads the rest away.
func readReady(from io.Reader, ready chan<- string) {
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
			ready <- strings.TrimSpace(url)
			break
		}
	}
	_, _ = io.Copy(io.Discard, from)
}

// emulatorPatience is how long the emulator may take to obey SIGTERM.
const emulatorPatience = 2 * time.Second

// stop ends the emulator with all that it started.
func (e *emulator) stop() error {
	e.child.Signal(syscall.SIGTERM)
	select {
	case <-e.child.Done():
	case <-time.After(emulatorPatience):
	}
	e.child.KillGroup()
	select {
	case <-e.child.Done():
		return nil
	case <-time.After(emulatorPatience):
		return fmt.Errorf("the emulator (process %d) does not end", e.child.PID())
	}
}
