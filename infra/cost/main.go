// Command cost prints what an environment costs in a month, before anything is deployed.
//
//	cost -env prod                             synthesizes and prints the bill, its variants and the other environments
//	cost -env prod -assembly DIR               the bill of an assembly that is there
//	cost -env prod -assembly DIR -before OLD   what a change of the templates does to the bill
//
// It exits with 1 when production costs more in us-east-1 than ADR 001 approves. Run it from the project's root.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/quiet"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("cost: ")
	log.SetOutput(quiet.Runtime())
	err := run(os.Args[1:], os.Stdout)
	jsii.Close()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		log.Fatal(err)
	}
}

// request is what the arguments ask for.
type request struct {
	environment, settings, assembly, before string
	variants, resources, accept             bool
}

func run(arguments []string, out io.Writer) error {
	var r request
	flags := flag.NewFlagSet("cost", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.StringVar(&r.environment, "env", "", "the `environment`: local, dev, staging, prod or test-…")
	flags.StringVar(&r.settings, "settings", os.Getenv("SETTINGS"), "settings to change, as `key=value,key=value`")
	flags.StringVar(&r.assembly, "assembly", "", "the `folder` of an assembly; without it one is synthesized")
	flags.StringVar(&r.before, "before", "", "the `folder` of the assembly before a change")
	flags.BoolVar(&r.variants, "variants", false, "also price the variants and the other environments")
	flags.BoolVar(&r.resources, "resources", false, "list the resources behind each line")
	flags.BoolVar(&r.accept, "accept", false, "only check the environment and the settings")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: see cost -help", flags.Arg(0))
	}
	if r.before != "" && r.assembly == "" {
		return errors.New("-before needs -assembly: it compares two assemblies")
	}
	return r.answer(out)
}
