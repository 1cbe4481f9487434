// Package supervise starts and stops the local cloud: one process per state folder, found again through a lock that
// the kernel releases with the process, and through a record of its id and start time.
package supervise

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/background"
	"github.com/miyabi-society/platform/infra/local/jsonfile"
)

// state is the folder of one local run.
type state struct{ dir string }

// findState names the folder, which need not be there.
func findState(dir string) (state, error) {
	if dir == "" {
		return state{}, errors.New("name the state folder with --state")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return state{}, fmt.Errorf("find the state folder: %w", err)
	}
	return state{dir}, nil
}

// makeState makes the folder. Everybody may enter it, because PostgreSQL runs as a user of its own.
func makeState(dir string) (state, error) {
	s, err := findState(dir)
	if err != nil {
		return state{}, err
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil { //nolint:gosec // see above
		return state{}, fmt.Errorf("make the state folder: %w; choose another with STATE=DIR", err)
	}
	return s, nil
}

func (s state) path(name string) string { return filepath.Join(s.dir, name) }

const (
	runLock     = "run.lock"     // held by the process that runs the cloud
	commandLock = "command.lock" // held by a command that starts or stops it
	recordFile  = "run.json"
	logFile     = "log"
)

// record describes the process that runs or ran last.
type record struct {
	background.Process
	// Runs tells what runs: the assembly, this program, the wanted port and the database.
	Runs string
	// Wanted is the port that was asked for, Port the one that was free. The next run takes it again, so that the address
	// of a checkout stays the same.
	Wanted, Port int
	// Text says to a person what is where. It is empty until requests are served.
	Text string
}

func (r record) url() string { return "http://localhost:" + strconv.Itoa(r.Port) }

// alone tells do what runs, and keeps other commands off that start or stop the local cloud meanwhile.
func (s state) alone(ctx context.Context, do func(r record, running bool) error) error {
	lock, err := background.WaitLock(ctx, s.path(commandLock), func() {})
	if err != nil {
		return err
	}
	defer func() { _ = lock.Release() }()
	r, running, err := s.running()
	if err != nil {
		return err
	}
	return do(r, running)
}

// handover is how long the run lock may be held without a living process on record: one that was killed lets go of it
// a moment after it counts as ended, and one that starts takes it a moment before it is on record.
const handover = 3 * time.Second

// running gives the record of the process that holds the run lock.
func (s state) running() (r record, held bool, err error) {
	for deadline := time.Now().Add(handover); ; time.Sleep(10 * time.Millisecond) {
		l, err := background.TryLock(s.path(runLock))
		switch {
		case err == nil:
			return record{}, false, l.Release()
		case errors.Is(err, os.ErrNotExist): // nothing was ever run here
			return record{}, false, nil
		case !errors.Is(err, background.ErrLocked):
			return record{}, false, err
		}
		if err := jsonfile.Read(s.path(recordFile), &r); err != nil && !errors.Is(err, os.ErrNotExist) {
			return record{}, true, err
		}
		if r.Alive() || time.Now().After(deadline) {
			return r, true, nil
		}
	}
}

// stop ends the process on record, if there is one, and returns when its lock, port and processes are gone.
func (s state) stop(r record) error {
	if err := r.Stop(stopLimit); err != nil {
		return err
	}
	if _, held, err := s.running(); err != nil || held {
		return errors.Join(err, fmt.Errorf("another process holds %s; end it by hand", s.path(runLock)))
	}
	return nil
}

// reset removes all data. The log stays, and the record, so that the address does.
func (s state) reset() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	for _, e := range entries {
		if name := e.Name(); name != recordFile && name != logFile && !strings.HasSuffix(name, ".lock") {
			if err := os.RemoveAll(s.path(name)); err != nil {
				return fmt.Errorf("reset: %w", err)
			}
		}
	}
	return nil
}
