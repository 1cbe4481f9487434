package main

import (
	"fmt"
	"io"
	"path/filepath"
	"runtime"

	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/policy/bill"
)

// answer prints what was asked for; the bill's total comes last.
func (r request) answer(out io.Writer) error {
	host := environment.Platform{OS: runtime.GOOS, Architecture: runtime.GOARCH}
	settings, err := environment.Load(r.environment, host)
	if err != nil {
		return err
	}
	if settings, err = settings.With(environment.Assignments(r.settings)...); err != nil || r.accept {
		return err
	}
	synthesizer := synthesizer{folders: environment.DefaultFolders(), root: ".", assemblies: filepath.Join(".build", "cost"), known: map[string]bill.Bill{}}
	chosen, err := r.bill(synthesizer, settings)
	if err != nil {
		return err
	}
	if r.before != "" {
		return r.change(out, settings, chosen)
	}
	if r.resources {
		chosen.PrintResources(out)
		fmt.Fprintln(out)
	}
	if r.variants {
		if err := synthesizer.printVariants(out, settings, chosen); err != nil {
			return err
		}
		if err := synthesizer.printEnvironments(out, host, chosen); err != nil {
			return err
		}
	}
	printAssumptions(out, chosen)
	chosen.Print(out)
	return chosen.Check()
}

// bill is that of the given assembly, or of one that is synthesized for it.
func (r request) bill(s synthesizer, settings environment.Settings) (bill.Bill, error) {
	if r.assembly != "" {
		return bill.Compute(r.assembly, settings)
	}
	return s.bill(settings)
}

// change prints the difference between the two assemblies, both under today's assumptions.
func (r request) change(out io.Writer, settings environment.Settings, after bill.Bill) error {
	before, err := bill.Compute(r.before, settings)
	if err != nil {
		return fmt.Errorf("the bill before the change: %w", err)
	}
	bill.PrintChange(out, before, after)
	return after.Check()
}

func printAssumptions(out io.Writer, b bill.Bill) {
	fmt.Fprintf(out, "Assumed of a month in %s (infra/environment/usage.go):\n", b.Environment)
	for _, line := range b.Usage.Lines() {
		fmt.Fprintf(out, "  %s\n", line)
	}
	fmt.Fprintln(out)
	for _, note := range b.Notes() {
		fmt.Fprintln(out, note)
	}
	fmt.Fprintln(out)
}
