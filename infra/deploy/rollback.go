package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/deploy/bundle"
	"github.com/miyabi-society/platform/infra/deploy/phase"
	"github.com/miyabi-society/platform/infra/deploy/release"
)

// rollback deploys the release before the current one of a phase.
func (s *session) rollback(ctx context.Context) error {
	p := s.phases[0]
	if err := s.connect(ctx); err != nil {
		return err
	}
	id, err := s.before(ctx, p)
	if err != nil {
		return err
	}
	stored, err := s.unpacked(ctx, p, id)
	if err != nil {
		return err
	}
	stacks := p.ReversibleStacks(s.settings)
	a, err := bundle.Compose(filepath.Join(s.cache(p), "rollback"), stacks, stored)
	if err != nil {
		return err
	}
	s.assembly = a.Dir
	s.say("\nRolling %s of %s back to release %s: %s", p, s.settings.Name, id, strings.Join(stacks, ", "))
	if len(stacks) < len(p.Parts) {
		s.say("The database instance is left as it is, and so is the schema: the functions of the release before run on it.")
	}
	if err := s.approve(ctx, a, stacks...); err != nil {
		return err
	}
	begun := time.Now()
	if err := s.cli.Deploy(ctx, a.Dir, stacks, nil); err != nil {
		return s.explain(context.WithoutCancel(ctx), p, "rollback", begun, err)
	}
	if err := s.store(p).Point(ctx, id); err != nil {
		return fmt.Errorf("%s is rolled back, but the parameter still names the release before: %w; run the command again", p, err)
	}
	s.say("Release %s of %s is deployed again (%s).", id, p, time.Since(begun).Round(100*time.Millisecond))
	return s.finish(ctx, s.phases)
}

// before is the release to go back to.
func (s *session) before(ctx context.Context, p phase.Phase) (release.ID, error) {
	history, err := s.store(p).History(ctx)
	if err != nil {
		return "", err
	}
	id, found := release.Before(history)
	switch {
	case len(history) == 0:
		return "", fmt.Errorf("%s of %s is not deployed, so there is nothing to roll back", p, s.settings.Name)
	case !found:
		return "", fmt.Errorf("release %s of %s is the first that stands, so there is none to roll back to: to go on, deploy a mended one with `make deploy ENV=%s PHASE=%s`", history[len(history)-1], p, s.settings.Name, p.Argument())
	}
	return id, nil
}
