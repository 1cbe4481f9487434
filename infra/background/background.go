// Package background starts and stops programs of this project that outlive the command that started them. Such a
// program holds a lock that the kernel releases with the process, and is on record with its id and start time.
package background

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// ErrLocked means that another process holds the lock.
var ErrLocked = errors.New("another process holds the lock")

// poll is how often a lock is tried again.
const poll = 25 * time.Millisecond

// Lock is a file lock, which ends with the process at the latest.
type Lock struct{ file *os.File }

// TryLock takes the lock of a file, which it makes, or fails with ErrLocked.
func TryLock(file string) (Lock, error) {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrPermission) {
		return Lock{}, fmt.Errorf("the state belongs to another user or cannot be written (%w); choose another folder with STATE=DIR", err)
	}
	if err != nil {
		return Lock{}, fmt.Errorf("open the lock: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) //nolint:gosec // a file descriptor is a small number
	if err == nil {
		return Lock{f}, nil
	}
	closed := f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return Lock{}, errors.Join(ErrLocked, closed)
	}
	return Lock{}, errors.Join(fmt.Errorf("lock %s: %w", file, err), closed)
}

// WaitLock takes a lock that another command may hold for a while. It calls waiting once when that is so.
func WaitLock(ctx context.Context, file string, waiting func()) (Lock, error) {
	for first := true; ; first = false {
		l, err := TryLock(file)
		if err == nil || !errors.Is(err, ErrLocked) {
			return l, err
		}
		if first {
			waiting()
		}
		select {
		case <-ctx.Done():
			return Lock{}, errors.New("interrupted while another command works on the same state")
		case <-time.After(poll):
		}
	}
}

// At tells whether the lock is that of the file at a path, which may have been removed and made anew.
func (l Lock) At(file string) bool {
	held, err := l.file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(file)
	return err == nil && os.SameFile(held, there)
}

// Release gives the lock back.
func (l Lock) Release() error { return l.file.Close() }

// Process tells one process from every other one of this boot, also from a later one with the same id.
type Process struct {
	PID     int
	Started string
}

// Self is this process.
func Self() Process { return Of(os.Getpid()) }

// Of is the process that runs under an id now.
func Of(pid int) Process { return Process{PID: pid, Started: startTime(pid)} }

// Alive says whether the process still runs.
func (p Process) Alive() bool {
	return p.PID > 0 && p.Started != "" && startTime(p.PID) == p.Started
}

// Stop ends the process: by SIGTERM, and by SIGKILL if it is not gone after the limit. That it has gone is no error.
func (p Process) Stop(limit time.Duration) error {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if !p.Alive() {
			return nil
		}
		_ = syscall.Kill(p.PID, signal) // it may end meanwhile
		for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(poll) {
			if !p.Alive() {
				return nil
			}
		}
	}
	return fmt.Errorf("process %d does not end; stop it by hand", p.PID)
}
