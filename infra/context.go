package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"

	"github.com/miyabi-society/platform/infra/environment"
)

// The variables in which the CDK CLI hands its context to the app: as JSON, or as a file when it is long.
const (
	contextVariable     = "CDK_CONTEXT_JSON"
	contextFileVariable = "CONTEXT_OVERFLOW_LOCATION"
)

// readContext is the context from the CDK CLI or, when the app runs without it, that of cdk.json; on top come the
// arguments -c key=value.
func readContext(arguments []string) (map[string]any, error) {
	base, err := inheritedContext()
	if err != nil {
		return nil, err
	}
	given := keyValues{}
	flags := flag.NewFlagSet("infra", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Var(given, "c", "context `key=value`")
	flags.Var(given, "context", "context `key=value`")
	if err := flags.Parse(arguments); err != nil {
		return nil, fmt.Errorf("%w: the only arguments are -c key=value", err)
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q: the only arguments are -c key=value", flags.Arg(0))
	}
	maps.Copy(base, given)
	return base, nil
}

func inheritedContext() (map[string]any, error) {
	text, file := os.Getenv(contextVariable), os.Getenv(contextFileVariable)
	if text == "" && file == "" {
		return fileContext()
	}
	context := map[string]any{}
	if text != "" {
		if err := json.Unmarshal([]byte(text), &context); err != nil {
			return nil, fmt.Errorf("read %s: %w", contextVariable, err)
		}
	}
	if file != "" {
		if err := readJSON(file, &context); err != nil {
			return nil, err
		}
	}
	return context, nil
}

// fileContext is the context of cdk.json in the working directory.
func fileContext() (map[string]any, error) {
	context, err := environment.CDKContext("cdk.json")
	if errors.Is(err, os.ErrNotExist) {
		return nil, errors.New("cdk.json is missing: run infra from the project's root")
	}
	return context, err
}

func readJSON(file string, into any) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read context: %w", err)
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("read context of %s: %w", file, err)
	}
	return nil
}

// keyValues collects repeated key=value arguments.
type keyValues map[string]any

func (k keyValues) String() string { return "" }

func (k keyValues) Set(text string) error {
	key, value, found := strings.Cut(text, "=")
	if !found || key == "" {
		return fmt.Errorf("%q is not key=value", text)
	}
	k[key] = value
	return nil
}
