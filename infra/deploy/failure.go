package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/deploy/cdk"
	"github.com/miyabi-society/platform/infra/deploy/phase"
	"github.com/miyabi-society/platform/infra/deploy/stack"
)

// runbook tells a person how to get a stack back that could not be rolled back.
const runbook = "docs/runbooks/update-rollback-failed.md"

// explain makes one clear summary of a failed deployment or rollback of a phase: what failed, in which state it is,
// and what to do. done is the command that failed, deploy, rollback or destroy.
func (s *session) explain(ctx context.Context, p phase.Phase, done string, begun time.Time, err error) error {
	lines := []string{fmt.Sprintf("\n%s %s of %s has failed.", gerund[done], p, s.settings.Name)}
	states, failed := s.states(ctx, p)
	if failed != nil {
		return errors.Join(err, failed)
	}
	found := false
	for _, name := range p.Stacks(s.settings) {
		// The clock of this machine may be ahead of CloudFormation's.
		why, failed := stack.WhyFailed(ctx, s.stacks, name, begun.Add(-clockSkew))
		if failed != nil {
			return errors.Join(err, failed)
		}
		if why != nil {
			lines, found = append(lines, "  failed   "+why.String()), true
		}
	}
	if !found {
		lines = append(lines, "  failed   "+cliFailure(err))
	}
	for _, name := range p.Stacks(s.settings) {
		lines = append(lines, "  state    "+describe(name, states[name], begun))
	}
	if id, failed := s.store(p).Current(ctx); failed == nil && id != "" {
		lines = append(lines, fmt.Sprintf("  release  %s stays the current one", id))
	}
	lines = append(lines, "  next     "+s.advice(p, done, states, err))
	return failure{strings.Join(lines, "\n")}
}

// failure is an error whose text is a summary of several lines.
type failure struct{ text string }

func (f failure) Error() string { return f.text }

// gerund begins the summary of what has failed.
var gerund = map[string]string{"deploy": "Deploying", "rollback": "Rolling back", "destroy": "Destroying"}

// clockSkew is how much the clocks of this machine and of AWS may differ.
const clockSkew = 2 * time.Second

func cliFailure(err error) string {
	if errors.Is(err, cdk.ErrInterrupted) {
		return "the command was interrupted"
	}
	return "the CDK CLI, before any stack was changed; its message is above (" + err.Error() + ")"
}

// describe says what a stack's status means to the person who reads it.
func describe(name string, s stack.State, begun time.Time) string {
	meaning := map[string]string{
		"":                         "does not exist; nothing of it is left",
		"DELETE_COMPLETE":          "does not exist; nothing of it is left",
		"REVIEW_IN_PROGRESS":       "holds no resource yet",
		"ROLLBACK_COMPLETE":        "is empty: all that was made is deleted again",
		"UPDATE_ROLLBACK_COMPLETE": "is as it was before",
		"ROLLBACK_FAILED":          "could not be cleaned up: some of what was made is left",
		"UPDATE_ROLLBACK_FAILED":   "could not be rolled back: it is half old, half new",
		"DELETE_FAILED":            "could not be deleted as a whole",
	}[s.Status]
	switch {
	case meaning != "":
	case s.InProgress():
		meaning = "is still being worked on by CloudFormation"
	case s.Deployed() && s.Changed.Before(begun):
		meaning = "is untouched"
	case s.Deployed():
		meaning = "is deployed"
	default:
		meaning = "is in a state that needs a look"
	}
	if s.Status == "" {
		return name + " " + meaning
	}
	return name + " " + meaning + " (" + s.Status + ")"
}

// advice is the next step.
func (s *session) advice(p phase.Phase, done string, states map[string]stack.State, err error) string {
	again := "`" + s.line(done, p) + "`"
	for _, name := range p.Stacks(s.settings) {
		switch state := states[name]; {
		case state.Status == "UPDATE_ROLLBACK_FAILED":
			return fmt.Sprintf("follow %s: `%s rollback %s --app %s` once the cause is mended", runbook, cdk.Program, name, s.assembly)
		case state.Status == "ROLLBACK_FAILED" || state.Status == "DELETE_FAILED":
			return fmt.Sprintf("`%s`, then %s", s.line("destroy", p), again)
		case state.InProgress():
			return fmt.Sprintf("wait until `%s` shows it at rest, then %s", s.wholeLine("status"), again)
		}
	}
	if errors.Is(err, cdk.ErrInterrupted) {
		return again
	}
	return "mend the cause, then " + again
}
