package cdk_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/deploy/cdk"
)

// project changes to a folder whose CDK CLI is the given shell script.
func project(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, cdk.Program)
	if err := os.MkdirAll(filepath.Dir(program), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
}

func TestDeployAsksNothingAndTouchesOnlyTheNamedStacks(t *testing.T) {
	project(t, `echo "$@"; echo "at $AWS_ENDPOINT_URL"`)
	var out bytes.Buffer
	cli := cdk.CLI{Environ: []string{"PATH=/bin:/usr/bin", "AWS_ENDPOINT_URL=http://localhost:1"}, Out: &out}
	err := cli.Deploy(t.Context(), "an assembly", []string{"A", "B"}, map[string]string{"B:GitHubUrl": "u", "A:X": "y"})
	if err != nil {
		t.Fatal(err)
	}
	want := "deploy --app an assembly --exclusively --require-approval never --progress events A B --parameters A:X=y --parameters B:GitHubUrl=u --no-notices --ci\nat http://localhost:1\n"
	if out.String() != want {
		t.Errorf("ran %q, want %q", out.String(), want)
	}
}

func TestAFailedCommandIsNamed(t *testing.T) {
	project(t, "exit 3")
	err := cdk.CLI{Out: &bytes.Buffer{}}.Destroy(t.Context(), ".", []string{"A"})
	if err == nil || !strings.HasPrefix(err.Error(), "cdk destroy: ") {
		t.Errorf("Destroy = %v", err)
	}
}

func TestAnInterruptedCommandIsToldSo(t *testing.T) {
	project(t, `trap 'exit 130' INT; echo started; while :; do sleep 0.05; done`)
	ctx, cancel := context.WithCancel(t.Context())
	started := writer(func() { cancel() })
	if err := (cdk.CLI{Environ: os.Environ(), Out: started}).Diff(ctx, ".", []string{"A"}); !errors.Is(err, cdk.ErrInterrupted) {
		t.Errorf("Diff = %v", err)
	}
}

// writer calls a function at each write.
type writer func()

func (w writer) Write(p []byte) (int, error) {
	w()
	return len(p), nil
}

func TestAMissingCLINamesTheCommandThatInstallsIt(t *testing.T) {
	t.Chdir(t.TempDir())
	err := cdk.CLI{Out: &bytes.Buffer{}}.Bootstrap(t.Context(), ".", "123456789012", "us-east-1")
	if err == nil || !strings.Contains(err.Error(), "npm ci") {
		t.Errorf("Bootstrap = %v", err)
	}
}
