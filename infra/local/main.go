// Command local runs a synthesized cloud assembly on this machine: the functions' real binaries, real PostgreSQL and
// the CloudFront and API Gateway rules of the templates, on loopback only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/miyabi-society/platform/infra/local/develop"
	"github.com/miyabi-society/platform/infra/local/supervise"
)

const usage = `usage: local COMMAND --state DIR [flags]

  up    --assembly DIR [--port N] [--database HOST:PORT] [--reset]
                     start in the background and wait until it serves
  run   --assembly DIR [--port N] [--database HOST:PORT] [--reset]
                     the same in the foreground; Ctrl-C stops it
  dev   --assembly DIR [--port N] --build COMMAND --binaries DIR --deployed DIR [--watch PATHS] [--restart PATHS] [--pages COMMAND]
                     in the foreground, with every change of the sources; Ctrl-C stops it
  down               stop it; the data stays
  url                print its address
  logs  [--follow]   print the end of its log

--state DIR holds the data, the lock and the log of one run. --database names a PostgreSQL that lets its user postgres in
without a password; it is used in place of one that is started here, and runs on afterwards.`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := command(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "local:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("name a command\n%s", usage)
	}
	var o supervise.Options
	var follow bool
	var d develop.Config
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.State, "state", "", "")
	switch args[0] {
	case "up", "run", "dev":
		flags.StringVar(&o.Assembly, "assembly", "", "")
		flags.IntVar(&o.Port, "port", supervise.DefaultPort, "")
		flags.BoolVar(&o.Reset, "reset", false, "")
		flags.Func("database", "", address(&o.Database))
		flags.BoolVar(&o.Background, "background", false, "")
		flags.StringVar(&d.Build, "build", "", "")
		flags.StringVar(&d.Binaries, "binaries", "", "")
		flags.StringVar(&d.Deployed, "deployed", "", "")
		flags.StringVar(&d.Pages, "pages", "", "")
		flags.Func("watch", "", paths(&d.Watch))
		flags.Func("restart", "", paths(&d.Restart))
	case "logs":
		flags.BoolVar(&follow, "follow", false, "")
	case "down", "url":
	case "help", "-h", "--help":
		_, err := fmt.Fprintln(out, usage)
		return err
	default:
		return fmt.Errorf("there is no command %q\n%s", args[0], usage)
	}
	if err := parse(flags, args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "up":
		return supervise.Up(ctx, o, out)
	case "run":
		return supervise.Run(ctx, o, out)
	case "dev":
		o.Develop = &d
		return supervise.Run(ctx, o, out)
	case "down":
		return supervise.Down(ctx, o.State, out)
	case "logs":
		return supervise.Logs(ctx, o.State, follow, out)
	}
	url, err := supervise.URL(o.State)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, url)
	return err
}

// address reads HOST:PORT, or nothing.
func address(into *string) func(string) error {
	return func(text string) error {
		if _, port, err := net.SplitHostPort(text); text != "" && (err != nil || port == "") {
			return errors.New("it must be HOST:PORT")
		}
		*into = text
		return nil
	}
}

// paths reads a list with commas.
func paths(into *[]string) func(string) error {
	return func(list string) error {
		*into = strings.Split(list, ",")
		return nil
	}
}

// parse reads the flags and checks those that every command needs.
func parse(flags *flag.FlagSet, args []string) error {
	name := flags.Name()
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return fmt.Errorf("\n%s", usage)
	case err != nil:
		return fmt.Errorf("%s: %w\n%s", name, err, usage)
	case flags.NArg() > 0:
		return fmt.Errorf("%s takes no argument %q", name, flags.Arg(0))
	case flags.Lookup("state").Value.String() == "":
		return fmt.Errorf("%s needs --state DIR", name)
	}
	if a := flags.Lookup("assembly"); a != nil && a.Value.String() == "" {
		return fmt.Errorf("%s needs --assembly DIR", name)
	}
	return nil
}
