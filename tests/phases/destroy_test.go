package phases

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	test_structure "github.com/gruntwork-io/terratest/modules/test-structure"
	"github.com/stretchr/testify/require"
)

// phaseStacks are the stacks of each phase.
var phaseStacks = [last + 1][]string{{"Foundation"}, {"Database", "Schema"}, {"Api"}, {"Dashboard"}, {"Operations"}}

// testSameAgain deploys everything a second time.
func testSameAgain(t *testing.T) {
	t.Helper()
	if !shared.made {
		t.Skip("only a deployment of its own is deployed by a test")
	}
	test_structure.RunTestStage(t, "deploy", func() { shared.reach(t, last) })
	test_structure.RunTestStage(t, "validate", func() {
		var before, after [last + 1]string
		for phase := range phaseNames {
			before[phase] = shared.release(t, phase)
		}
		began := time.Now()
		out, err := shared.make(t, "deploy")
		require.NoError(t, err)
		t.Logf("all phases were deployed again in %.1f s", time.Since(began).Seconds())
		stacks := 0
		for phase := range phaseNames {
			after[phase] = shared.release(t, phase)
			stacks += len(phaseStacks[phase])
		}
		require.Equal(t, stacks, strings.Count(out, "(no changes)"))
		require.Equal(t, before, after)
	})
}

// testDestroy destroys the phases, the last first, and asks after each whether those before it are whole.
func testDestroy(t *testing.T) {
	t.Helper()
	if !shared.made {
		t.Skip("only a deployment of its own is destroyed by a test")
	}
	test_structure.RunTestStage(t, "deploy", func() { shared.reach(t, last) })
	test_structure.RunTestStage(t, "teardown", func() {
		d := shared
		out, err := d.make(t, "destroy", "PHASE=0")
		require.Error(t, err, "phase 0 was destroyed under those that stand on it")
		require.Contains(t, out, "PHASE=4", "the message names what to destroy first")
		vpc := d.parameter(t, "foundation", "vpc-id")
		for phase := last; phase >= 0; phase-- {
			d.destroyPhase(t, phase)
			for earlier := range phase {
				d.validate(t, earlier)
			}
		}
		d.requireNothingLeft(t, vpc)
	})
}

func (d *deployment) destroyPhase(t *testing.T, phase int) {
	t.Helper()
	began := time.Now()
	_, err := d.make(t, "destroy", "PHASE="+strconv.Itoa(phase))
	require.NoError(t, err)
	t.Logf("phase %d was destroyed in %.1f s", phase, time.Since(began).Seconds())
	d.reached = phase - 1
	for _, stack := range phaseStacks[phase] {
		require.Contains(t, []string{"", "DELETE_COMPLETE"}, d.status(t, stack), stack)
	}
	out, err := ssm.NewFromConfig(cloud(t)).GetParametersByPath(t.Context(), &ssm.GetParametersByPathInput{
		Path: aws.String("/miyabi/" + d.environment + "/" + phaseNames[phase]), Recursive: aws.Bool(true),
	})
	require.NoError(t, err)
	require.Empty(t, out.Parameters, "phase %d still publishes", phase)
}
