package account

import (
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/deploy/target"
	"github.com/miyabi-society/platform/infra/environment"
)

var tokyo = target.Target{Account: "210987654321", Settings: environment.Settings{Name: "dev", Region: "ap-northeast-1"}}

func TestAnAccountWithoutAGoodBootstrapIsToldTheCommand(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		version, least int
		want           string
	}{
		"none":    {0, 8, "not bootstrapped for the CDK"},
		"too old": {6, 8, "bootstrapped with version 6, and version 8 is needed"},
		// An assembly that asks for no version still needs the bucket and the roles.
		"none, and none is asked for": {0, 0, "not bootstrapped for the CDK"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := Bootstrapped(tokyo, c.version, c.least)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "cdk bootstrap aws://210987654321/ap-northeast-1") {
				t.Errorf("Bootstrapped = %v", err)
			}
		})
	}
	if err := Bootstrapped(tokyo, 8, 8); err != nil {
		t.Error(err)
	}
}

func TestAFreshAccountsConcurrencyIsTooSmall(t *testing.T) {
	t.Parallel()
	if got := Enough(tokyo, 10); !strings.Contains(got, "at most 10 functions") || !strings.Contains(got, "--region ap-northeast-1") {
		t.Errorf("10 at once: %q", got)
	}
	if got := Enough(tokyo, leastConcurrency); got != "" {
		t.Errorf("as many as needed: %q", got)
	}
}
