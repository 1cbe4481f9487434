package supervise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/miyabi-society/platform/infra/background"
	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/cloud"
	"github.com/miyabi-society/platform/infra/local/develop"
	"github.com/miyabi-society/platform/infra/local/github"
	"github.com/miyabi-society/platform/infra/local/jsonfile"
	"github.com/miyabi-society/platform/infra/local/rds"
	"github.com/miyabi-society/platform/infra/local/status"
)

// Options say what to run and where its state is. The tags are the command line's.
type Options struct {
	Assembly string `required:"" placeholder:"DIR" help:"Folder of the synthesized assembly."`
	Port     int    `default:"8080" help:"The wanted port; when it is taken, the next free one above. 0 takes any."`
	Reset    bool   `help:"Remove the data first."`
	Database string `placeholder:"HOST:PORT" help:"A PostgreSQL that lets its user postgres in without a password; it is used in place of one that is started here, and runs on afterwards."`
	// Background tells the command that started this, over descriptor 3, once everything answers.
	Background bool `hidden:""`
	// State is the folder of all data, locks and logs of this run.
	State string `kong:"-"`
	// Develop follows the sources; nil serves the assembly as it is.
	Develop *develop.Config `kong:"-"`
}

// Validate refuses what no command line may have; kong asks it.
func (o Options) Validate() error {
	if o.Port < 0 || o.Port > 65535 {
		return fmt.Errorf("--port must be 0 to 65535, not %d", o.Port)
	}
	return nil
}

// arguments are those of the command line that runs the same in the background.
func (o Options) arguments() []string {
	return []string{
		"run", "--background", "--assembly", o.Assembly, "--state", o.State, "--port", strconv.Itoa(o.Port), "--database=" + o.Database,
		"--reset=" + strconv.FormatBool(o.Reset),
	}
}

// identity is equal for two runs that would be the same: of the same assembly, program, database and port.
func (o Options) identity() (string, error) {
	print, err := assembly.Fingerprint(o.Assembly)
	if err != nil {
		return "", err
	}
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	info, err := os.Stat(self)
	if err != nil {
		return "", fmt.Errorf("look at this program: %w", err)
	}
	return fmt.Sprintf("%s %d %d %d %s", print, info.Size(), info.ModTime().UnixNano(), o.Port, o.Database), nil
}

// open makes the state folder, and the identity of the run. An assembly that cannot be read makes no folder.
func (o Options) open() (s state, runs string, err error) {
	if runs, err = o.identity(); err != nil {
		return state{}, "", err
	}
	s, err = makeState(o.State)
	return s, runs, err
}

// Run deploys the assembly and serves it until ctx ends; then nothing of it is left. The log is in the state folder; in
// the foreground out gets it too, or with Develop what changes; a run in the background is stopped for that.
func Run(ctx context.Context, o Options, out io.Writer) error {
	s, runs, err := o.open()
	if err != nil {
		return err
	}
	log, err := openLog(s.path(logFile))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	r := run{Options: o, state: s, runs: runs, log: log, stop: "Ctrl-C"}
	switch {
	case o.Background:
		r.stop, out = "make down", os.NewFile(3, "notice")
		err = r.do(ctx, func(text string) error { return json.NewEncoder(out).Encode(notice{Text: text}) })
		if err != nil {
			_ = json.NewEncoder(out).Encode(notice{Error: err.Error()}) // the log has the error too
		}
		return err
	case o.Develop != nil:
		o.Develop.Out = out
		if err := Down(ctx, o.State, io.Discard); err != nil {
			return err
		}
	default:
		r.log = io.MultiWriter(log, out)
	}
	err = r.do(ctx, func(text string) error { say(out, text); return nil })
	if ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)) {
		say(out, "The local cloud is stopped.")
		return nil
	}
	return err
}

// run is one run of the local cloud.
type run struct {
	Options
	state state
	log   io.Writer
	// runs is the identity, stop how a person stops it.
	runs, stop string
}

// do holds the run lock while it serves. It says once to ready what is where.
func (r run) do(ctx context.Context, ready func(text string) error) (err error) {
	held, err := background.TryLock(r.state.path(runLock))
	if errors.Is(err, background.ErrLocked) {
		return errors.New("the local cloud already runs with this state; stop it with `make down`")
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, held.Release()) }()
	if r.Reset {
		if err := r.state.reset(); err != nil {
			return err
		}
	}
	me := record{Process: background.Self(), Runs: r.runs, Wanted: r.Port, Port: r.Port}
	var last record
	if err := jsonfile.Read(r.state.path(recordFile), &last); err == nil && last.Wanted == r.Port { // what cannot be read is a first run
		me.Port = last.Port
	}
	if err := jsonfile.Write(r.state.path(recordFile), me); err != nil {
		return err
	}
	return r.serve(ctx, me, ready)
}

// serve opens the port, deploys, and serves until ctx ends. What connects before everything is there waits.
func (r run) serve(ctx context.Context, me record, ready func(text string) error) (err error) {
	begun := time.Now()
	a, err := assembly.Load(r.Assembly)
	if err != nil {
		return err
	}
	listeners, port, note, err := openPort(me.Wanted, me.Port)
	if err != nil {
		return err
	}
	me.Port = port
	defer func() { _ = closeAll(listeners) }() // they are closed already when they were served
	app := newApp(me.url())
	collector := status.NewCollector()
	c, err := cloud.Deploy(ctx, cloud.Config{
		Assembly: a, StateDir: r.state.dir, Database: r.Database, Log: r.log, Observer: collector,
		Parameters: map[string]string{"GitHubUrl": app.URL, "GitHubApiUrl": app.URL + "/api/v3"},
	})
	if errors.Is(err, rds.ErrNotInstalled) {
		return rds.ErrNotInstalled // its text is all that a newcomer needs
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := register(c.Secrets(), app); err != nil {
		return err
	}
	f := &front{
		url: me.url(), site: c.Site(), apis: c.APIs(), origin: c.Origin,
		status: status.Page(collector, c), gitHub: http.StripPrefix(gitHubPath, github.New(app)),
	}
	f.text = f.describe(r.state.path(logFile), r.stop)
	if r.Develop != nil {
		pages, stop, err := r.Develop.Follow(ctx, c, f.site, me.url(), r.log)
		if err != nil {
			return err
		}
		defer stop()
		f.site = pages
	}
	return r.present(ctx, f, listeners, me, func() error {
		_, _ = fmt.Fprintf(r.log, "[local cloud] serves %s after %s\n", me.url(), time.Since(begun).Round(time.Millisecond))
		return ready(note + f.text)
	})
}

// present serves what is deployed until ctx ends. A start in the background is ready once everything answers.
func (r run) present(ctx context.Context, f *front, listeners []net.Listener, me record, ready func() error) error {
	served := serve(newServer(f), listeners)
	defer served.close()
	if r.Background {
		for _, url := range f.checks() {
			if err := await(ctx, url); err != nil {
				return fmt.Errorf("%w (log: %s)", err, r.state.path(logFile))
			}
		}
	}
	me.Text = f.text
	if err := jsonfile.Write(r.state.path(recordFile), me); err != nil {
		return err
	}
	if err := ready(); err != nil {
		return fmt.Errorf("the command that started this has gone: %w", err)
	}
	return served.wait(ctx)
}
