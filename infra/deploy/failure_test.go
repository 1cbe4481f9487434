package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/miyabi-society/platform/infra/deploy/cdk"
	"github.com/miyabi-society/platform/infra/deploy/phase"
	"github.com/miyabi-society/platform/infra/deploy/stack"
	"github.com/miyabi-society/platform/infra/environment"
)

var begun = time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC)

func TestEachStateIsToldInWords(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]stack.State{
		"S does not exist; nothing of it is left":                                       {},
		"S is empty: all that was made is deleted again (ROLLBACK_COMPLETE)":            {Status: "ROLLBACK_COMPLETE"},
		"S is as it was before (UPDATE_ROLLBACK_COMPLETE)":                              {Status: "UPDATE_ROLLBACK_COMPLETE"},
		"S could not be rolled back: it is half old, half new (UPDATE_ROLLBACK_FAILED)": {Status: "UPDATE_ROLLBACK_FAILED"},
		"S is untouched (CREATE_COMPLETE)":                                              {Status: "CREATE_COMPLETE", Changed: begun.Add(-time.Hour)},
		"S is deployed (UPDATE_COMPLETE)":                                               {Status: "UPDATE_COMPLETE", Changed: begun.Add(time.Minute)},
		"S is still being worked on by CloudFormation (UPDATE_IN_PROGRESS)":             {Status: "UPDATE_IN_PROGRESS"},
	} {
		if got := describe("S", s, begun); got != want {
			t.Errorf("describe = %q, want %q", got, want)
		}
	}
}

func TestTheNextStepFitsTheState(t *testing.T) {
	t.Parallel()
	s := &session{options: options{settings: environment.Settings{Name: "dev"}, assembly: "asm"}}
	p := phase.All()[2]
	for status, want := range map[string]string{
		"UPDATE_ROLLBACK_COMPLETE": "mend the cause, then `make deploy ENV=dev PHASE=2`",
		"UPDATE_ROLLBACK_FAILED":   "docs/runbooks/update-rollback-failed.md",
		"ROLLBACK_FAILED":          "`make destroy ENV=dev PHASE=2`, then `make deploy",
		"UPDATE_IN_PROGRESS":       "make status ENV=dev",
	} {
		states := map[string]stack.State{"Miyabi-dev-Api": {Status: status}}
		if got := s.advice(p, "deploy", states, errors.New("exit status 1")); !strings.Contains(got, want) {
			t.Errorf("after %s: %s", status, got)
		}
	}
	if got := s.advice(p, "deploy", nil, cdk.ErrInterrupted); got != "`make deploy ENV=dev PHASE=2`" {
		t.Errorf("after an interruption: %s", got)
	}
}

func TestACommandToRunAgainKeepsTheSettingsOfThisOne(t *testing.T) {
	t.Parallel()
	s := &session{options: options{settings: environment.Settings{Name: "dev"}, changed: "memoryMiB=512", phases: phase.All()}}
	if got := s.deployCommand(); got != "make deploy ENV=dev SETTINGS=memoryMiB=512" {
		t.Errorf("for all phases: %s", got)
	}
	s.phases, s.onePhase = s.phases[2:3], true
	if got := s.deployCommand(); got != "make deploy ENV=dev SETTINGS=memoryMiB=512 PHASE=2" {
		t.Errorf("for one phase: %s", got)
	}
	if got := s.line("destroy", s.phases[0]); got != "make destroy ENV=dev PHASE=2" {
		t.Errorf("destroying asks for settings: %s", got)
	}
}

func TestAPhaseIsDeployedWhenAllItsStacksAre(t *testing.T) {
	t.Parallel()
	both := []string{"Database", "Schema"}
	whole := stack.State{Status: "CREATE_COMPLETE", Changed: begun}
	for want, states := range map[string]map[string]stack.State{
		"not deployed":           {},
		"in part":                {"Database": whole},
		"UPDATE_ROLLBACK_FAILED": {"Database": whole, "Schema": {Status: "UPDATE_ROLLBACK_FAILED"}},
		"deployed; the last update was rolled back": {"Database": whole, "Schema": {Status: "UPDATE_ROLLBACK_COMPLETE"}},
		"deployed": {"Database": whole, "Schema": {Status: "UPDATE_COMPLETE", Changed: begun.Add(time.Hour)}},
	} {
		word, at := summary(both, states)
		if word != want {
			t.Errorf("%v is %q, want %q", states, word, want)
		}
		if want == "deployed" && !at.Equal(begun.Add(time.Hour)) {
			t.Errorf("it was changed last at %s", at)
		}
	}
}
