package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/miyabi-society/platform/infra/deploy/checks"
	"github.com/miyabi-society/platform/infra/deploy/phase"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// served is the first phase with something that answers requests.
const served = "api"

// refresh runs on this machine what is now deployed to the emulated account. At AWS there is nothing to do.
func (s *session) refresh(ctx context.Context) error {
	if !s.settings.IsLocal() {
		return nil
	}
	deployed, _, err := s.survey(ctx)
	if err != nil {
		return err
	}
	for _, p := range phase.All() {
		if p.Name == served && !deployed[p.Number] {
			return s.plane.Down(ctx)
		}
	}
	a, found, err := s.deployed(ctx, s.state.Path("deployed"))
	if err != nil || !found {
		return err
	}
	database, err := s.databaseAddress(ctx)
	if err != nil {
		return err
	}
	_, err = s.plane.Up(ctx, a.Dir, database)
	return err
}

// databaseAddress is where the emulated account's database instance answers, as phase 1 has published it.
func (s *session) databaseAddress(ctx context.Context) (string, error) {
	parts := make([]string, 2)
	for i, name := range []string{"instance-endpoint", "port"} {
		path := s.settings.ParameterPath("database", name)
		out, err := s.target.SSM().GetParameter(ctx, &ssm.GetParameterInput{Name: &path})
		if err != nil {
			return "", fmt.Errorf("read %s: %w", path, err)
		}
		parts[i] = aws.ToString(out.Parameter.Value)
	}
	return net.JoinHostPort(parts[0], parts[1]), nil
}

// address is where people open what is deployed: the dashboard, or locally the API before there is one. "" when there
// is nothing to open.
func (s *session) address(ctx context.Context) (string, error) {
	deployed, _, err := s.survey(ctx)
	if err != nil {
		return "", err
	}
	if s.settings.IsLocal() {
		if !deployed[2] {
			return "", nil
		}
		return s.plane.URL(ctx)
	}
	for _, p := range phase.All() {
		states, err := s.states(ctx, p)
		if err != nil {
			return "", err
		}
		for _, state := range states {
			if url := state.Outputs["SiteUrl"]; url != "" && state.Deployed() {
				return url, nil
			}
		}
	}
	return "", nil
}

// joinPlane adds to a failure that what runs on this machine could not follow.
func joinPlane(err, plane error) error {
	if plane == nil {
		return err
	}
	return errors.Join(err, fmt.Errorf("what runs on this machine could not follow: %w", plane))
}

// finish brings what runs here in line with what is deployed, and proves the phases.
func (s *session) finish(ctx context.Context, phases []phase.Phase) error {
	if slices.ContainsFunc(phases, func(p phase.Phase) bool { return p.Number < 0 }) {
		return nil
	}
	if err := s.refresh(ctx); err != nil {
		return fmt.Errorf("everything is deployed, but it does not run on this machine: %w", err)
	}
	url, err := s.address(ctx)
	if err != nil {
		return err
	}
	if url != "" {
		s.say("\n  Miyabi Society   %s", url)
		if s.settings.IsLocal() {
			s.say("  Demo data        make seed STATE='%s'", s.plane.State)
		}
	}
	if s.noChecks {
		return nil
	}
	environ, err := s.testEnvironment(ctx)
	if err != nil {
		return err
	}
	again := "bin/deploy env --env " + s.settings.Name
	if s.settings.IsLocal() {
		again += " --state '" + s.state.Dir + "'"
	}
	c := checks.Checks{Environ: environ, Out: s.out, Again: again}
	s.say("\nTesting what is deployed. The first time the tests are built, which takes minutes.")
	if err := c.Terratest(ctx, phases); err != nil {
		return err
	}
	s.say("")
	return c.PrintCriteria(ctx, phases)
}
