package supervise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// Options say what to run and where its state is.
type Options struct {
	// Assembly is the folder of the synthesized assembly.
	Assembly string
	// State is the folder of all data, locks and logs of this run.
	State string
	// Port is the wanted port of the site; 0 is DefaultPort.
	Port int
	// Reset removes the data first.
	Reset bool
	// Database is HOST:PORT of the PostgreSQL to use, which is not stopped with the run; without it one is started.
	Database string
	// Develop follows the sources; nil serves the assembly as it is.
	Develop *develop.Config
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

// notice is what the running process tells the command that started it, as one line of JSON.
type notice struct {
	entry
	Note  string
	Error string
}

// ErrRunning means that a local cloud with the same state folder runs already.
var ErrRunning = errors.New("the local cloud already runs with this state; stop it with `make down`")

// Run deploys the assembly and serves it until ctx ends; then nothing of it is left. The log goes to log. It tells
// ready once what became of the start.
func Run(ctx context.Context, o Options, log io.Writer, ready io.Writer) error {
	err := run(ctx, o, log, func(n notice) error {
		return json.NewEncoder(ready).Encode(n)
	})
	if err != nil {
		_ = json.NewEncoder(ready).Encode(notice{Error: err.Error()}) // the caller has the error too
	}
	return err
}

func run(ctx context.Context, o Options, log io.Writer, ready func(notice) error) (err error) {
	s, err := openState(o.State)
	if err != nil {
		return err
	}
	held, err := background.TryLock(s.path(runLock))
	if errors.Is(err, background.ErrLocked) {
		return ErrRunning
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.forget(), held.Release()) }()
	if o.Reset {
		if err := s.reset(); err != nil {
			return err
		}
	}
	me := record{Process: background.Self()}
	if me.Runs, err = o.identity(); err == nil {
		err = jsonfile.Write(s.path(recordFile), me)
	}
	if err != nil {
		return err
	}
	return s.serve(ctx, o, me, log, ready)
}

// RunCommand is Run for a command line. In the background the log goes to the state folder and the notice to
// descriptor 3, a pipe to the command that started it; in the foreground both go to out.
func RunCommand(ctx context.Context, o Options, background bool, out io.Writer) error {
	s, err := openState(o.State)
	if err != nil {
		return err
	}
	if background {
		return runBackground(ctx, o, s)
	}
	err = Run(ctx, o, out, noticePrinter{out})
	if ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)) {
		say(out, "The local cloud is stopped.")
		return nil
	}
	return err
}

func runBackground(ctx context.Context, o Options, s state) error {
	log, err := openLog(LogFile(s.dir))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	pipe := os.NewFile(3, "notice")
	if pipe == nil {
		return errors.New("run --background is started by up only")
	}
	defer func() { _ = pipe.Close() }()
	return Run(ctx, o, log, pipe)
}

// noticePrinter writes a notice for a person.
type noticePrinter struct{ out io.Writer }

func (p noticePrinter) Write(line []byte) (int, error) {
	var n notice
	if err := json.Unmarshal(line, &n); err != nil {
		return 0, fmt.Errorf("read a notice: %w", err)
	}
	if n.Note != "" {
		say(p.out, n.Note)
	}
	if n.URL != "" {
		say(p.out, "Serving "+n.URL+"  (Ctrl-C stops it)")
	}
	return len(line), nil
}

// serve opens the ports, deploys, and serves until ctx ends.
func (s state) serve(ctx context.Context, o Options, me record, log io.Writer, ready func(notice) error) (err error) {
	begun := time.Now()
	a, err := assembly.Load(o.Assembly)
	if err != nil {
		return err
	}
	site, gitHub, note, err := s.openPorts(o.Port)
	if err != nil {
		return err
	}
	url := "http://localhost:" + strconv.Itoa(site.port)
	pair, err := s.gitHubPair()
	if err != nil {
		return errors.Join(err, site.close(), gitHub.close())
	}
	standIn := github.New(github.Config{ClientID: pair.ID, ClientSecret: pair.Secret, CallbackURL: url + "/auth/callback", People: github.DemoPeople()})
	servers := newServers(ctx)
	defer func() { err = errors.Join(err, servers.close()) }()
	servers.start(gitHub, front(standIn))
	gate := &gate{}
	servers.start(site, front(gate))

	collector := status.NewCollector()
	c, err := cloud.Deploy(ctx, cloud.Config{Assembly: a, StateDir: s.dir, Database: o.Database, Log: log, Observer: collector, Parameters: gitHubParameters(gitHub.port)})
	if errors.Is(err, rds.ErrNotInstalled) {
		return rds.ErrNotInstalled // its text is all that a newcomer needs
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	me.entry = entry{URL: url, Site: c.Site() != nil, APIs: c.APIs()}
	if err := putPair(c.Secrets(), pair); err != nil {
		return err
	}
	handler := c.Site()
	if o.Develop != nil {
		followed, end, failed := follow(ctx, *o.Develop, c, url, log)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, end()) }()
		handler = followed
	}
	gate.open(withStatus(status.Page(collector, c), byName(me.entry, c.Origin, handler)))
	if err := jsonfile.Write(s.path(recordFile), me); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(log, "[local cloud] serves %s after %s\n", url, time.Since(begun).Round(time.Millisecond))
	if err := ready(notice{entry: me.entry, Note: note}); err != nil {
		return fmt.Errorf("the command that started this has gone: %w", err)
	}
	return servers.wait()
}

// gitHubParameters are the templates' parameters that lead `auth` to the stand-in.
func gitHubParameters(port int) map[string]string {
	url := "http://localhost:" + strconv.Itoa(port)
	return map[string]string{"GitHubUrl": url, "GitHubApiUrl": url + "/api/v3"}
}
