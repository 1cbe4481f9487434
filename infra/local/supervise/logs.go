package supervise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// Logs prints the end of the log, and with follow what is added until ctx ends.
func Logs(ctx context.Context, dir string, follow bool, out io.Writer) error {
	if _, err := os.Stat(LogFile(dir)); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no log in %s; start the local cloud with `make up`", dir)
	}
	args := []string{"-n", "500"}
	if follow {
		args = append(args, "-F") // also into the log that begins when this one is full
	}
	tail := exec.CommandContext(ctx, "tail", append(args, LogFile(dir))...) //nolint:gosec // the run's own log
	tail.Stdout = out
	if err := tail.Run(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("print the log: %w", err)
	}
	return nil
}
