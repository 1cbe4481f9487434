package phases

import (
	"testing"

	test_structure "github.com/gruntwork-io/terratest/modules/test-structure"
)

// check is one question about a phase. Its name says what must be true.
type check struct {
	name string
	ask  func(t *testing.T, d *deployment)
	// unseen is why only AWS can answer it; "" when the emulated account can too.
	unseen string
}

// testPhase deploys a phase on top of those before it and asks the questions about it.
func testPhase(t *testing.T, phase int) {
	t.Helper()
	test_structure.RunTestStage(t, "deploy", func() { shared.reach(t, phase) })
	test_structure.RunTestStage(t, "validate", func() { shared.validate(t, phase) })
}

// validate asks the questions about a phase, several at a time. The test goes on when all are answered.
func (d *deployment) validate(t *testing.T, phase int) {
	t.Helper()
	t.Run(phaseNames[phase], func(t *testing.T) {
		for _, c := range phaseChecks[phase] {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				if c.unseen != "" && d.local() {
					t.Skip("only AWS shows it: " + c.unseen)
				}
				c.ask(t, d)
			})
		}
	})
}
