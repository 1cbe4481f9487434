// Package checks proves a deployed phase: it runs the phase's Terratest against what was deployed, and prints the
// success criteria of the decision record.
package checks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/miyabi-society/platform/infra/deploy/phase"
)

// Criteria is the command that tells which criteria are met, below the project's root.
const Criteria = "bin/criteria"

// Checks proves phases of one environment.
type Checks struct {
	// Environ is the process environment of the tests.
	Environ []string
	Out     io.Writer
	// Again is the command that prints the variables of the tests, for a person who runs them again.
	Again string
}

// Terratest runs the tests of the phases against what is deployed. It deploys and destroys nothing.
func (c Checks) Terratest(ctx context.Context, phases []phase.Phase) error {
	args := []string{"test", "./phases", "-count=1", "-timeout=15m", "-run", pattern(phases)}
	err := c.run(ctx, "tests", "go", args, "SKIP_deploy=true", "SKIP_teardown=true")
	if err == nil {
		return nil
	}
	what := "the tests fail, though everything is deployed"
	if ctx.Err() != nil {
		what = "the tests were interrupted; everything is deployed"
	}
	return fmt.Errorf("%s: %s; to run them again: eval \"$(%s)\" && cd tests && SKIP_deploy=true SKIP_teardown=true go test ./phases -v -run '%s': %w", names(phases), what, c.Again, pattern(phases), err)
}

// pattern matches the tests of the phases, such as TestPhase2 and TestPhase2Throttles.
func pattern(phases []phase.Phase) string {
	if len(phases) == 1 {
		return "^TestPhase" + strconv.Itoa(phases[0].Number)
	}
	var numbers strings.Builder
	for _, p := range phases {
		numbers.WriteString(strconv.Itoa(p.Number))
	}
	return "^TestPhase[" + numbers.String() + "]"
}

// PrintCriteria prints the criteria of the phases, whose Terratest has passed; it runs no further test. The error names
// the phases of which one has failed; one that is open or that people decide is no error.
func (c Checks) PrintCriteria(ctx context.Context, phases []phase.Phase) error {
	if _, err := os.Stat(Criteria); err != nil {
		return fmt.Errorf("%s is not built: run `make %s`", Criteria, Criteria)
	}
	var failed []phase.Phase
	for _, p := range phases {
		err := c.run(ctx, ".", Criteria, []string{"-phase", p.Argument(), "-only-failed", "-quick", "-deployed"})
		var exit *exec.ExitError
		switch {
		case errors.As(err, &exit):
			failed = append(failed, p)
		case err != nil:
			return err
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("a criterion of %s has failed; `make criteria PHASE=%s` prints it", names(failed), failed[0].Argument())
	}
	return nil
}

func names(phases []phase.Phase) string {
	list := make([]string, len(phases))
	for i, p := range phases {
		list[i] = p.String()
	}
	return strings.Join(list, ", ")
}

// patience is how long an interrupted program may take to end.
const patience = 20 * time.Second

func (c Checks) run(ctx context.Context, dir, program string, args []string, extra ...string) error {
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // fixed commands
	cmd.Dir, cmd.Env = dir, slices.Concat(c.Environ, extra)
	cmd.Stdout, cmd.Stderr = c.Out, c.Out
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = patience
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", program, err)
	}
	return nil
}
