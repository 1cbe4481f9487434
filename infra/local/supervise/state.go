// Package supervise starts and stops the local cloud: one process per state folder, found again through a lock that
// the kernel releases with the process, and through a record of its id and start time.
package supervise

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/background"
	"github.com/miyabi-society/platform/infra/local/jsonfile"
)

// state is the folder of one local run.
type state struct{ dir string }

// openState makes the folder. Everybody may enter it, because PostgreSQL runs as a user of its own.
func openState(dir string) (state, error) {
	if dir == "" {
		return state{}, errors.New("name the state folder with --state")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return state{}, fmt.Errorf("find the state folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // see above
		return state{}, fmt.Errorf("make the state folder: %w", err)
	}
	return state{dir}, nil
}

func (s state) path(name string) string { return filepath.Join(s.dir, name) }

// LogFile is the log of the run in a state folder.
func LogFile(dir string) string { return state{dir}.path("log") }

const (
	runLock     = "run.lock"     // held by the process that runs the cloud
	commandLock = "command.lock" // held by a command that starts or stops it
	portsFile   = "ports.json"
	recordFile  = "run.json"
)

// record describes the running process.
type record struct {
	background.Process
	// Runs tells what runs: the assembly, this program and the wanted port.
	Runs string
	entry
}

// handover is how long the run lock may be held without a living process on record: one that was killed lets go of it
// a moment after it counts as ended, and one that starts takes it a moment before it is on record.
const handover = 3 * time.Second

// running gives the record of the process that holds the run lock.
func (s state) running() (record, bool, error) {
	for deadline := time.Now().Add(handover); ; time.Sleep(10 * time.Millisecond) {
		r, held, err := s.holder()
		if err != nil || !held || r.Alive() || time.Now().After(deadline) {
			return r, held, err
		}
	}
}

func (s state) holder() (record, bool, error) {
	l, err := background.TryLock(s.path(runLock))
	if err == nil {
		return record{}, false, l.Release()
	}
	if !errors.Is(err, background.ErrLocked) {
		return record{}, false, err
	}
	var r record
	if err := jsonfile.Read(s.path(recordFile), &r); err != nil && !errors.Is(err, os.ErrNotExist) {
		return record{}, true, err
	}
	return r, true, nil
}

// reset removes all data, and keeps the ports so that the address stays.
func (s state) reset() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	for _, e := range entries {
		if name := e.Name(); name != portsFile && !strings.HasSuffix(name, ".lock") {
			if err := os.RemoveAll(s.path(name)); err != nil {
				return fmt.Errorf("reset: %w", err)
			}
		}
	}
	return nil
}
