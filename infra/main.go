// Command infra is the CDK app: it synthesizes the stacks of one environment into a cloud assembly.
//
// The environment comes from the context key env (-c env=prod) or from the variable ENV, changes of its settings from the
// key settings (-c settings=egress=nat-gateway,multiAZ=true) or from SETTINGS, the output folder from CDK_OUTDIR (cdk.out
// without it). Run it from the project's root, by the CDK CLI or bare: both give the same templates.
package main

import (
	"log"
	"os"
	"runtime"
	"strings"

	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/assembly"
	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/policy/policyreport"
	"github.com/miyabi-society/platform/infra/quiet"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("infra: ")
	log.SetOutput(quiet.Runtime())
	err := run(os.Args[1:])
	jsii.Close()
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			log.Print(line)
		}
		os.Exit(1)
	}
}

// run synthesizes what the arguments and the process environment ask for.
func run(arguments []string) error {
	context, err := readContext(arguments)
	if err != nil {
		return err
	}
	settings, err := chosenSettings(context)
	if err != nil {
		return err
	}
	output := os.Getenv("CDK_OUTDIR")
	if output == "" {
		output = "cdk.out"
	}
	return assembly.Synthesize(assembly.Options{
		Settings: settings,
		Folders:  environment.DefaultFolders(),
		Output:   output,
		Context:  context,
		Warn:     func(line string) { log.Print("warning: ", line) },
		Judged:   func(r policyreport.Report) { log.Print(r) },
	})
}

// chosenSettings are those of the environment that the context or the process names, with the changes that it asks for.
func chosenSettings(context map[string]any) (environment.Settings, error) {
	host := environment.Platform{OS: runtime.GOOS, Architecture: runtime.GOARCH}
	settings, err := environment.Load(given(context, "env", "ENV"), host)
	if err != nil {
		return environment.Settings{}, err
	}
	return settings.With(environment.Assignments(given(context, "settings", "SETTINGS"))...)
}

// given is the text of a context key, or of the variable that stands in for it.
func given(context map[string]any, key, variable string) string {
	if value, _ := context[key].(string); value != "" {
		return value
	}
	return os.Getenv(variable)
}
