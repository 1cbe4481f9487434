package supervise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/miyabi-society/platform/infra/background"
	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/cloud"
)

// stopLimit is how long the process may take to end before it is killed.
const stopLimit = 20 * time.Second

// Up starts the local cloud in the background and returns when what the assembly has answers: the distribution, or
// else its HTTP API. When it runs already with the same assembly, Up only says so; with another one it starts anew, unless
// that one names what cannot be made: then what runs goes on. If ctx ends first, nothing is left running.
func Up(ctx context.Context, o Options, out io.Writer) error {
	s, runs, err := o.open()
	if err != nil {
		return err
	}
	return s.alone(ctx, func(r record, running bool) error {
		if running && !o.Reset && r.Runs == runs && r.Text != "" {
			say(out, "The local cloud runs already, with this assembly.\n"+r.Text)
			return nil
		}
		if running {
			if err := check(o.Assembly); err != nil {
				return fmt.Errorf("%w; what runs goes on with the assembly before", err)
			}
			say(out, "Stopping the local cloud that runs.")
			if err := s.stop(r); err != nil {
				return err
			}
		}
		return s.launch(ctx, o, out)
	})
}

// check finds what a start with the assembly would refuse at once.
func check(dir string) error {
	a, err := assembly.Load(dir)
	if err != nil {
		return err
	}
	return cloud.Check(a)
}

// notice is what the running process tells the command that started it, as one line of JSON.
type notice struct{ Text, Error string }

// launch starts the background process and waits until it serves.
func (s state) launch(ctx context.Context, o Options, out io.Writer) error {
	o.State = s.dir
	child, err := background.Launch(s.path(logFile), o.arguments()...)
	if err != nil {
		return err
	}
	var n notice
	if err := child.Notice(ctx, &n); err != nil {
		return errors.Join(err, child.Stop(stopLimit))
	}
	switch {
	case n.Error != "":
		<-child.Ended()
		return errors.New(n.Error)
	case n.Text == "":
		return fmt.Errorf("the local cloud ended at its start: %s (log: %s)", background.LastLine(s.path(logFile)), s.path(logFile))
	}
	say(out, n.Text)
	return nil
}

// Down stops the local cloud and returns when its processes, ports and locks are gone. That none runs is no error.
func Down(ctx context.Context, dir string, out io.Writer) error {
	s, err := findState(dir)
	if err != nil {
		return err
	}
	if _, err := os.Stat(s.dir); errors.Is(err, os.ErrNotExist) {
		say(out, notRunning)
		return nil
	}
	return s.alone(ctx, func(r record, running bool) error {
		if !running {
			say(out, notRunning)
			return nil
		}
		if err := s.stop(r); err != nil {
			return err
		}
		say(out, "The local cloud is stopped. Its data stays in "+s.dir)
		return nil
	})
}

const notRunning = "The local cloud does not run."

// URL is the address of the running site, without a slash at the end. Asking makes no folder.
func URL(dir string) (string, error) {
	s, err := findState(dir)
	if err != nil {
		return "", err
	}
	r, running, err := s.running()
	if err != nil {
		return "", err
	}
	if !running || r.Text == "" {
		return "", errors.New("the local cloud does not run; start it with `make up`")
	}
	return r.url(), nil
}

// Logs prints the end of the log, and with follow what is added until ctx ends.
func Logs(ctx context.Context, dir string, follow bool, out io.Writer) error {
	log := state{dir}.path(logFile)
	if _, err := os.Stat(log); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no log in %s; start the local cloud with `make up`", dir)
	}
	args := []string{"-n", "500"}
	if follow {
		args = append(args, "-F") // also into the log that begins when this one is full
	}
	tail := exec.CommandContext(ctx, "tail", append(args, log)...) //nolint:gosec // the run's own log
	tail.Stdout = out
	if err := tail.Run(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("print the log: %w", err)
	}
	return nil
}

// say prints a line for the person at the terminal, who may have gone.
func say(out io.Writer, line string) { _, _ = fmt.Fprintln(out, line) }
