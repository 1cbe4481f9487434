package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/miyabi-society/platform/infra/deploy/emulated"
	"github.com/miyabi-society/platform/infra/deploy/phase"
	"github.com/miyabi-society/platform/infra/environment"
)

const usage = `usage: deploy COMMAND --env ENV [flags]

  deploy    --assembly DIR [--phase N] [--parameter NAME=VALUE] [--no-checks] [--yes]
                        deploy a phase, or all in order; then run its tests and print its criteria
  diff      --assembly DIR [--phase N]
                        show what a deployment would change, with the price, before anything is touched
  rollback  --phase N [--no-checks] [--yes]
                        deploy the release before the current one
  destroy   [--phase N] [--confirm ENV]
                        delete a phase, or all in reverse order
  status                show the phases with their state and release
  env                   print the variables with which tests and other tools reach the deployment
  check                 say what the account lacks for a deployment
  stop                  end the emulated account and remove all of it (local)
  python                only make sure that the emulated account's Python packages are here; takes no flag
  accept                only refuse an environment, phase, port, setting or credentials that cannot be meant

--env is local, dev, staging, prod or test-<suffix>; the variable SETTINGS changes single settings, as at make synth.
--state DIR is the folder of the emulated account, which the environment local needs, and --port N the wanted port of
what runs there; without it the port stays. --phase is a number from 0 to 4, or account.`

// seeHelp ends the refusal of a command line.
const seeHelp = "`bin/deploy help` lists the commands and their flags"

// options are what the command line asks for.
type options struct {
	command    string
	settings   environment.Settings
	changed    string // the variable SETTINGS
	phases     []phase.Phase
	onePhase   bool
	assembly   string
	state      string
	port       int
	parameters map[string]string
	noChecks   bool
	yes        bool
	confirm    string
}

// commands are what a person may ask for.
var commands = map[string]func(*session, context.Context) error{
	"deploy":   (*session).deploy,
	"diff":     (*session).diff,
	"rollback": (*session).rollback,
	"destroy":  (*session).destroy,
	"status":   (*session).status,
	"env":      (*session).printEnvironment,
	"check":    (*session).check,
	"stop":     (*session).stop,
	"accept":   (*session).accept,
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("name a command; " + seeHelp)
	}
	switch args[0] {
	case "serve":
		return serve(ctx, args[1:])
	case "python":
		_, err := emulated.Python(ctx, out)
		return err
	case "help", "-h", "--help":
		_, err := fmt.Fprintln(out, usage)
		return err
	}
	command, known := commands[args[0]]
	if !known {
		return fmt.Errorf("there is no command %q; %s", args[0], seeHelp)
	}
	o, err := readOptions(args[0], args[1:])
	if errors.Is(err, flag.ErrHelp) {
		_, err := fmt.Fprintln(out, usage)
		return err
	}
	if err != nil {
		return err
	}
	s, err := newSession(o, out)
	if err != nil {
		return err
	}
	return s.locked(ctx, command)
}

// readOptions reads the flags and checks what every command needs.
func readOptions(command string, args []string) (options, error) {
	o := options{command: command, parameters: map[string]string{}}
	var env, phaseText string
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&env, "env", "", "")
	flags.StringVar(&phaseText, "phase", "", "")
	flags.StringVar(&o.assembly, "assembly", "", "")
	flags.StringVar(&o.state, "state", "", "")
	flags.Func("port", "", o.setPort)
	flags.Func("parameter", "", o.addParameter)
	flags.BoolVar(&o.noChecks, "no-checks", false, "")
	flags.BoolVar(&o.yes, "yes", false, "")
	flags.StringVar(&o.confirm, "confirm", "", "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return o, err
	case err != nil:
		return o, fmt.Errorf("%w; %s", err, seeHelp)
	case flags.NArg() > 0:
		return o, fmt.Errorf("%s takes no argument %q", command, flags.Arg(0))
	}
	if env == "" {
		return o, fmt.Errorf("%s needs an environment: make %s ENV=local, or one of dev, staging and prod", command, command)
	}
	var err error
	if o.settings, err = environment.Load(env, environment.Platform{OS: runtime.GOOS, Architecture: runtime.GOARCH}); err != nil {
		return o, err
	}
	o.changed = os.Getenv("SETTINGS")
	if o.settings, err = o.settings.With(environment.Assignments(o.changed)...); err != nil {
		return o, err
	}
	o.onePhase = phaseText != ""
	if o.phases, err = phase.Parse(phaseText); err != nil {
		return o, err
	}
	return o, o.check()
}

// addParameter reads NAME=VALUE.
func (o *options) addParameter(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return fmt.Errorf("%q is not NAME=VALUE", text)
	}
	o.parameters[name] = value
	return nil
}

// line is the command of the Makefile that does the same to a phase, with the settings of this one.
func (o *options) line(command string, p phase.Phase) string {
	return o.wholeLine(command) + " PHASE=" + p.Argument()
}

// wholeLine is the one for all phases.
func (o *options) wholeLine(command string) string {
	line := "make " + command + " ENV=" + o.settings.Name
	if o.changed != "" && (command == "deploy" || command == "diff") {
		line += " SETTINGS=" + o.changed
	}
	return line
}

// setPort reads a TCP port.
func (o *options) setPort(text string) error {
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return errors.New("use a number from 1 to 65535")
	}
	o.port = int(port)
	return nil
}

// check refuses what the command cannot do.
func (o *options) check() error {
	name := o.settings.Name
	isAccount := o.phases[0].Number < 0
	switch {
	case o.settings.IsLocal() && o.state == "" && o.command != "check":
		return fmt.Errorf("%s of local needs --state DIR", o.command)
	case (o.command == "deploy" || o.command == "diff") && o.assembly == "":
		return fmt.Errorf("%s needs --assembly DIR", o.command)
	case o.command == "rollback" && !o.onePhase:
		return fmt.Errorf("name the phase to roll back: make rollback ENV=%s PHASE=2", name)
	case isAccount && (o.command == "rollback" || o.command == "destroy"):
		return fmt.Errorf("%s of account: Miyabi-Account serves every environment of the AWS account and is protected from deletion; change it by `make deploy ENV=%s PHASE=account`, delete it by hand in CloudFormation", o.command, name)
	case o.command == "destroy" && o.settings.KeepData && o.confirm != name:
		return fmt.Errorf("destroying %s deletes what people use; its log groups, its site's bucket, its releases and a last snapshot of its database stay. To do it, first switch off the deletion protection of its stacks and of its database, then add CONFIRM=%s", name, name)
	case o.confirm != "" && o.confirm != name:
		return fmt.Errorf("CONFIRM=%s does not confirm destroying %s", o.confirm, name)
	}
	return nil
}

// serve is the command of the process in the background. It reports over descriptor 3.
func serve(ctx context.Context, args []string) error {
	var o emulated.Options
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.State.Dir, "state", "", "")
	flags.StringVar(&o.Region, "region", "", "")
	flags.StringVar(&o.Python, "python", "", "")
	flags.StringVar(&o.Script, "script", "", "")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	if slices.Contains([]string{o.State.Dir, o.Region, o.Python, o.Script}, "") {
		return errors.New("serve is started by deploy only")
	}
	ready := os.NewFile(3, "notice")
	if ready == nil {
		return errors.New("serve is started by deploy only")
	}
	defer func() { _ = ready.Close() }()
	return emulated.Serve(ctx, o, os.Stdout, ready)
}
