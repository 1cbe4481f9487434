package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/miyabi-society/platform/infra/deploy/account"
	"github.com/miyabi-society/platform/infra/deploy/bundle"
	"github.com/miyabi-society/platform/infra/deploy/cdk"
	"github.com/miyabi-society/platform/infra/deploy/dataplane"
	"github.com/miyabi-society/platform/infra/deploy/emulated"
	"github.com/miyabi-society/platform/infra/deploy/phase"
	"github.com/miyabi-society/platform/infra/deploy/stack"
	"github.com/miyabi-society/platform/infra/deploy/target"
)

// session is one command at work on one environment.
type session struct {
	options
	out   io.Writer
	state emulated.State // of the environment local
	plane dataplane.Plane

	// The rest is set by connect.
	target target.Target
	cli    cdk.CLI
	stacks *cloudformation.Client
}

// errNothing means that the environment local is not deployed at all.
var errNothing = errors.New("nothing of local is deployed")

func newSession(o options, out io.Writer) (*session, error) {
	if _, err := os.Stat("cdk.json"); err != nil {
		return nil, errors.New("run this in the project's root, where cdk.json is")
	}
	s := &session{options: o, out: out}
	if o.settings.IsLocal() && o.state != "" {
		var err error
		if s.state, err = emulated.Open(o.state); err != nil {
			return nil, err
		}
		s.plane = dataplane.Plane{State: s.state.Path("dataplane"), Port: o.port}
	}
	return s, nil
}

// locked runs a command while no other one works on the same emulated account. At AWS, CloudFormation itself refuses
// two deployments of a stack at once.
func (s *session) locked(ctx context.Context, command func(*session, context.Context) error) (err error) {
	if s.settings.IsLocal() && s.works() {
		lock, failed := s.state.Lock(ctx, s.out)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, s.state.Unlock(lock)) }()
	}
	return s.orEnded(command(s, ctx))
}

// orEnded says instead of an error that the emulated account has ended during the command, when it has: everything else
// that failed follows from that.
func (s *session) orEnded(err error) error {
	if err == nil || !s.target.IsLocal() || s.state.Answers() {
		return err
	}
	const next = "with all that was deployed: `make deploy ENV=local` starts it again, empty"
	if _, failed := os.Stat(s.state.Log()); failed != nil {
		removed := fmt.Errorf("the folder %s was removed during this command, and so the emulated account has ended %s", s.state.Dir, next)
		return errors.Join(removed, s.state.Stop())
	}
	return fmt.Errorf("the emulated account has ended during this command %s (log: %s)", next, s.state.Log())
}

// nothing says why there is no emulated account.
func (s *session) nothing() error {
	if s.state.Ended() {
		return fmt.Errorf("%w: the emulated account has ended, by a restart of this machine or with its process. `make deploy ENV=local` starts it again, empty; `make destroy ENV=local` removes what is left", errNothing)
	}
	return fmt.Errorf("%w: start with `make deploy ENV=local`", errNothing)
}

// works tells whether the command works on the emulated account, and does not only look at it.
func (s *session) works() bool {
	switch s.command {
	case "deploy", "destroy", "stop":
		return true
	case "diff", "rollback":
		_, running := s.state.Running()
		return running
	}
	return false
}

// accept has refused in the options what there is not; here it refuses credentials of no AWS account.
func (s *session) accept(ctx context.Context) error {
	if s.settings.IsLocal() {
		return nil
	}
	quiet := *s
	quiet.out = io.Discard
	return quiet.connect(ctx)
}

func (s *session) say(format string, values ...any) {
	_, _ = fmt.Fprintf(s.out, format+"\n", values...) // the person at the terminal may have gone
}

// connect leads the session to its account, and refuses credentials of none. The emulated account must run already.
func (s *session) connect(ctx context.Context) error {
	if s.settings.IsLocal() {
		r, running := s.state.Running()
		if !running {
			return s.nothing()
		}
		s.use(target.Emulated(s.settings, r.Emulator, s.state.Dir))
		return nil
	}
	t, err := target.AWS(ctx, s.settings)
	if err != nil {
		return err
	}
	t, who, err := t.Identify(ctx)
	if err != nil {
		return err
	}
	s.say("Account %s, region %s, as %s", t.Account, s.settings.Region, who)
	s.use(t)
	return nil
}

func (s *session) use(t target.Target) {
	s.target, s.stacks = t, t.CloudFormation()
	s.cli = cdk.CLI{Environ: t.ForCDK(), Out: s.out}
}

// start connects, for local after starting the emulated account if it does not run.
func (s *session) start(ctx context.Context) error {
	if !s.settings.IsLocal() {
		return s.connect(ctx)
	}
	o := emulated.Options{State: s.state, Region: s.settings.Region}
	if _, running := s.state.Running(); !running {
		var err error
		if o.Python, err = emulated.Python(ctx, s.out); err != nil {
			return err
		}
		if o.Script, err = filepath.Abs(emulated.Script); err != nil {
			return fmt.Errorf("find the emulator: %w", err)
		}
	}
	if _, err := s.state.Ensure(ctx, o, s.out, func() error { return s.plane.Down(ctx) }); err != nil {
		return err
	}
	return s.connect(ctx)
}

// bootstrap makes the account ready for the CDK: the emulated one by itself, one of AWS by a person.
func (s *session) bootstrap(ctx context.Context, a bundle.Assembly) error {
	version, err := account.Bootstrap(ctx, s.target)
	if err != nil {
		return err
	}
	if !s.settings.IsLocal() {
		return account.Bootstrapped(s.target, version, a.BootstrapVersion())
	}
	if version >= a.BootstrapVersion() && version > 0 {
		return nil
	}
	return s.cli.Bootstrap(ctx, a.Dir, s.target.Account, s.settings.Region)
}

// open reads the assembly to deploy.
func (s *session) open() (bundle.Assembly, error) {
	a, err := bundle.Open(s.assembly)
	if err != nil {
		return a, err
	}
	return a, phase.Check(a.Stacks(), s.settings)
}

// states are the states of a phase's stacks.
func (s *session) states(ctx context.Context, p phase.Phase) (map[string]stack.State, error) {
	found := map[string]stack.State{}
	for _, name := range p.Stacks(s.settings) {
		state, err := stack.Describe(ctx, s.stacks, name)
		if err != nil {
			return nil, err
		}
		found[name] = state
	}
	return found, nil
}

// survey tells of which phases everything is deployed, and of which anything exists.
func (s *session) survey(ctx context.Context) (deployed, exists map[int]bool, err error) {
	deployed, exists = map[int]bool{}, map[int]bool{}
	for _, p := range phase.All() {
		states, err := s.states(ctx, p)
		if err != nil {
			return nil, nil, err
		}
		deployed[p.Number] = true
		for _, state := range states {
			deployed[p.Number] = deployed[p.Number] && state.Deployed()
			exists[p.Number] = exists[p.Number] || state.Exists()
		}
	}
	return deployed, exists, nil
}
