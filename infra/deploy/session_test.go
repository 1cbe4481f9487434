package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/deploy/bundle"
	"github.com/miyabi-society/platform/infra/deploy/phase"
	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/policy/policyreport"
)

var dev = environment.Settings{Name: "dev", Region: "us-east-1"}

// wholeAssembly is an assembly with every stack of dev, each with the given template.
func wholeAssembly(t *testing.T, template string) bundle.Assembly {
	t.Helper()
	dir := t.TempDir()
	artifacts := map[string]any{}
	stacks := phase.Account.Stacks(dev)
	for _, p := range phase.All() {
		stacks = append(stacks, p.Stacks(dev)...)
	}
	for _, name := range stacks {
		artifacts[name] = map[string]any{"type": "aws:cloudformation:stack", "properties": map[string]any{"templateFile": name + ".json"}}
		if err := os.WriteFile(filepath.Join(dir, name+".json"), []byte(template), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := json.Marshal(map[string]any{"version": "54.0.0", "artifacts": artifacts})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "manifest.json"), b, 0o644); err != nil {
		t.Fatal(err)
	}
	a, err := bundle.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAParameterGoesToTheStacksThatDeclareIt(t *testing.T) {
	t.Parallel()
	a := wholeAssembly(t, `{"Parameters":{"AlarmEmail":{"Type":"String"}}}`)
	s := &session{options: options{settings: dev, parameters: map[string]string{"AlarmEmail": "ops@example.org"}}}
	given, err := s.parametersOf(a, phase.All()[1:2], true)
	if err != nil || len(given) != 2 || given["Miyabi-dev-Schema:AlarmEmail"] != "ops@example.org" {
		t.Errorf("parametersOf = %v, %v", given, err)
	}
	s.parameters["AlarmMail"] = "x"
	if _, err := s.parametersOf(a, phase.All(), true); err == nil || !strings.Contains(err.Error(), "AlarmMail; there are AlarmEmail") {
		t.Errorf("an unknown parameter: %v", err)
	}
}

func TestAnAssemblyOfAnotherEnvironmentIsNotDeployed(t *testing.T) {
	t.Parallel()
	a := wholeAssembly(t, `{}`)
	s := &session{options: options{settings: environment.Settings{Name: "prod"}, assembly: a.Dir}}
	if _, err := s.open(); err == nil || !strings.Contains(err.Error(), "prod") {
		t.Errorf("open = %v", err)
	}
	s.settings = dev
	if _, err := s.open(); err != nil {
		t.Error(err)
	}
}

// What a deployment of one phase costs is the new phase beside the others as they are deployed.
func TestThePriceIsThatOfTheChosenPhaseBesideTheOthersAsTheyAre(t *testing.T) {
	t.Chdir(t.TempDir())
	now, deployed := wholeAssembly(t, `{"now":1}`), wholeAssembly(t, `{"deployed":1}`)
	s := &session{options: options{settings: dev, phases: phase.All()[2:3]}}
	a, err := s.composeAfter([]string{"Miyabi-dev-Api", "Miyabi-dev-Foundation"}, []bundle.Assembly{now, deployed})
	if err != nil {
		t.Fatal(err)
	}
	for stack, want := range map[string]string{"Miyabi-dev-Api": `{"now":1}`, "Miyabi-dev-Foundation": `{"deployed":1}`} {
		if b, err := a.Template(stack); err != nil || string(b) != want {
			t.Errorf("%s is %s, %v", stack, b, err)
		}
	}
}

func TestTheRulesAnswerForTheChosenStacksOnly(t *testing.T) {
	t.Parallel()
	a := wholeAssembly(t, `{}`)
	report := policyreport.Report{Rules: 36, NagPassed: 55, Uses: []policyreport.Use{
		{Stack: "Miyabi-dev-Api", Resource: "Function"}, {Stack: "Miyabi-dev-Api", Resource: "Role"}, {Stack: "Miyabi-dev-Database", Resource: "Proxy"},
	}}
	if err := report.Write(a.Dir); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	s := &session{options: options{settings: dev, phases: phase.All()[2:3]}, out: &out}
	if err := s.showPolicy(a); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "55 checks of cdk-nag and 36 rules") || !strings.Contains(out.String(), "docs/policy.md: 2.") {
		t.Errorf("printed %q", out.String())
	}
}

func TestLookingAtAnAccountThatDoesNotRunMakesNothing(t *testing.T) {
	local, err := environment.Load("local", environment.Platform{OS: "linux", Architecture: "arm64"})
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("cdk.json", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(t.TempDir(), "state")
	var out bytes.Buffer
	s, err := newSession(options{command: "status", settings: local, state: state, phases: phase.All()}, &out)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.locked(t.Context(), (*session).status); err != nil || !strings.Contains(out.String(), "make deploy ENV=local") {
		t.Errorf("status = %v, printed %q", err, out.String())
	}
	s.command = "rollback"
	if err := s.locked(t.Context(), (*session).rollback); !errors.Is(err, errNothing) {
		t.Errorf("rollback = %v", err)
	}
	if _, err := os.Stat(state); !os.IsNotExist(err) {
		t.Errorf("the state folder was made: %v", err)
	}
}

func TestOutsideTheProjectTheRootIsAskedFor(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, err := newSession(options{settings: dev}, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "project's root") {
		t.Errorf("newSession = %v", err)
	}
}

func TestTheVariablesOfARealAccountAreNotPrinted(t *testing.T) {
	t.Parallel()
	s := &session{options: options{settings: dev}}
	if slices.ContainsFunc(s.printed(), func(prefix string) bool { return strings.HasPrefix("AWS_SECRET_ACCESS_KEY=x", prefix) }) {
		t.Errorf("%v would print a secret key", s.printed())
	}
}
