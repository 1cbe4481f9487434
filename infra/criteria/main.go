// Command criteria tells which success criteria of ADR 001 are met, by running the tests that show them.
//
//	criteria               of all phases
//	criteria -phase 1      of one phase
//
// It exits with 1 when a criterion has failed or is open; with -only-failed an open one does not count. With -quick it
// runs no test: it knows only what an earlier run on the very same sources showed, and calls nothing else met.
// bin/deploy says with -deployed that the phase's Terratest has just passed: against an AWS account when TARGET is aws,
// in the environment MIYABI_ENV. Run it from the project's root.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("criteria: ")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		log.Fatal(err)
	}
}

// options are the command line.
type options struct {
	phase                       string
	onlyFailed, quick, deployed bool
}

func run(ctx context.Context, arguments []string, out, progress io.Writer) error {
	var o options
	flags := flag.NewFlagSet("criteria", flag.ContinueOnError)
	flags.SetOutput(progress)
	flags.StringVar(&o.phase, "phase", "", "the `number` of a phase, 0 to 4; all when empty")
	flags.BoolVar(&o.onlyFailed, "only-failed", false, "exit with 1 for a failed criterion only, not for an open one")
	flags.BoolVar(&o.quick, "quick", false, "run no test")
	flags.BoolVar(&o.deployed, "deployed", false, "the phase's Terratest has just passed, see TARGET and MIYABI_ENV")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: see criteria -help", flags.Arg(0))
	}
	numbers, err := o.numbers()
	if err != nil {
		return err
	}
	return o.answer(ctx, numbers, out, progress)
}

// numbers are the phases that are asked for.
func (o options) numbers() ([]int, error) {
	if o.phase == "account" {
		return nil, nil
	}
	if o.phase == "" {
		all := make([]int, len(phases))
		for i := range all {
			all[i] = i
		}
		return all, nil
	}
	number, err := strconv.Atoi(o.phase)
	if err != nil || number < 0 || number >= len(phases) {
		return nil, fmt.Errorf("there is no phase %q: use 0 to %d", o.phase, len(phases)-1)
	}
	return []int{number}, nil
}

// answer judges and prints the phases.
func (o options) answer(ctx context.Context, numbers []int, out, progress io.Writer) error {
	if len(numbers) == 0 {
		fmt.Fprintln(out, "ADR 001 has no criteria for the account's stack.")
		return nil
	}
	if _, err := os.Stat("go.mod"); err != nil {
		return errors.New("run criteria from the project's root")
	}
	var chosen []criterion
	for _, number := range numbers {
		chosen = append(chosen, phases[number].criteria...)
	}
	found, err := o.results(ctx, chosen, progress)
	if err != nil {
		return err
	}
	bad, waiting := 0, false
	for _, number := range numbers {
		verdicts := judge(".", phases[number].criteria, found, o.deployment())
		report(out, number, verdicts)
		bad += unmet(verdicts, o.onlyFailed)
		waiting = waiting || slices.ContainsFunc(verdicts, func(v verdict) bool { return v.status == notRun })
	}
	if waiting {
		fmt.Fprintf(out, "`make criteria%s` runs what is not run.\n\n", phaseArgument(o.phase))
	}
	if bad > 0 {
		return fmt.Errorf("%d of the criteria are not met", bad)
	}
	return nil
}

// results are those of a run now, or with -quick those of an earlier run on the same sources.
func (o options) results(ctx context.Context, chosen []criterion, progress io.Writer) (results, error) {
	memory := memory{root: ".", file: filepath.Join(".build", "criteria.json")}
	if o.quick {
		return memory.read(), nil
	}
	sources := memory.sources()
	fresh := runner{root: ".", progress: progress}.run(ctx, chosen)
	if ctx.Err() != nil {
		return fresh, errors.New("interrupted")
	}
	return fresh, memory.write(sources, fresh)
}

func phaseArgument(phase string) string {
	if phase == "" {
		return ""
	}
	return " PHASE=" + phase
}

func (o options) deployment() deployment {
	return deployment{validated: o.deployed, environment: os.Getenv("MIYABI_ENV"), onAWS: os.Getenv("TARGET") == "aws"}
}
