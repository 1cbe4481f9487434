package emulated

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/miyabi-society/platform/infra/background"
)

// stopLimit is how long the account may take to end before it is killed.
const stopLimit = 15 * time.Second

// Lock keeps other commands off the account until it is released. It makes the folder, which everybody may enter
// because PostgreSQL may run as a user of its own; also after the command that was waited for has removed it.
func (s State) Lock(ctx context.Context, out io.Writer) (background.Lock, error) {
	said := false
	waiting := func() {
		if !said {
			_, _ = fmt.Fprintln(out, "Waiting for another command that works on the same account.")
		}
		said = true
	}
	for {
		if err := os.MkdirAll(s.Dir, 0o755); err != nil {
			return background.Lock{}, fmt.Errorf("make the state folder: %w; choose another with STATE=DIR", err)
		}
		lock, err := background.WaitLock(ctx, s.Path(commandLock), waiting)
		if err == nil {
			if lock.At(s.Path(commandLock)) {
				return lock, nil
			}
			err = errors.Join(os.ErrNotExist, lock.Release())
		}
		if !errors.Is(err, os.ErrNotExist) {
			return background.Lock{}, err
		}
	}
}

// Unlock lets other commands work on the account. A folder that holds nothing but the lock, as a command leaves it that
// refused to begin, is removed.
func (s State) Unlock(lock background.Lock) error {
	var failed error
	if entries, err := os.ReadDir(s.Dir); err == nil && len(entries) == 1 && lock.At(s.Path(commandLock)) {
		failed = s.remove()
	}
	return errors.Join(failed, lock.Release())
}

// Ensure gives the running account, or starts one, which is empty. left is called before that when an earlier account
// of this state has ended unasked, to end what else belonged to it.
func (s State) Ensure(ctx context.Context, o Options, out io.Writer, left func() error) (Record, error) {
	if r, running := s.Running(); running {
		return r, nil
	}
	if s.Ended() {
		if err := left(); err != nil {
			return Record{}, err
		}
		_, _ = fmt.Fprintln(out, "The emulated account has ended, by a restart of this machine or with its process. It starts again, empty.")
	}
	_, _ = fmt.Fprintln(out, "Starting the emulated account.")
	return s.launch(ctx, o)
}

// launch starts this program's `serve` in the background.
func (s State) launch(ctx context.Context, o Options) (Record, error) {
	if err := s.beginLog(); err != nil {
		return Record{}, err
	}
	child, err := background.Launch(s.Log(), "serve", "--state", s.Dir, "--region", o.Region, "--python", o.Python, "--script", o.Script)
	if err != nil {
		return Record{}, fmt.Errorf("start the emulated account: %w", err)
	}
	var n notice
	if err := child.Notice(ctx, &n); err != nil {
		if failed := errors.Join(child.Stop(stopLimit), s.remove()); failed != nil {
			return Record{}, failed
		}
		return Record{}, err
	}
	switch {
	case n.Error != "":
		return Record{}, errors.New(n.Error)
	case n.Emulator == "":
		return Record{}, fmt.Errorf("the emulated account ended at its start: %s (log: %s)", background.LastLine(s.Log()), s.Log())
	}
	return s.read()
}

// maxLog is the size in bytes beyond which a start of the account begins a new log.
const maxLog = 32 << 20

func (s State) beginLog() error {
	if info, err := os.Stat(s.Log()); err == nil && info.Size() > maxLog {
		if err := os.Rename(s.Log(), s.Log()+".1"); err != nil {
			return fmt.Errorf("begin a new log: %w", err)
		}
	}
	return nil
}

// Stop ends the account and removes everything of it. That none runs is no error.
func (s State) Stop() error {
	if r, err := s.read(); err == nil {
		if err := r.Stop(stopLimit); err != nil {
			return err
		}
	}
	return s.remove()
}

// remove takes the folder away in one step, because a command that waits for its lock may begin anew in its place, and
// deletes it then.
func (s State) remove() error {
	if _, err := os.Stat(s.Dir); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	aside, err := os.MkdirTemp(filepath.Dir(s.Dir), filepath.Base(s.Dir)+".removed-")
	if err != nil {
		return fmt.Errorf("remove the state: %w", err)
	}
	if err := errors.Join(os.Rename(s.Dir, filepath.Join(aside, "state")), os.RemoveAll(aside)); err != nil {
		return fmt.Errorf("remove the state: %w", err)
	}
	return nil
}
