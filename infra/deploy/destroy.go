package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/deploy/bundle"
	"github.com/miyabi-society/platform/infra/deploy/phase"
	"github.com/miyabi-society/platform/infra/deploy/stack"
	"github.com/miyabi-society/platform/infra/deploy/target"
)

// destroy deletes phases, the last first. Without a phase it deletes all, and ends the emulated account of local.
func (s *session) destroy(ctx context.Context) error {
	if err := s.connect(ctx); errors.Is(err, errNothing) {
		return s.destroyNothing(ctx)
	} else if err != nil {
		return err
	}
	_, exists, err := s.survey(ctx)
	if err != nil {
		return err
	}
	phases := slices.Clone(s.phases)
	slices.Reverse(phases)
	if err := phase.MayDestroy(phases[0], s.settings, func(p phase.Phase) bool { return exists[p.Number] }); err != nil {
		return err
	}
	if err := s.confirmDestroy(phases); err != nil {
		return err
	}
	for _, p := range phases {
		if err := s.destroyPhase(ctx, p); err != nil {
			return err
		}
	}
	if s.settings.IsLocal() && !s.onePhase {
		return s.stop(ctx)
	}
	return s.refresh(ctx)
}

// destroyNothing removes what an account that has ended left behind.
func (s *session) destroyNothing(ctx context.Context) error {
	if s.onePhase {
		s.say("%s of local is not deployed.", capital(s.phases[0].String()))
		return nil
	}
	return s.stop(ctx)
}

// stop ends the emulated account with what runs on it, and removes all of it.
func (s *session) stop(ctx context.Context) error {
	if !s.settings.IsLocal() {
		return fmt.Errorf("stop ends the emulated account of local; %s is at AWS: `make destroy ENV=%s`", s.settings.Name, s.settings.Name)
	}
	if err := s.plane.Down(ctx); err != nil {
		return err
	}
	s.target = target.Target{} // from here on it is no news that the account has ended
	if err := s.state.Stop(); err != nil {
		return err
	}
	s.say("The emulated account of local is ended; nothing of it is left.")
	return nil
}

// destroyPhase deletes the stacks of a phase and forgets its releases.
func (s *session) destroyPhase(ctx context.Context, p phase.Phase) error {
	states, err := s.states(ctx, p)
	if err != nil {
		return err
	}
	var stacks []string
	for _, name := range p.Stacks(s.settings) {
		if states[name].Exists() {
			stacks = append(stacks, name)
		}
	}
	if len(stacks) == 0 {
		s.say("\n%s of %s is not deployed.", capital(p.String()), s.settings.Name)
		return s.store(p).Forget(ctx, s.settings.KeepData)
	}
	s.say("\nDestroying %s of %s: %s", p, s.settings.Name, strings.Join(stacks, ", "))
	a, err := bundle.Bare(filepath.Join(s.cache(p), "destroy"), stacks, s.settings.Region)
	if err != nil {
		return err
	}
	if err := s.emptyBuckets(ctx, stacks); err != nil {
		return err
	}
	begun := time.Now()
	if err := s.cli.Destroy(ctx, a.Dir, stacks); err != nil {
		return s.explain(context.WithoutCancel(ctx), p, "destroy", begun, err)
	}
	if err := s.stillThere(ctx, p, begun); err != nil {
		return err
	}
	return s.store(p).Forget(ctx, s.settings.KeepData)
}

// stillThere is an error when a stack of a destroyed phase is left.
func (s *session) stillThere(ctx context.Context, p phase.Phase, begun time.Time) error {
	states, err := s.states(ctx, p)
	if err != nil {
		return err
	}
	for _, state := range states {
		if state.Exists() {
			return s.explain(ctx, p, "destroy", begun, errors.New("a stack is left"))
		}
	}
	return nil
}

// emptyBuckets empties the buckets of stacks, except where people's data is kept: there the stacks keep them.
func (s *session) emptyBuckets(ctx context.Context, stacks []string) error {
	if s.settings.KeepData {
		return nil
	}
	for _, name := range stacks {
		buckets, err := stack.Resources(ctx, s.stacks, name, "AWS::S3::Bucket")
		if err != nil {
			return err
		}
		for _, bucket := range buckets {
			n, err := stack.Empty(ctx, s.target.S3(), bucket)
			if err != nil {
				return err
			}
			s.say("Emptied bucket %s (%d objects).", bucket, n)
		}
	}
	return nil
}

// confirmDestroy asks once, for an AWS account, when a person is there to answer and has not confirmed yet.
func (s *session) confirmDestroy(phases []phase.Phase) error {
	if s.confirm == s.settings.Name {
		return nil
	}
	return s.ask(fmt.Sprintf("Destroy %s of %s in account %s, with all data?", numbers(phases), s.settings.Name, s.target.Account))
}
