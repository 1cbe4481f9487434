package supervise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/miyabi-society/platform/infra/background"
)

const (
	// healthLimit is how long the first requests may take to be answered well.
	healthLimit = 60 * time.Second
	// stopLimit is how long the process may take to end before it is killed.
	stopLimit = 20 * time.Second
)

// Up starts the local cloud in the background and returns when what the assembly has answers: the distribution, or
// else its HTTP API. When it runs already with the same assembly, Up only says so; with another one it starts anew. If
// ctx ends first, nothing is left running.
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
	child, err := background.Launch(LogFile(s.dir), "run", "--assembly", o.Assembly, "--state", s.dir, "--port", strconv.Itoa(o.Port), "--database", o.Database, "--background")
	if err != nil {
		return err
	}
	e, err := s.await(ctx, child, out)
	if err != nil {
		return errors.Join(err, child.Stop(stopLimit))
	}
	e.print(out, LogFile(s.dir))
	return nil
}

// await tells where the cloud is reached, once what it has answers well.
func (s state) await(ctx context.Context, child *background.Child, out io.Writer) (entry, error) {
	var n notice
	if err := child.Notice(ctx, &n); err != nil {
		return entry{}, err
	}
	switch {
	case n.Error != "":
		return entry{}, errors.New(n.Error)
	case n.URL == "":
		return entry{}, s.ended()
	}
	if n.Note != "" {
		say(out, n.Note)
	}
	for _, url := range n.checks() {
		if err := s.awaitOK(ctx, child, url); err != nil {
			return entry{}, err
		}
	}
	return n.entry, nil
}

func (s state) ended() error {
	return fmt.Errorf("the local cloud ended at its start: %s (log: %s)", background.LastLine(LogFile(s.dir)), LogFile(s.dir))
}

// awaitOK waits for status 200.
func (s state) awaitOK(ctx context.Context, child *background.Child, url string) error {
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
		case <-child.Ended():
			return s.ended()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s does not answer with 200 within %s but with: %s (log: %s)", url, healthLimit, last, LogFile(s.dir))
}

// say prints a line for the person at the terminal, who may have gone.
func say(out io.Writer, line string) { _, _ = fmt.Fprintln(out, line) }
