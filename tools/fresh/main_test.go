package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "fresh")
	if err != nil {
		panic(err)
	}
	locks = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// step counts how often the command ran: each run adds a line to a file.
type step struct {
	dir, stamp, log string
}

func newStep(t *testing.T) step {
	t.Helper()
	dir := t.TempDir()
	s := step{dir: filepath.Join(dir, "in put"), stamp: filepath.Join(dir, "build", "stamp"), log: filepath.Join(dir, "log")}
	s.write(t, "a.go", "one")
	return s
}

func (s step) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s step) run(t *testing.T) (runs int) {
	t.Helper()
	if err := run(s.stamp, []string{s.dir}, nil, []string{s.log}, []string{"sh", "-c", `echo x >> "$0"`, s.log}); err != nil {
		t.Fatal(err)
	}
	b, _ := os.ReadFile(s.log)
	return strings.Count(string(b), "x")
}

func TestAStepRunsOnceForTheSameContent(t *testing.T) {
	t.Parallel()
	s := newStep(t)
	s.run(t)
	s.write(t, "a.go", "one")
	if got := s.run(t); got != 1 {
		t.Errorf("ran %d times, want 1", got)
	}
}

func TestAStepRunsAgainWhenAnInputChangesAppearsOrGoes(t *testing.T) {
	t.Parallel()
	s := newStep(t)
	s.run(t)
	s.write(t, "a.go", "two")
	if got := s.run(t); got != 2 {
		t.Errorf("after a change: ran %d times, want 2", got)
	}
	s.write(t, "b.go", "")
	if got := s.run(t); got != 3 {
		t.Errorf("after a new file: ran %d times, want 3", got)
	}
	if err := os.Remove(filepath.Join(s.dir, "b.go")); err != nil {
		t.Fatal(err)
	}
	if got := s.run(t); got != 4 {
		t.Errorf("after a removed file: ran %d times, want 4", got)
	}
}

func TestFoldersThatStepsWriteIntoAreNoInput(t *testing.T) {
	t.Parallel()
	s := newStep(t)
	s.run(t)
	s.write(t, "node_modules/x.js", "1")
	if got := s.run(t); got != 1 {
		t.Errorf("ran %d times, want 1", got)
	}
}

func TestAStepWhoseOutputIsGoneRunsAgain(t *testing.T) {
	t.Parallel()
	s := newStep(t)
	s.run(t)
	if err := os.Remove(s.log); err != nil {
		t.Fatal(err)
	}
	if got := s.run(t); got != 1 {
		t.Errorf("did not run again")
	}
}

func TestAFailedStepIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := newStep(t)
	for range 2 {
		if err := run(s.stamp, []string{s.dir}, nil, nil, []string{"sh", "-c", "exit 3"}); err == nil {
			t.Error("a failing command passed")
		}
	}
}

func TestAStepThatDoesNotMakeItsOutputFails(t *testing.T) {
	t.Parallel()
	s := newStep(t)
	err := run(s.stamp, []string{s.dir}, nil, []string{filepath.Join(s.dir, "gone")}, []string{"true"})
	if err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("error is %v", err)
	}
}

func TestTwoRunsAtOnceDoTheWorkOnce(t *testing.T) {
	t.Parallel()
	s := newStep(t)
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { s.run(t) })
	}
	both.Wait()
	if got := s.run(t); got != 1 {
		t.Errorf("ran %d times, want 1", got)
	}
}

func TestStandardOutputIsLeftToTheCommandThatNeedsTheStep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := filepath.Join(dir, "fresh")
	if said, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil { //nolint:gosec // our own package
		t.Fatalf("%v: %s", err, said)
	}
	step := exec.Command(program, "-stamp", "stamp", "-in", program, "--", "sh", "-c", "echo building") //nolint:gosec // just built
	step.Dir = dir
	var told strings.Builder
	step.Stderr = &told
	said, err := step.Output()
	if err != nil || len(said) > 0 || told.String() != "building\n" {
		t.Errorf("output %q, error output %q: %v", said, told.String(), err)
	}
}
