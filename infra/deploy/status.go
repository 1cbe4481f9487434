package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/miyabi-society/platform/infra/deploy/account"
	"github.com/miyabi-society/platform/infra/deploy/bundle"
	"github.com/miyabi-society/platform/infra/deploy/emulated"
	"github.com/miyabi-society/platform/infra/deploy/phase"
	"github.com/miyabi-society/platform/infra/deploy/stack"
	"github.com/miyabi-society/platform/infra/deploy/target"
)

// status prints a line for each phase.
func (s *session) status(ctx context.Context) error {
	if err := s.connect(ctx); errors.Is(err, errNothing) {
		s.say("%s.", capital(err.Error()))
		return nil
	} else if err != nil {
		return err
	}
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "phase\tname\tstate\trelease\tdeployed")
	for _, p := range phase.All() {
		states, err := s.states(ctx, p)
		if err != nil {
			return err
		}
		id, err := s.store(p).Current(ctx)
		if err != nil {
			return err
		}
		word, at := summary(p.Stacks(s.settings), states)
		when := ""
		if !at.IsZero() {
			when = at.UTC().Format("2006-01-02 15:04 MST")
		}
		_, _ = fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\n", p.Number, p.Name, word, id, when)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	url, err := s.address(ctx)
	if err != nil {
		return err
	}
	if url != "" {
		s.say("\n%s", url)
	}
	if s.settings.IsLocal() {
		s.say("\nEmulated account %s at %s; log: %s", s.target.Account, s.target.Endpoint, s.state.Log())
	}
	return nil
}

// summary is the state of a phase in a word or two, and when it last changed.
func summary(stacks []string, states map[string]stack.State) (word string, at time.Time) {
	word = "deployed"
	exists := false
	for _, name := range stacks {
		state := states[name]
		exists = exists || state.Exists()
		if state.Exists() && state.Changed.After(at) {
			at = state.Changed
		}
	}
	if !exists {
		return "not deployed", at
	}
	for _, name := range stacks {
		switch state := states[name]; {
		case state.Status == "UPDATE_ROLLBACK_COMPLETE":
			word = "deployed; the last update was rolled back"
		case state.Deployed():
		case state.Exists():
			return state.Status, at
		default:
			word = "in part"
		}
	}
	return word, at
}

// check says what the account lacks for a deployment.
func (s *session) check(ctx context.Context) error {
	if s.settings.IsLocal() {
		python, lacking, err := emulated.FindPython(ctx)
		if err != nil {
			return err
		}
		if lacking != "" {
			s.say("  %-8s %-12s %s; `make deploy ENV=local` installs it into the project", "absent", "emulator", lacking)
			return nil
		}
		s.say("  %-8s %-12s packages of %s in %s", "found", "emulator", emulated.Requirements, python)
		return nil
	}
	t, err := target.AWS(ctx, s.settings)
	if err != nil {
		return err
	}
	if !account.Report(ctx, t, leastBootstrap(s.assembly), s.out) {
		return fmt.Errorf("%s cannot be deployed from here yet", s.settings.Name)
	}
	return nil
}

// defaultBootstrap is the version that CDK's default synthesizer asks for.
//
// Source: https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
const defaultBootstrap = 8

// leastBootstrap is what an assembly needs, where there is one.
func leastBootstrap(assembly string) int {
	a, err := bundle.Open(assembly)
	if assembly == "" || err != nil {
		return defaultBootstrap
	}
	return max(a.BootstrapVersion(), defaultBootstrap)
}

// capital writes a sentence's first letter large.
func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + text[size:]
}
