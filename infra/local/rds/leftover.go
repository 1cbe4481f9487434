package rds

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/miyabi-society/platform/infra/local/process"
)

// shutdown ends a server that this program started, and returns when it is gone.
func shutdown(child *process.Child) error {
	return end(child.PID(), func() bool {
		select {
		case <-child.Done():
			return true
		default:
			return false
		}
	})
}

// stopLeftover ends a server that still runs on the data folder because the program that started it was killed. It
// signals only a process whose command line names this folder, since a process id is used again after a while.
func stopLeftover(data string) error {
	pid, _, err := readPIDFile(data)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case errors.Is(err, strconv.ErrSyntax): // the machine went down while the file was written; a server refuses to start on it
		return os.Remove(filepath.Join(data, "postmaster.pid"))
	case err != nil:
		return err
	}
	return end(pid, func() bool { return !strings.Contains(commandLine(pid), data) })
}

// end asks for the fast mode, then for the immediate one, and then kills
// (https://www.postgresql.org/docs/15/server-shutdown.html).
func end(pid int, gone func() bool) error {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		if gone() {
			return nil
		}
		_ = syscall.Kill(pid, signal) // it may end meanwhile
		for deadline := time.Now().Add(stopLimit); time.Now().Before(deadline); time.Sleep(poll) {
			if gone() {
				return nil
			}
		}
	}
	return fmt.Errorf("postgresql process %d does not end; stop it by hand", pid)
}

// readPIDFile reads what a server writes about itself into its data folder: its process id, and in the eighth line
// `starting`, `ready` or `stopping` (https://www.postgresql.org/docs/15/storage-file-layout.html).
func readPIDFile(data string) (pid int, ready bool, err error) {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid")) //nolint:gosec // the cluster's own folder
	if err != nil {
		return 0, false, fmt.Errorf("read postmaster.pid: %w", err)
	}
	lines := strings.Split(string(text), "\n")
	if pid, err = strconv.Atoi(strings.TrimSpace(lines[0])); err != nil {
		return 0, false, fmt.Errorf("read postmaster.pid: %w", err)
	}
	return pid, len(lines) > 7 && strings.TrimSpace(lines[7]) == "ready", nil
}

// commandLine is empty for a process that is gone.
func commandLine(pid int) string {
	if b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline")); err == nil {
		return strings.ReplaceAll(string(b), "\x00", " ")
	}
	out, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output() //nolint:gosec // pid is a number
	if err != nil {
		return ""
	}
	return string(out)
}
