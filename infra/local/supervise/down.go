package supervise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/miyabi-society/platform/infra/background"
)

// ErrNotRunning means that no local cloud runs with this state folder.
var ErrNotRunning = errors.New("the local cloud does not run; start it with `make up`")

// poll is how often it is looked whether a process has ended.
const poll = 25 * time.Millisecond

// command opens the state for a command that starts or stops the local cloud; others wait until it calls done. It also
// tells what runs.
func command(ctx context.Context, dir string) (s state, r record, running bool, done func(), err error) {
	if s, err = openState(dir); err != nil {
		return s, r, false, nil, err
	}
	l, err := background.WaitLock(ctx, s.path(commandLock), func() {})
	if err != nil {
		return s, r, false, nil, err
	}
	done = func() { _ = l.Release() }
	if r, running, err = s.running(); err != nil {
		done()
	}
	return s, r, running, done, err
}

// Down stops the local cloud and returns when its processes, ports and locks are gone. That none runs is no error.
func Down(ctx context.Context, dir string, out io.Writer) error {
	s, r, running, done, err := command(ctx, dir)
	if err != nil {
		return err
	}
	defer done()
	if !running {
		say(out, "The local cloud does not run.")
		return s.forget()
	}
	if err := s.stop(r); err != nil {
		return err
	}
	say(out, "The local cloud is stopped. Its data stays in "+s.dir)
	return nil
}

// stop ends the recorded process. Its lock tells when it is gone; its start time keeps a stranger from being signalled
// that got the same process id.
func (s state) stop(r record) error {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if r.Alive() {
			_ = syscall.Kill(r.PID, signal)
		}
		for deadline := time.Now().Add(stopLimit); time.Now().Before(deadline); time.Sleep(poll) {
			if _, running, err := s.running(); err != nil || !running {
				return errors.Join(err, s.forget())
			}
		}
	}
	return fmt.Errorf("process %d holds %s and does not end; stop it by hand", r.PID, s.path(runLock))
}

// forget removes the record that a killed process left behind.
func (s state) forget() error {
	if err := os.Remove(s.path(recordFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove the record of the run: %w", err)
	}
	return nil
}

// URL is the address of the running site, without a slash at the end.
func URL(dir string) (string, error) {
	if _, err := os.Stat(dir); dir != "" && errors.Is(err, os.ErrNotExist) {
		return "", ErrNotRunning // asking makes no folder
	}
	s, err := openState(dir)
	if err != nil {
		return "", err
	}
	r, running, err := s.running()
	if err != nil {
		return "", err
	}
	if !running || r.URL == "" {
		return "", ErrNotRunning
	}
	return r.URL, nil
}
