package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// command is a program of the project to run, in a folder below the root, with additions to the environment.
type command struct {
	dir   string
	env   []string
	name  string
	args  []string
	stdin string
}

// prepare makes the program stoppable: when the suite is interrupted it gets SIGTERM and ten seconds.
func (c command) prepare(ctx context.Context) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.name, c.args...) //nolint:gosec // the steps are fixed in this program
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), c.env...)
	if c.stdin != "" {
		cmd.Stdin = strings.NewReader(c.stdin)
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// output runs the program quietly and gives all that it printed.
func (c command) output(ctx context.Context) (string, error) {
	var out bytes.Buffer
	cmd := c.prepare(ctx)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// check is a program whose exit code is one test.
func check(title string, c command) func(context.Context) count {
	return func(ctx context.Context) count {
		out, err := c.output(ctx)
		if err != nil {
			fmt.Printf("   FAIL %s: %v\n%s\n", title, err, out)
			return count{failed: 1}
		}
		return count{passed: 1}
	}
}

// both runs parts one after the other.
func both(parts ...func(context.Context) count) func(context.Context) count {
	return func(ctx context.Context) (total count) {
		for _, p := range parts {
			total = total.plus(p(ctx))
		}
		return total
	}
}
