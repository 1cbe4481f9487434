// Package phase knows the phases of the platform: which stacks each deploys, in which order, and when one may be
// deployed or destroyed.
package phase

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/miyabi-society/platform/infra/environment"
)

// Phase is a part of the platform that is deployed, tested, rolled back and destroyed by itself.
type Phase struct {
	// Number is the phase's place in the order, from 0; -1 for the account's phase, which belongs to no environment.
	Number int
	// Name is the phase's part of Parameter Store paths.
	Name string
	// Parts are its stacks' names without product and environment, in the order of their deployment.
	Parts []string
	// Reversible are the Parts that a rollback deploys again.
	Reversible []string
}

// Account is what a person with admin rights deploys once per AWS account and region.
var Account = Phase{Number: -1, Name: "account", Parts: []string{"Account"}}

var all = []Phase{
	{0, "foundation", []string{"Foundation"}, []string{"Foundation"}},
	// A rollback never touches the database instance, whose stack it leaves as it is.
	{1, "database", []string{"Database", "Schema"}, []string{"Schema"}},
	{2, "api", []string{"Api"}, []string{"Api"}},
	{3, "dashboard", []string{"Dashboard"}, []string{"Dashboard"}},
	{4, "operations", []string{"Operations"}, []string{"Operations"}},
}

// All lists the phases of an environment in the order of their deployment.
func All() []Phase { return slices.Clone(all) }

// Parse reads a phase as it is written on a command line: a number, "account", or nothing for all of them.
func Parse(text string) ([]Phase, error) {
	switch text {
	case "":
		return All(), nil
	case Account.Name:
		return []Phase{Account}, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n >= len(all) {
		return nil, fmt.Errorf("there is no phase %q: use a number from 0 to %d, account, or none for all phases", text, len(all)-1)
	}
	return []Phase{all[n]}, nil
}

// String is how a person calls the phase.
func (p Phase) String() string {
	if p.Number < 0 {
		return p.Name
	}
	return fmt.Sprintf("phase %d (%s)", p.Number, p.Name)
}

// Argument is how the phase is written on a command line.
func (p Phase) Argument() string {
	if p.Number < 0 {
		return p.Name
	}
	return strconv.Itoa(p.Number)
}

// Stacks are the names of the phase's stacks in an environment.
func (p Phase) Stacks(s environment.Settings) []string { return names(p.Parts, s) }

// ReversibleStacks are the names of the stacks that a rollback deploys.
func (p Phase) ReversibleStacks(s environment.Settings) []string { return names(p.Reversible, s) }

func names(parts []string, s environment.Settings) []string {
	out := make([]string, len(parts))
	for i, part := range parts {
		out[i] = s.StackName(part)
		if part == Account.Parts[0] {
			out[i] = "Miyabi-" + part
		}
	}
	return out
}

// ReleaseParameter is the Parameter Store parameter that holds the id of the deployed release.
func (p Phase) ReleaseParameter(s environment.Settings) string {
	return s.ParameterPath(p.Name, "release")
}

// MayDeploy refuses a phase whose earlier phases are not deployed. The error names the command that deploys them.
func MayDeploy(p Phase, s environment.Settings, deployed func(Phase) bool) error {
	for _, earlier := range all[:max(p.Number, 0)] {
		if !deployed(earlier) {
			return fmt.Errorf("%s needs %s, which is not deployed: run `make deploy ENV=%s PHASE=%d` first", p, earlier, s.Name, earlier.Number)
		}
	}
	return nil
}

// MayDestroy refuses a phase on which later ones stand. exists tells whether anything of a phase is left.
func MayDestroy(p Phase, s environment.Settings, exists func(Phase) bool) error {
	var later []string
	var last Phase
	for _, l := range all[max(p.Number, 0)+1:] {
		if exists(l) {
			last, later = l, append(later, l.String())
		}
	}
	if len(later) == 0 {
		return nil
	}
	return fmt.Errorf("%s stands below %s: run `make destroy ENV=%s PHASE=%s` first", p, strings.Join(later, " and "), s.Name, last.Argument())
}

// Check refuses an assembly whose stacks are not those that the phases of the environment deploy.
func Check(stacks []string, s environment.Settings) error {
	known := Account.Stacks(s)
	for _, p := range all {
		known = append(known, p.Stacks(s)...)
	}
	for _, name := range stacks {
		if !slices.Contains(known, name) {
			return fmt.Errorf("the assembly has a stack %s that belongs to no phase of %s: add it to infra/deploy/phase, or synthesize for %s", name, s.Name, s.Name)
		}
	}
	for _, name := range known {
		if !slices.Contains(stacks, name) {
			return fmt.Errorf("the assembly has no stack %s: synthesize it for the environment %s", name, s.Name)
		}
	}
	return nil
}
