// Package cdk runs the pinned CDK CLI.
package cdk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/miyabi-society/platform/infra/deploy/terminal"
)

// Program is the CLI that package-lock.json pins, below the project's root.
const Program = "node_modules/.bin/cdk"

// CLI runs commands of the CDK CLI.
type CLI struct {
	// Environ is the process environment, which decides where the commands go.
	Environ []string
	// Out gets all that the CLI prints.
	Out io.Writer
}

// ErrInterrupted means that a person or the system ended the CLI. CloudFormation goes on with what it was told.
var ErrInterrupted = errors.New("interrupted")

// Bootstrap prepares an account for deployments. It takes an assembly only so that the CLI synthesizes none.
func (c CLI) Bootstrap(ctx context.Context, assembly, account, region string) error {
	return c.run(ctx, "bootstrap", "aws://"+account+"/"+region, "--app", assembly)
}

// Deploy deploys stacks of the assembly in a folder, each after those it depends on, and no other stack. Values of
// parameters that are not given stay what they were.
func (c CLI) Deploy(ctx context.Context, assembly string, stacks []string, parameters map[string]string) error {
	args := append([]string{"deploy", "--app", assembly, "--exclusively", "--require-approval", "never", "--progress", c.progress()}, stacks...)
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		args = append(args, "--parameters", name+"="+parameters[name])
	}
	return c.run(ctx, args...)
}

// progress is a bar for a person at a terminal, and a line for each event in a log.
func (c CLI) progress() string {
	if f, ok := c.Out.(*os.File); ok && terminal.Is(f) {
		return "bar"
	}
	return "events"
}

// Diff prints how stacks of the assembly differ from what is deployed.
func (c CLI) Diff(ctx context.Context, assembly string, stacks []string) error {
	return c.run(ctx, append([]string{"diff", "--app", assembly, "--exclusively"}, stacks...)...)
}

// Destroy deletes stacks, the last in the assembly's order first.
func (c CLI) Destroy(ctx context.Context, assembly string, stacks []string) error {
	return c.run(ctx, append([]string{"destroy", "--app", assembly, "--exclusively", "--force"}, stacks...)...)
}

// patience is how long an interrupted CLI may take to end.
const patience = 10 * time.Second

func (c CLI) run(ctx context.Context, args ...string) error {
	if _, err := os.Stat(Program); err != nil {
		return fmt.Errorf("the CDK CLI is not installed (%s): run `npm ci` in the project's root", Program)
	}
	cmd := exec.CommandContext(ctx, Program, append(args, "--no-notices", "--ci")...) //nolint:gosec // the pinned CLI
	cmd.Env, cmd.Stdout, cmd.Stderr = c.Environ, c.Out, c.Out
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = patience
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return ErrInterrupted
	case err != nil:
		return fmt.Errorf("cdk %s: %w", strings.Join(args[:1], " "), err)
	}
	return nil
}
