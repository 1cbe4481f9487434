package assembly

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

func TestAMistakeIsOneLineWithoutStack(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"ValidationError: there is already a Construct\n    at Node.addChild (file.js:1:2)": "CDK refuses the stacks: there is already a Construct",
		"@jsii/kernel.RuntimeError: Error: no such subnet\nError: no such subnet\n at x":    "CDK refuses the stacks: no such subnet",
		"Validation failed with the following errors:\n  [Miyabi-dev-Api] bad name\n at x":  "CDK refuses the stacks: Validation failed with the following errors: [Miyabi-dev-Api] bad name",
		`exec: "node": executable file not found in $PATH`:                                  "node is not on the PATH: CDK needs Node.js 20 or later, see README.md",
	} {
		if got := mistake(errors.New(given)).Error(); got != want {
			t.Errorf("mistake(%q)\n got %q\nwant %q", given, got, want)
		}
	}
}

// CDK's runtime serves one caller at a time, so a test that uses it does not run beside others.
func TestAMistakeThatCDKFindsBecomesAnError(t *testing.T) {
	err := func() (err error) {
		defer catch(&err)
		app := newApp(t.TempDir(), nil)
		awscdk.NewStack(app, jsii.String("Twice"), nil)
		awscdk.NewStack(app, jsii.String("Twice"), nil)
		return nil
	}()
	if err == nil || !strings.Contains(err.Error(), "There is already a Construct with name 'Twice'") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}
