package background_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/miyabi-society/platform/infra/background"
)

func TestALockIsHeldByOneAtATime(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a folder with spaces.lock")
	held, err := background.TryLock(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := background.TryLock(file); !errors.Is(err, background.ErrLocked) {
		t.Errorf("a second TryLock = %v", err)
	}
	waited := make(chan struct{})
	go func() {
		<-waited
		_ = held.Release()
	}()
	second, err := background.WaitLock(t.Context(), file, func() { close(waited) })
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Release(); err != nil {
		t.Error(err)
	}
}

func TestALockKnowsItsFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "lock")
	held, err := background.TryLock(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Release() }()
	if !held.At(file) || held.At(file+".none") {
		t.Error("the lock does not know its file")
	}
	if err := os.Rename(file, file+".old"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if held.At(file) {
		t.Error("a file made anew counts as the lock's")
	}
}

func TestWaitingForALockEndsWithTheContext(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "lock")
	held, err := background.TryLock(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Release() }()
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := background.WaitLock(ctx, file, cancel); err == nil {
		t.Error("the lock was taken twice")
	}
}

func TestAProcessIsAliveUntilItIsStopped(t *testing.T) {
	t.Parallel()
	if !background.Self().Alive() {
		t.Error("this process counts as gone")
	}
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	p := background.Of(cmd.Process.Pid)
	if !p.Alive() {
		t.Fatal("a process that runs counts as gone")
	}
	if err := p.Stop(5 * time.Second); err != nil {
		t.Fatal(err)
	}
	<-ended
	if p.Alive() {
		t.Error("a stopped process counts as alive")
	}
	if err := p.Stop(time.Second); err != nil {
		t.Errorf("Stop of a process that has gone = %v", err)
	}
}

func TestALaterProcessWithTheSameIDIsAnotherOne(t *testing.T) {
	t.Parallel()
	p := background.Self()
	p.Started += "0"
	if p.Alive() {
		t.Error("a process with another start time counts as the same")
	}
}
