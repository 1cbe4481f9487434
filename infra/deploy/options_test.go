package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestArgumentsThatCannotBeMeantAreRefusedInOneLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no command":                         {nil, "name a command"},
		"an unknown command":                 {[]string{"undeploy"}, `no command "undeploy"`},
		"no environment":                     {[]string{"deploy"}, "make deploy ENV=local"},
		"an unknown environment":             {[]string{"deploy", "--env", "production"}, "local, dev, staging, prod"},
		"an unknown phase":                   {[]string{"deploy", "--env", "dev", "--phase", "7"}, "0 to 4"},
		"a stray argument":                   {[]string{"deploy", "--env", "dev", "now"}, `no argument "now"`},
		"local without state":                {[]string{"status", "--env", "local"}, "--state"},
		"no assembly":                        {[]string{"deploy", "--env", "dev"}, "--assembly"},
		"a rollback of everything":           {[]string{"rollback", "--env", "dev"}, "make rollback ENV=dev PHASE="},
		"a rollback of the account":          {[]string{"rollback", "--env", "dev", "--phase", "account"}, "Miyabi-Account"},
		"destroying the account":             {[]string{"destroy", "--env", "dev", "--phase", "account"}, "by hand"},
		"destroying prod unconfirmed":        {[]string{"destroy", "--env", "prod", "--phase", "3"}, "CONFIRM=prod"},
		"confirming another environment":     {[]string{"destroy", "--env", "dev", "--confirm", "prod"}, "CONFIRM=prod does not confirm"},
		"a parameter without a value":        {[]string{"deploy", "--env", "dev", "--parameter", "AlarmEmail"}, "NAME=VALUE"},
		"an unknown flag":                    {[]string{"deploy", "--env", "dev", "--force"}, "`bin/deploy help`"},
		"a port that is none":                {[]string{"deploy", "--env", "dev", "--port", "99999"}, "from 1 to 65535"},
		"serve without what deploy gives it": {[]string{"serve"}, "started by deploy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := run(t.Context(), c.args, &bytes.Buffer{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("run(%q) = %v, want %q in it", c.args, err, c.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error is no line: %v", err)
			}
		})
	}
}

func TestProdIsDestroyedOnlyWhenItsNameConfirmsIt(t *testing.T) {
	t.Parallel()
	o, err := readOptions("destroy", []string{"--env", "prod", "--phase", "4", "--confirm", "prod"})
	if err != nil || o.confirm != "prod" {
		t.Errorf("readOptions = %+v, %v", o, err)
	}
}

func TestWithoutAPhaseAllAreMeant(t *testing.T) {
	t.Parallel()
	o, err := readOptions("deploy", []string{"--env", "dev", "--assembly", "x", "--parameter", "AlarmEmail=a=b@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	if len(o.phases) != 5 || o.onePhase || o.parameters["AlarmEmail"] != "a=b@example.org" {
		t.Errorf("options %+v", o)
	}
}

func TestSettingsOfTheSynthesisHoldForTheDeploymentToo(t *testing.T) {
	t.Setenv("SETTINGS", "region=ap-northeast-1")
	o, err := readOptions("status", []string{"--env", "dev"})
	if err != nil || o.settings.Region != "ap-northeast-1" {
		t.Errorf("region %s, %v", o.settings.Region, err)
	}
}

func TestHelpListsEveryCommand(t *testing.T) {
	t.Parallel()
	var out, ofDeploy bytes.Buffer
	if err := run(t.Context(), []string{"help"}, &out); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), []string{"deploy", "--help"}, &ofDeploy); err != nil || ofDeploy.String() != out.String() {
		t.Errorf("deploy --help prints %q, %v", ofDeploy.String(), err)
	}
	for name := range commands {
		if !slices.ContainsFunc(strings.Split(out.String(), "\n"), func(l string) bool { return strings.HasPrefix(l, "  "+name+" ") }) {
			t.Errorf("the help does not explain %s", name)
		}
	}
}
