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
)

// stopLeftover ends a server that still runs on the data folder because the program that started it was killed. It
// signals only a process whose command line names this folder, since a process id is used again after a while.
func stopLeftover(data string) error {
	left, err := readPIDFile(data)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if errors.Is(err, strconv.ErrSyntax) { // the machine went down while the file was written; a server refuses to start on it
		return os.Remove(filepath.Join(data, "postmaster.pid"))
	}
	if err != nil {
		return err
	}
	pid := left.pid
	if !strings.Contains(commandLine(pid), data) {
		return nil
	}
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		_ = syscall.Kill(pid, s)
		for deadline := time.Now().Add(stopLimit); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || commandLine(pid) == "" {
				return nil
			}
		}
	}
	return fmt.Errorf("a PostgreSQL (process %d) that was left behind on %s does not end; stop it by hand", pid, data)
}

// pidFile is what a server writes about itself into its data folder
// (https://www.postgresql.org/docs/15/storage-file-layout.html).
type pidFile struct {
	pid int
	// status is `starting`, `ready` or `stopping`, in the eighth line, and empty before the server has written it.
	status string
}

func readPIDFile(data string) (f pidFile, err error) {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid")) //nolint:gosec // the cluster's own folder
	if err != nil {
		return f, fmt.Errorf("read postmaster.pid: %w", err)
	}
	lines := strings.Split(string(text), "\n")
	if f.pid, err = strconv.Atoi(strings.TrimSpace(lines[0])); err != nil {
		return f, fmt.Errorf("read postmaster.pid: %w", err)
	}
	if len(lines) > 7 {
		f.status = strings.TrimSpace(lines[7])
	}
	return f, nil
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
