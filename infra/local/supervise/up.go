package supervise

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// healthLimit is how long the first requests may take to be answered well.
	healthLimit = 60 * time.Second
	// stopLimit is how long the process may take to end before it is killed.
	stopLimit = 20 * time.Second
)

// Up starts the local cloud in the background and returns when what the assembly has answers: the distribution, or
// else its HTTP API. When it runs already with
// the same assembly, Up only says so; with another one it starts anew. If ctx ends first, nothing is left running.
func Up(ctx context.Context, o Options, out io.Writer) error {
	identity, err := o.identity()
	if err != nil {
		return err
	}
	s, r, running, done, err := command(ctx, o.State)
	if err != nil {
		return err
	}
	defer done()
	if running && !o.Reset && r.Runs == identity && r.URL != "" {
		say(out, "The local cloud runs already, with this assembly.")
		r.print(out, LogFile(s.dir))
		return nil
	}
	if running {
		say(out, "Stopping the local cloud that runs.")
		if err := s.stop(r); err != nil {
			return err
		}
	}
	if o.Reset {
		if err := s.reset(); err != nil {
			return err
		}
	}
	return s.launch(ctx, o, out)
}

// launch starts the background process and waits until it serves.
func (s state) launch(ctx context.Context, o Options, out io.Writer) error {
	d, err := s.startDaemon(o)
	if err != nil {
		return err
	}
	e, err := d.await(ctx, out)
	if err != nil {
		return errors.Join(err, d.stop())
	}
	e.print(out, LogFile(s.dir))
	return nil
}

// daemon is the background process while its starter waits for it.
type daemon struct {
	cmd     *exec.Cmd
	ended   chan struct{}
	notices chan notice
	log     string
}

// startDaemon starts this program's `run` in a session of its own, so that neither Ctrl-C nor the end of the terminal
// reaches it. It reports over a pipe, its descriptor 3.
func (s state) startDaemon(o Options) (*daemon, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	output, err := os.OpenFile(LogFile(s.dir), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	defer func() { _ = output.Close() }()
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	defer func() { _ = writer.Close() }()
	d := &daemon{ended: make(chan struct{}), notices: make(chan notice, 1), log: LogFile(s.dir)}
	d.cmd = exec.Command(self, "run", "--assembly", o.Assembly, "--state", s.dir, "--port", strconv.Itoa(o.Port), "--database", o.Database, "--background") //nolint:gosec // this program
	d.cmd.Stdout, d.cmd.Stderr, d.cmd.ExtraFiles = output, output, []*os.File{writer}
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := d.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start the local cloud: %w", err), reader.Close())
	}
	go func() {
		defer close(d.notices)
		defer func() { _ = reader.Close() }()
		var n notice
		if json.NewDecoder(bufio.NewReader(reader)).Decode(&n) == nil {
			d.notices <- n
		}
	}()
	go func() {
		_ = d.cmd.Wait() // how it ended is in its notice or its log
		close(d.ended)
	}()
	return d, nil
}

// await tells where the cloud is reached, once what it has answers well.
func (d *daemon) await(ctx context.Context, out io.Writer) (entry, error) {
	var n notice
	select {
	case <-ctx.Done():
		return entry{}, errors.New("interrupted; nothing is left running")
	case n = <-d.notices:
	}
	switch {
	case n.Error != "":
		return entry{}, errors.New(n.Error)
	case n.URL == "":
		return entry{}, fmt.Errorf("the local cloud ended at its start: %s (log: %s)", lastLine(d.log), d.log)
	}
	if n.Note != "" {
		say(out, n.Note)
	}
	for _, url := range n.checks() {
		if err := d.awaitOK(ctx, url); err != nil {
			return entry{}, err
		}
	}
	return n.entry, nil
}

// awaitOK waits for status 200.
func (d *daemon) awaitOK(ctx context.Context, url string) error {
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	var last string
	for deadline := time.Now().Add(healthLimit); time.Now().Before(deadline); {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return fmt.Errorf("check %s: %w", url, err)
		}
		resp, err := client.Do(req)
		if err == nil {
			last = resp.Status
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		} else {
			last = err.Error()
		}
		select {
		case <-ctx.Done():
			return errors.New("interrupted; nothing is left running")
		case <-d.ended:
			return fmt.Errorf("the local cloud ended: %s (log: %s)", lastLine(d.log), d.log)
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s does not answer with 200 within %s but with: %s (log: %s)", url, healthLimit, last, d.log)
}

// stop ends the process that this command started.
func (d *daemon) stop() error {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		_ = d.cmd.Process.Signal(signal)
		select {
		case <-d.ended:
			return nil
		case <-time.After(stopLimit):
		}
	}
	return fmt.Errorf("process %d does not end", d.cmd.Process.Pid)
}

// lastLine is the end of the log, which tells why a process ended without another word.
func lastLine(file string) string {
	b, err := os.ReadFile(file) //nolint:gosec // the run's own log
	if err != nil {
		return "its log cannot be read"
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return lines[len(lines)-1]
}

// say prints a line for the person at the terminal, who may have gone.
func say(out io.Writer, line string) { _, _ = fmt.Fprintln(out, line) }
