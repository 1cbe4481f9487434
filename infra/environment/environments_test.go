package environment_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/environment"
)

var host = environment.Platform{OS: "darwin", Architecture: "amd64"}

func load(t *testing.T, name string) environment.Settings {
	t.Helper()
	settings, err := environment.Load(name, host)
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

// What a developer's machine proves, it proves for the AWS environments only as far as this list is short.
func TestLocalDiffersFromDevInAShortList(t *testing.T) {
	t.Parallel()
	want := []string{
		"API.GitHubAPIURL: http://localhost:8080/_local/github/api/v3 instead of https://api.github.com",
		"API.GitHubURL: http://localhost:8080/_local/github instead of https://github.com",
		"Database.TLS: false instead of true",
		"Functions.Platform.Architecture: amd64 instead of arm64",
		"Functions.Platform.OS: darwin instead of linux",
		"Name: local instead of dev",
	}
	got := differences("", reflect.ValueOf(load(t, environment.Local)), reflect.ValueOf(load(t, environment.Dev)))
	slices.Sort(got)
	t.Log("local differs from dev in:\n" + strings.Join(got, "\n"))
	if !slices.Equal(got, want) {
		t.Errorf("local differs from dev in\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// differences lists the fields in which two values differ, with their paths.
func differences(path string, a, b reflect.Value) []string {
	if a.Kind() != reflect.Struct {
		if reflect.DeepEqual(a.Interface(), b.Interface()) {
			return nil
		}
		return []string{fmt.Sprintf("%s: %v instead of %v", strings.TrimPrefix(path, "."), a, b)}
	}
	var found []string
	for i := range a.NumField() {
		found = append(found, differences(path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))...)
	}
	return found
}

func TestEveryEnvironmentIsValidAndNamedAfterItself(t *testing.T) {
	t.Parallel()
	for _, name := range environment.Names() {
		if settings := load(t, name); settings.Name != name {
			t.Errorf("environment %s calls itself %q", name, settings.Name)
		}
	}
}

func TestDeployedEnvironmentsRunOnLinuxARMWithTLSAndDistinctNetworks(t *testing.T) {
	t.Parallel()
	networks := map[string]string{}
	for _, name := range environment.Deployed() {
		settings := load(t, name)
		if settings.Functions.Platform.String() != "linux-arm64" || !settings.Database.TLS {
			t.Errorf("%s: platform %s, TLS %v", name, settings.Functions.Platform, settings.Database.TLS)
		}
		if other := networks[settings.Network.CIDR]; other != "" {
			t.Errorf("%s and %s share the network %s", name, other, settings.Network.CIDR)
		}
		networks[settings.Network.CIDR] = name
	}
}

func TestProdKeepsItsData(t *testing.T) {
	t.Parallel()
	prod := load(t, environment.Prod)
	if !prod.KeepData || !prod.Database.DeletionProtection || prod.Database.BackupDays < 7 {
		t.Errorf("prod does not protect its data: %+v", prod)
	}
}

func TestLoadNamesTheChoicesForAnUnknownOrMissingEnvironment(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "production"} {
		_, err := environment.Load(name, host)
		if err == nil || !strings.Contains(err.Error(), "local, dev, staging, prod or test-<suffix>") {
			t.Errorf("Load(%q) = %v", name, err)
		}
	}
}

func TestATestsEnvironmentIsDevUnderItsOwnName(t *testing.T) {
	t.Parallel()
	got := differences("", reflect.ValueOf(load(t, "test-ci42")), reflect.ValueOf(load(t, environment.Dev)))
	if !slices.Equal(got, []string{"Name: test-ci42 instead of dev"}) {
		t.Errorf("it differs in %v", got)
	}
	for _, name := range []string{"test-", "test-Ci", "test-a_b", "test-12345678901", "test"} {
		if _, err := environment.Load(name, host); err == nil || !strings.Contains(err.Error(), "1 to 10 of a-z and 0-9") {
			t.Errorf("Load(%q) = %v", name, err)
		}
	}
}

func TestNewVersionsAreTriedOnAFewRequestsWherePeopleWork(t *testing.T) {
	t.Parallel()
	for name, gradual := range map[string]bool{environment.Local: false, environment.Dev: false, environment.Staging: true, environment.Prod: true} {
		if got := load(t, name).Deployment; got.Gradual() != gradual {
			t.Errorf("%s deploys %s", name, got.Config)
		}
	}
}

func TestLocalRefusesAProcessorThatLambdaDoesNotHave(t *testing.T) {
	t.Parallel()
	_, err := environment.Load(environment.Local, environment.Platform{OS: "linux", Architecture: "riscv64"})
	if err == nil || !strings.Contains(err.Error(), "arm64 and amd64") {
		t.Errorf("Load = %v", err)
	}
}

func TestNamesAndPathsCarryTheEnvironment(t *testing.T) {
	t.Parallel()
	prod := load(t, environment.Prod)
	for got, want := range map[string]string{
		prod.StackName("Api"):                      "Miyabi-prod-Api",
		prod.ParameterPath("foundation", "vpc-id"): "/miyabi/prod/foundation/vpc-id",
		prod.IdentitySecretName():                  "/miyabi/prod/identity",
		prod.CostCenter():                          "miyabi-prod",
		prod.S3PrefixList():                        "pl-63a5400a",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
