package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/deploy/account"
	"github.com/miyabi-society/platform/infra/deploy/bundle"
	"github.com/miyabi-society/platform/infra/deploy/cdk"
	"github.com/miyabi-society/platform/infra/deploy/change"
	"github.com/miyabi-society/platform/infra/deploy/phase"
	"github.com/miyabi-society/platform/infra/deploy/stack"
	"github.com/miyabi-society/platform/infra/deploy/versions"
)

// deploy deploys the phases in order and proves them.
func (s *session) deploy(ctx context.Context) error {
	a, err := s.open()
	if err != nil {
		return err
	}
	if _, running := s.state.Running(); s.settings.IsLocal() && !running {
		if err := phase.MayDeploy(s.phases[0], s.settings, func(phase.Phase) bool { return false }); err != nil {
			return err // before anything is started
		}
	}
	if err := s.start(ctx); err != nil {
		return err
	}
	if err := s.mayDeploy(ctx, a); err != nil {
		return err
	}
	if err := s.bootstrap(ctx, a); errors.Is(err, cdk.ErrInterrupted) {
		return fmt.Errorf("%w before anything was deployed: `%s` goes on", err, s.deployCommand())
	} else if err != nil {
		return err
	}
	if err := s.approve(ctx, a); err != nil {
		return err
	}
	for i, p := range s.phases {
		if err := s.deployPhase(ctx, p, a); err != nil {
			if i > 0 && ctx.Err() == nil { // what was deployed before the failure is to be seen
				err = joinPlane(err, s.refresh(ctx))
			}
			return err
		}
	}
	return s.finish(ctx, s.phases)
}

// mayDeploy refuses, before anything is touched, what must not or cannot be deployed.
func (s *session) mayDeploy(ctx context.Context, a bundle.Assembly) error {
	deployed, _, err := s.survey(ctx)
	if err != nil {
		return err
	}
	if err := phase.MayDeploy(s.phases[0], s.settings, func(p phase.Phase) bool { return deployed[p.Number] }); err != nil {
		return err
	}
	if _, err := s.parametersOf(a, s.phases, true); err != nil {
		return err
	}
	if err := s.checkAliases(ctx, a); err != nil {
		return err
	}
	if s.settings.IsLocal() || s.phases[0].Number < 0 {
		return nil
	}
	// A deploy role may not look, and is itself a part of that stack.
	if own, err := account.HasOwnStack(ctx, s.target); err == nil && !own {
		s.say("Note: %s.", account.OwnStackAdvice(s.target))
	}
	return nil
}

// checkAliases holds the rule on aliases between what is deployed and what would be.
func (s *session) checkAliases(ctx context.Context, a bundle.Assembly) error {
	for _, p := range s.phases {
		states, err := s.states(ctx, p)
		if err != nil {
			return err
		}
		for _, name := range p.Stacks(s.settings) {
			if !states[name].Deployed() {
				continue
			}
			before, err := stack.Template(ctx, s.stacks, name)
			if err != nil {
				return err
			}
			after, err := a.Template(name)
			if err != nil {
				return err
			}
			if err := change.Aliases(name, before, after); err != nil {
				return err
			}
		}
	}
	return nil
}

// parametersOf gives each stack of the phases the parameters that it declares, as the CDK CLI takes them. With strict,
// a parameter that no stack declares is refused.
func (s *session) parametersOf(a bundle.Assembly, phases []phase.Phase, strict bool) (map[string]string, error) {
	given, known := map[string]string{}, []string{}
	for _, p := range phases {
		for _, name := range p.Stacks(s.settings) {
			declared, err := a.Parameters(name)
			if err != nil {
				return nil, err
			}
			for _, parameter := range declared {
				if value, ok := s.parameters[parameter]; ok {
					given[name+":"+parameter] = value
				}
			}
			known = append(known, declared...)
		}
	}
	for name := range s.parameters {
		if strict && !slices.Contains(known, name) {
			return nil, fmt.Errorf("no stack of this deployment has a parameter %s; there are %s", name, orNone(known))
		}
	}
	return given, nil
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// deployPhase deploys one phase and keeps its release.
func (s *session) deployPhase(ctx context.Context, p phase.Phase, a bundle.Assembly) error {
	s.say("\nDeploying %s of %s: %s", p, s.settings.Name, strings.Join(p.Stacks(s.settings), ", "))
	parameters, err := s.parametersOf(a, []phase.Phase{p}, false)
	if err != nil {
		return err
	}
	begun := time.Now()
	if err := s.cli.Deploy(ctx, a.Dir, p.Stacks(s.settings), parameters); err != nil {
		return s.explain(context.WithoutCancel(ctx), p, "deploy", begun, err)
	}
	if p.Number < 0 {
		s.say("%s is deployed.", p.Stacks(s.settings)[0])
		return nil
	}
	before, err := s.store(p).Current(ctx)
	if err != nil {
		return err
	}
	id, err := s.keep(ctx, p, a)
	if err != nil {
		return fmt.Errorf("%s is deployed, but its release could not be kept, so that it cannot be rolled back to: %w; deploy it again", p, err)
	}
	if err := s.prune(ctx, p); err != nil {
		return fmt.Errorf("%s is deployed, but old versions of its functions could not be deleted: %w", p, err)
	}
	if id == before {
		s.say("Release %s of %s stays: nothing has changed.", id, p)
		return nil
	}
	s.say("Release %s of %s is deployed (%s).", id, p, time.Since(begun).Round(100*time.Millisecond))
	return nil
}

// prune deletes old versions of those of a phase's functions that have versions.
func (s *session) prune(ctx context.Context, p phase.Phase) error {
	for _, name := range p.Stacks(s.settings) {
		published, err := stack.Resources(ctx, s.stacks, name, "AWS::Lambda::Version")
		if err != nil {
			return err
		}
		for _, f := range versions.Functions(published) {
			deleted, err := versions.Prune(ctx, s.target.Lambda(), f)
			if err != nil {
				return err
			}
			if len(deleted) > 0 {
				s.say("Deleted the old versions %s of %s.", strings.Join(deleted, ", "), f)
			}
		}
	}
	return nil
}
