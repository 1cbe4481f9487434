package change_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/deploy/change"
)

// alias is a template with one alias on a version, with or without provisioned concurrency.
func alias(version string, provisioned int) []byte {
	extra := ""
	if provisioned > 0 {
		extra = fmt.Sprintf(`,"ProvisionedConcurrencyConfig":{"ProvisionedConcurrentExecutions":%d}`, provisioned)
	}
	return fmt.Appendf(nil, `{"Resources":{"Live":{"Type":"AWS::Lambda::Alias","Properties":{"FunctionVersion":{"Fn::GetAtt":["%s","Version"]}%s}}}}`, version, extra)
}

func TestADeploymentChangesAnAliassCodeOrItsProvisionedConcurrency(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, after []byte
		refused       bool
	}{
		"nothing":                  {alias("V1", 0), alias("V1", 0), false},
		"code":                     {alias("V1", 1), alias("V2", 1), false},
		"concurrency":              {alias("V1", 1), alias("V1", 2), false},
		"both":                     {alias("V1", 1), alias("V2", 2), true},
		"code and its first one":   {alias("V1", 0), alias("V2", 1), true},
		"code and none any longer": {alias("V1", 1), alias("V2", 0), true},
		"a new alias":              {[]byte(`{}`), alias("V1", 1), false},
		"an alias that has gone":   {alias("V1", 1), []byte(`{}`), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := change.Aliases("Miyabi-dev-Api", c.before, c.after)
			if (err != nil) != c.refused {
				t.Fatalf("Aliases = %v", err)
			}
			if err != nil && !strings.Contains(err.Error(), "Miyabi-dev-Api: Live ") {
				t.Errorf("the error does not name the alias: %v", err)
			}
		})
	}
}
