// Command infra is the CDK app: it synthesizes the stacks of one environment into a cloud assembly.
//
// The environment comes from the context key env (-c env=prod) or from the variable ENV, the output folder from
// CDK_OUTDIR (cdk.out without it). Run it from the project's root, by the CDK CLI or bare: both give the same templates.
package main

import (
	"log"
	"os"
	"runtime"

	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/assembly"
	"github.com/miyabi-society/platform/infra/environment"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("infra: ")
	log.SetOutput(quietRuntime())
	err := run(os.Args[1:])
	jsii.Close()
	if err != nil {
		log.Fatal(err)
	}
}

// run synthesizes what the arguments and the process environment ask for.
func run(arguments []string) error {
	context, err := readContext(arguments)
	if err != nil {
		return err
	}
	name, _ := context["env"].(string)
	if name == "" {
		name = os.Getenv("ENV")
	}
	host := environment.Platform{OS: runtime.GOOS, Architecture: runtime.GOARCH}
	settings, err := environment.Load(name, host)
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
	})
}
