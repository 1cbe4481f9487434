package target_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/deploy/target"
	"github.com/miyabi-society/platform/infra/environment"
)

var local = environment.Settings{Name: environment.Local, Region: "us-east-1"}

func values(environ []string, name string) []string {
	var found []string
	for _, v := range environ {
		if rest, ok := strings.CutPrefix(v, name+"="); ok {
			found = append(found, rest)
		}
	}
	return found
}

// A person's real credentials must not reach the emulated account, nor a deployment of local reach a real one.
func TestNothingOfARealAccountReachesTheEmulatedOne(t *testing.T) {
	t.Setenv("AWS_PROFILE", "production")
	t.Setenv("AWS_SESSION_TOKEN", "secret")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
	t.Setenv("AWS_ENDPOINT_URL_S3", "https://s3.example")
	where := target.Emulated(local, "http://localhost:22001", t.TempDir())
	for name, environ := range map[string][]string{"CDK": where.ForCDK(), "tests": where.ForTests()} {
		for _, gone := range []string{"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"} {
			if got := values(environ, gone); got != nil {
				t.Errorf("%s: %s is %v", name, gone, got)
			}
		}
		if got := values(environ, "AWS_ACCESS_KEY_ID"); !slices.Equal(got, []string{"test"}) {
			t.Errorf("%s: the access key is %v", name, got)
		}
		if got := values(environ, "AWS_SHARED_CREDENTIALS_FILE"); !slices.Equal(got, []string{"/dev/null"}) {
			t.Errorf("%s: the credentials file is %v", name, got)
		}
	}
}

// The CDK CLI builds a template's URL from the endpoint, and clients of S3 in Go need an address to name buckets in
// the path.
func TestTheCLIGetsTheEndpointByNameAndTestsByAddress(t *testing.T) {
	t.Parallel()
	where := target.Emulated(local, "http://localhost:22001", t.TempDir())
	if got := values(where.ForCDK(), "AWS_ENDPOINT_URL"); !slices.Equal(got, []string{"http://localhost:22001"}) {
		t.Errorf("CDK: %v", got)
	}
	if got := values(where.ForTests(), "AWS_ENDPOINT_URL"); !slices.Equal(got, []string{"http://127.0.0.1:22001"}) {
		t.Errorf("tests: %v", got)
	}
	if !where.IsLocal() || where.Bucket() != "cdk-hnb659fds-assets-123456789012-us-east-1" {
		t.Errorf("local %v, bucket %s", where.IsLocal(), where.Bucket())
	}
}

func TestOnAWSTheRegionIsTheSettings(t *testing.T) {
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_REGION", "")
	where, err := target.AWS(t.Context(), environment.Settings{Name: "dev", Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	environ := where.ForCDK()
	if got := values(environ, "AWS_REGION"); got[len(got)-1] != "us-east-1" {
		t.Errorf("AWS_REGION is %v", got)
	}
	if where.IsLocal() || where.CloudFormation().Options().Region != "us-east-1" {
		t.Errorf("local %v, region %s", where.IsLocal(), where.CloudFormation().Options().Region)
	}
}

func TestAProcessOfAnotherRegionIsRefused(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	_, err := target.AWS(t.Context(), environment.Settings{Name: "dev", Region: "us-east-1"})
	if err == nil || !strings.Contains(err.Error(), "export AWS_REGION=us-east-1") {
		t.Errorf("AWS = %v", err)
	}
}
