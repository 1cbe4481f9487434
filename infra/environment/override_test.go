package environment_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/environment"
)

func TestWithChangesWhatIsAskedForAndNothingElse(t *testing.T) {
	t.Parallel()
	for assignments, want := range map[string][]string{
		"":                                                nil,
		"egress=nat-gateway":                              {"Network.Egress: nat-gateway instead of ipv6"},
		"proxy=false":                                     {"Database.Proxy: false instead of true", "Functions.ReservedConcurrency: 20 instead of 0"},
		"reservedConcurrency=7,proxy=off":                 {"Database.Proxy: false instead of true", "Functions.ReservedConcurrency: 7 instead of 0"},
		"multiAZ=true":                                    {"Database.MultiAZ: true instead of false"},
		"provisionedConcurrency=2":                        {"Functions.ProvisionedConcurrency: 2 instead of 0"},
		"region=ap-northeast-1":                           {"Region: ap-northeast-1 instead of us-east-1"},
		"instanceClass=t4g.micro,storageGiB=30":           {"Database.InstanceClass: t4g.micro instead of t4g.small", "Database.StorageGiB: 30 instead of 20"},
		"backupDays=2,poolSize=1,memoryMiB=512":           {"Database.BackupDays: 2 instead of 1", "Database.PoolSize: 1 instead of 2", "Functions.MemoryMiB: 512 instead of 256"},
		"deployment=Canary10Percent5Minutes":              {"Deployment.Config: Canary10Percent5Minutes instead of AllAtOnce"},
		"logRetentionDays=30":                             {"Logs.RetentionDays: 30 instead of 7"},
		"domain=a.example.com,certificate=" + certificate: {"Site.Domain.CertificateARN: " + certificate + " instead of ", "Site.Domain.Name: a.example.com instead of "},
	} {
		dev := load(t, environment.Dev)
		changed, err := dev.With(environment.Assignments(assignments)...)
		if err != nil {
			t.Errorf("%s: %v", assignments, err)
			continue
		}
		got := differences("", reflect.ValueOf(changed), reflect.ValueOf(dev))
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s changes %q, want %q", assignments, got, want)
		}
	}
}

func TestWithSaysWhatIsWrongAndWhatIsAllowed(t *testing.T) {
	t.Parallel()
	for assignments, want := range map[string]string{
		"speed=fast":                  "setting \"speed\" is unknown: use backupDays, certificate, ",
		"proxy":                       "setting proxy has no value: write proxy=value",
		"proxy=maybe":                 "setting proxy=maybe: \"maybe\" is neither true nor false",
		"provisionedConcurrency=many": "\"many\" is not a whole number",
		"egress=vpn":                  "Network.Egress is \"vpn\": use ipv6, nat-instance, nat-gateway",
		"region=mars-1":               "use ap-northeast-1 or us-east-1",
		"domain=a.example.com":        "give both or neither",
		"multiAZ=true,":               "setting \"\" is unknown",
		"proxy=false,poolSize=20":     "would open 400 connections",
		"deployment=Canary50Percent":  "use AllAtOnce, Canary10Percent5Minutes",
	} {
		_, err := load(t, environment.Prod).With(environment.Assignments(assignments)...)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", assignments, err, want)
		}
	}
}

func TestEveryRegionIsComplete(t *testing.T) {
	t.Parallel()
	for _, name := range environment.Regions() {
		if settings, err := load(t, environment.Prod).With("region=" + name); err != nil || !strings.HasPrefix(settings.S3PrefixList(), "pl-") {
			t.Errorf("%s: %q, %v", name, settings.S3PrefixList(), err)
		}
	}
}
