package dataplane_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/deploy/dataplane"
)

// project changes to a folder whose local cloud is the given shell script, and gives a plane with a state folder.
func project(t *testing.T, script string) dataplane.Plane {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, dataplane.Program), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	return dataplane.Plane{State: filepath.Join(dir, "a state"), Port: 22080}
}

func TestWhatIsDeployedRunsOnTheAccountsDatabase(t *testing.T) {
	p := project(t, `if [ "$1" = url ]; then echo http://localhost:22080; else echo "$@" > said; fi`)
	url, err := p.Up(t.Context(), "an assembly", "127.0.0.1:5444")
	if err != nil || url != "http://localhost:22080" {
		t.Fatalf("Up = %q, %v", url, err)
	}
	said, err := os.ReadFile("said")
	if want := "up --state " + p.State + " --assembly an assembly --database 127.0.0.1:5444 --port 22080"; err != nil || strings.TrimSpace(string(said)) != want {
		t.Errorf("ran %q, want %q (%v)", said, want, err)
	}
	if port, err := os.ReadFile(filepath.Join(p.State, "postgres", "port")); err != nil || string(port) != "5444" {
		t.Errorf("the port on record is %q, %v", port, err)
	}
}

func TestWithoutAWantedPortTheRunningPlaneKeepsItsOwn(t *testing.T) {
	for name, example := range map[string]struct{ script, want string }{
		"one runs":  {`if [ "$1" = url ]; then echo http://localhost:22090; else echo "$@" > said; fi`, "--port 22090"},
		"none runs": {`if [ "$1" = url ] && [ ! -e said ]; then exit 1; fi; if [ "$1" = url ]; then echo http://localhost:8080; else echo "$@" > said; fi`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := project(t, example.script)
			p.Port = 0
			if _, err := p.Up(t.Context(), "asm", "127.0.0.1:5444"); err != nil {
				t.Fatal(err)
			}
			said, err := os.ReadFile("said")
			if want := strings.TrimSpace("up --state " + p.State + " --assembly asm --database 127.0.0.1:5444 " + example.want); err != nil || strings.TrimSpace(string(said)) != want {
				t.Errorf("ran %q, want %q (%v)", said, want, err)
			}
		})
	}
}

func TestWhyNothingRunsIsTheLastLineThatTheLocalCloudSaid(t *testing.T) {
	p := project(t, `echo starting; echo "local: the type X is unknown" >&2; exit 1`)
	if _, err := p.Up(t.Context(), "asm", "127.0.0.1:1"); err == nil || !strings.HasSuffix(err.Error(), ": the type X is unknown") {
		t.Errorf("Up = %v", err)
	}
}

func TestAPlaneThatNeverRanIsNotStopped(t *testing.T) {
	p := project(t, `exit 1`)
	if err := p.Down(t.Context()); err != nil {
		t.Error(err)
	}
}
