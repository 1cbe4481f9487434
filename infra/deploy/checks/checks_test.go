package checks

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/deploy/phase"
)

func TestEachPhasesTestsAreChosenByItsNumber(t *testing.T) {
	t.Parallel()
	all := phase.All()
	if got := pattern(all[2:3]); got != "^TestPhase2" {
		t.Errorf("pattern of phase 2: %s", got)
	}
	if got := pattern(all); got != "^TestPhase[01234]" {
		t.Errorf("pattern of all phases: %s", got)
	}
}

func TestInterruptedTestsAreNotCalledFailed(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := Checks{Out: &bytes.Buffer{}}.Terratest(ctx, phase.All()[:1])
	if err == nil || !strings.Contains(err.Error(), "interrupted") || strings.Contains(err.Error(), "fail,") {
		t.Errorf("Terratest = %v", err)
	}
}

// criteria changes to a project whose criteria command is the given shell script.
func criteria(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, Criteria), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
}

func TestTheCriteriaOfEveryPhaseArePrintedAndFailedOnesNamed(t *testing.T) {
	criteria(t, `echo "$@"; [ "$2" != 1 ]`)
	var out bytes.Buffer
	err := Checks{Environ: os.Environ(), Out: &out}.PrintCriteria(t.Context(), phase.All()[:3])
	if err == nil || !strings.Contains(err.Error(), "phase 1 (database)") || strings.Contains(err.Error(), "phase 2") {
		t.Errorf("PrintCriteria = %v", err)
	}
	want := "-phase 0 -only-failed -quick -deployed\n-phase 1 -only-failed -quick -deployed\n-phase 2 -only-failed -quick -deployed\n"
	if out.String() != want {
		t.Errorf("ran %q", out.String())
	}
}

func TestCriteriaThatAreNotBuiltNameTheCommand(t *testing.T) {
	t.Chdir(t.TempDir())
	err := Checks{Out: &bytes.Buffer{}}.PrintCriteria(t.Context(), phase.All())
	if err == nil || !strings.Contains(err.Error(), "make bin/criteria") {
		t.Errorf("PrintCriteria = %v", err)
	}
}
