// Command deploy deploys the platform phase by phase with the CDK CLI: to AWS, or for the environment local to an
// emulated account on this machine. It keeps releases, rolls back to the one before, and destroys.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	var summary failure
	switch {
	case errors.As(err, &summary):
		fmt.Fprintln(os.Stderr, err)
	case err != nil:
		fmt.Fprintln(os.Stderr, "deploy:", err)
	}
	if err != nil {
		os.Exit(1)
	}
}
