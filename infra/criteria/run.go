package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// runner runs the tests that criteria name, each once, whatever number of criteria name it.
type runner struct {
	// root is the project's folder.
	root string
	// progress is told what runs.
	progress io.Writer
}

// results are what the tests of packages and the steps of the suite came to.
type results struct {
	// Packages are by the key of their tests.
	Packages map[string]packageResult
	// Steps say what is wrong with a step; nothing when it passed.
	Steps map[suiteStep]string
	// Before is when they ran, for results that are remembered.
	Before string `json:",omitempty"`
}

// run runs what the criteria name.
func (r runner) run(ctx context.Context, criteria []criterion) results {
	all := results{Packages: map[string]packageResult{}, Steps: map[suiteStep]string{}}
	for _, group := range groups(criteria) {
		fmt.Fprintf(r.progress, "running %s\n", group.title())
		result := r.goTest(ctx, group)
		result.Whole, result.Asked, result.Measured = len(group.names) == 0, group.names, group.coverage > 0
		all.Packages[group.key()] = result
	}
	for _, step := range steps(criteria) {
		fmt.Fprintf(r.progress, "running the step %s of the test suite\n", step)
		all.Steps[step] = ""
		if err := r.suite(ctx, step); err != nil {
			all.Steps[step] = err.Error()
		}
	}
	return all
}

// groups joins what the criteria name of one package, in the order in which it is first named. An open criterion is not
// run: its tests would prove nothing.
func groups(criteria []criterion) []goTests {
	var all []goTests
	for _, c := range criteria {
		if c.missing != "" {
			continue
		}
		for _, tests := range c.tests {
			i := slices.IndexFunc(all, func(g goTests) bool { return g.key() == tests.key() })
			if i < 0 {
				tests.names = slices.Clone(tests.names)
				all = append(all, tests)
				continue
			}
			all[i].coverage = max(all[i].coverage, tests.coverage)
			if len(tests.names) == 0 || len(all[i].names) == 0 {
				all[i].names = nil
			} else {
				all[i].names = append(all[i].names, tests.names...)
			}
		}
	}
	return all
}

func steps(criteria []criterion) []suiteStep {
	var all []suiteStep
	for _, c := range criteria {
		for _, step := range c.steps {
			if c.missing == "" && !slices.Contains(all, step) {
				all = append(all, step)
			}
		}
	}
	return all
}

func (g goTests) title() string {
	if len(g.names) == 0 {
		return "all tests of " + g.key()
	}
	names := slices.Compact(slices.Sorted(slices.Values(g.names)))
	return fmt.Sprintf("%d of the tests of %s", len(names), g.key())
}

// goTest runs the tests of a package.
func (r runner) goTest(ctx context.Context, g goTests) packageResult {
	args := []string{"test", "-json", "-count=1", "-timeout=15m"}
	if g.coverage > 0 {
		args = append(args, "-coverpkg="+g.pkg)
	}
	if len(g.names) > 0 {
		args = append(args, "-run", "^("+strings.Join(g.names, "|")+")$")
	}
	cmd := r.command(ctx, g.module, "go", append(args, g.pkg)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return packageResult{Problem: err.Error()}
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return packageResult{Problem: err.Error()}
	}
	result := readEvents(out)
	if err := cmd.Wait(); err != nil && result.Problem == "" && !result.anyFailed() {
		result.Problem = strings.TrimSpace(err.Error() + "\n" + result.Output)
	}
	return result
}

// summary is the last line of the test suite.
var summary = regexp.MustCompile(`(?m)^(\d+) passed, (\d+) failed, \d+ skipped$`)

// suite runs a step of the test suite; the error tells how it failed.
func (r runner) suite(ctx context.Context, step suiteStep) error {
	out, err := r.command(ctx, "", "bin/suite", "-only", string(step)).CombinedOutput()
	last := summary.FindStringSubmatch(string(out))
	switch {
	case err != nil:
		return fmt.Errorf("%w\n%s", err, tail(string(out)))
	case last == nil || last[1] == "0":
		return errors.New("it ran no test\n" + tail(string(out)))
	}
	return nil
}

// patience is how long an interrupted program may take to end.
const patience = 10 * time.Second

func (r runner) command(ctx context.Context, folder, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the programs and tests are fixed in list.go
	cmd.Dir = r.root
	if folder != "" {
		cmd.Dir += "/" + folder
	}
	cmd.Env = os.Environ()
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
	return cmd
}

// tail is the end of an output.
func tail(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}
