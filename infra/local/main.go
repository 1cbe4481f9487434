// Command local runs a synthesized cloud assembly on this machine: the functions' real binaries, real PostgreSQL and
// the CloudFront and API Gateway rules of the templates, on loopback only.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/miyabi-society/platform/infra/local/develop"
	"github.com/miyabi-society/platform/infra/local/supervise"
)

// commandLine is what kong reads: its tags are the usage.
type commandLine struct {
	State string `required:"" placeholder:"DIR" help:"Folder of the data, the lock and the log of one run."`

	Up  struct{ supervise.Options } `cmd:"" help:"Start in the background and wait until it serves."`
	Run struct{ supervise.Options } `cmd:"" help:"The same in the foreground; Ctrl-C stops it."`
	Dev struct {
		supervise.Options
		develop.Config
	} `cmd:"" help:"In the foreground, with every change of the sources; Ctrl-C stops it."`
	Down struct{} `cmd:"" help:"Stop it; the data stays."`
	URL  struct{} `cmd:"" name:"url" help:"Print its address."`
	Logs struct {
		Follow bool `help:"Go on with what is added."`
	} `cmd:"" help:"Print the end of its log."`
}

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
	var c commandLine
	parser, err := kong.New(&c, kong.Name("local"), kong.Writers(out, out), kong.Description("Runs a synthesized cloud assembly on this machine."))
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	chosen, err := parser.Parse(args)
	if err != nil {
		return fmt.Errorf("%w (local --help)", err)
	}
	switch chosen.Command() {
	case "up":
		c.Up.State = c.State
		return supervise.Up(ctx, c.Up.Options, out)
	case "run":
		c.Run.State = c.State
		return supervise.Run(ctx, c.Run.Options, out)
	case "dev":
		c.Dev.State, c.Dev.Develop = c.State, &c.Dev.Config
		return supervise.Run(ctx, c.Dev.Options, out)
	case "down":
		return supervise.Down(ctx, c.State, out)
	case "logs":
		return supervise.Logs(ctx, c.State, c.Logs.Follow, out)
	}
	url, err := supervise.URL(c.State)
	if err == nil {
		_, err = fmt.Fprintln(out, url)
	}
	return err
}
