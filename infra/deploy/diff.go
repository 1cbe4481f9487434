package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/miyabi-society/platform/infra/deploy/bundle"
	"github.com/miyabi-society/platform/infra/deploy/phase"
	"github.com/miyabi-society/platform/infra/policy/policyreport"
)

// cost is the command that computes the monthly bill of an assembly, below the project's root.
const cost = "bin/cost"

// diff shows what a deployment would change, and its price. It touches nothing.
func (s *session) diff(ctx context.Context) error {
	a, err := s.open()
	if err != nil {
		return err
	}
	if err := s.connect(ctx); errors.Is(err, errNothing) {
		return s.diffWithoutAccount(ctx, a)
	} else if err != nil {
		return err
	}
	if err := s.cli.Diff(ctx, a.Dir, s.chosenStacks()); err != nil {
		return err
	}
	if err := errors.Join(s.checkAliases(ctx, a), s.showPrice(ctx, a)); err != nil {
		return err
	}
	if err := s.showPolicy(a); err != nil {
		return err
	}
	s.say("Nothing is touched. `%s` deploys this.", s.deployCommand())
	return nil
}

// showPolicy says how the new assembly stands to the rules, and how many exceptions the chosen stacks need.
func (s *session) showPolicy(a bundle.Assembly) error {
	r, err := policyreport.Read(a.Dir)
	if err != nil {
		return err
	}
	s.say("\nPolicy: %d checks of cdk-nag and %d rules of the project pass; exceptions in these stacks, with their reasons in docs/policy.md: %d.", r.NagPassed, r.Rules, r.Of(s.chosenStacks()).Exceptions())
	return nil
}

// diffWithoutAccount answers before the emulated account exists, without starting it.
func (s *session) diffWithoutAccount(ctx context.Context, a bundle.Assembly) error {
	s.say("Nothing of local is deployed, so everything is new: %s", strings.Join(s.chosenStacks(), ", "))
	after, err := bundle.Compose(s.scratch("after"), s.chosenStacks(), a)
	if err != nil {
		return err
	}
	return errors.Join(s.price(ctx, after, ""), s.showPolicy(a))
}

func (s *session) deployCommand() string {
	if s.onePhase {
		return s.line("deploy", s.phases[0])
	}
	return s.wholeLine("deploy")
}

func (s *session) chosenStacks() []string {
	var names []string
	for _, p := range s.phases {
		names = append(names, p.Stacks(s.settings)...)
	}
	return names
}

// showPrice compares the monthly bill of what is deployed with the one after this deployment: the chosen phases of
// the new assembly beside the other phases as they are.
func (s *session) showPrice(ctx context.Context, a bundle.Assembly) error {
	if s.phases[0].Number < 0 {
		return nil // the account's stack costs nothing
	}
	dir := s.scratch("before")
	before, found, err := s.deployed(ctx, dir)
	if err != nil {
		return err
	}
	stacks := s.chosenStacks()
	from := []bundle.Assembly{a}
	if found {
		from = append(from, before)
		for _, name := range before.Stacks() {
			if !slices.Contains(stacks, name) {
				stacks = append(stacks, name)
			}
		}
	}
	// The chosen stacks come from the new assembly, which holds all; the others from what is deployed.
	after, err := s.composeAfter(stacks, from)
	if err != nil {
		return err
	}
	if !found {
		dir = ""
	}
	return s.price(ctx, after, dir)
}

func (s *session) composeAfter(stacks []string, from []bundle.Assembly) (bundle.Assembly, error) {
	chosen := s.chosenStacks()
	a, err := bundle.Compose(s.scratch("after"), stacks, from...)
	if err != nil || len(from) == 1 {
		return a, err
	}
	for _, name := range stacks {
		if slices.Contains(chosen, name) {
			continue
		}
		template, err := from[1].Template(name)
		if err != nil {
			return a, err
		}
		if err := a.SetTemplate(name, template); err != nil {
			return a, err
		}
	}
	return a, nil
}

// scratch is a folder for assemblies that are only looked at.
func (s *session) scratch(name string) string {
	return filepath.Join(".build", "diff", s.settings.Name, name)
}

// price prints the monthly bill of an assembly, and how it differs from the one before, if there is one.
func (s *session) price(ctx context.Context, after bundle.Assembly, before string) error {
	if _, err := os.Stat(cost); err != nil {
		return fmt.Errorf("%s is not built: run `make %s`", cost, cost)
	}
	args := []string{"-env", s.settings.Name, "-assembly", after.Dir}
	if before != "" {
		args = append(args, "-before", before)
	}
	s.say("\nMonthly price")
	cmd := exec.CommandContext(ctx, cost, args...) //nolint:gosec // our own program
	cmd.Stdout, cmd.Stderr = s.out, s.out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("compute the price: %w", err)
	}
	return nil
}

// numbers lists phases for a person.
func numbers(phases []phase.Phase) string {
	list := make([]string, len(phases))
	for i, p := range phases {
		list[i] = p.String()
	}
	return strings.Join(list, ", ")
}
