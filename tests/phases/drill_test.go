package phases

import (
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	terratest "github.com/gruntwork-io/terratest/modules/aws"
	test_structure "github.com/gruntwork-io/terratest/modules/test-structure"
	"github.com/stretchr/testify/require"
)

// drill breaks the deployment of this run on purpose, and then wants what a person has made, and the answers of the
// system, to be as before.
func drill(t *testing.T, practise func(t *testing.T, d *deployment)) {
	t.Helper()
	switch {
	case !shared.local():
		t.Skip("a drill breaks a deployment on purpose, which is done to the emulated account only; docs/runbooks says what AWS would show")
	case !shared.made:
		t.Skip("a drill breaks a deployment on purpose, which is done to one of its own only")
	}
	test_structure.RunTestStage(t, "deploy", func() { shared.reach(t, last) })
	test_structure.RunTestStage(t, "validate", func() {
		w := shared.newWitness(t)
		practise(t, shared)
		w.requireIntact(t, shared)
	})
}

// witness is what a person has made before something goes wrong.
type witness struct {
	path string
	task map[string]any
}

func (d *deployment) newWitness(t *testing.T) witness {
	t.Helper()
	c := d.person(t, hanako)
	organization := c.create(t, "/api/v1/organizations", `{"name":"Drill"}`)
	path := "/api/v1/organizations/" + organization["id"].(string) + "/tasks"
	task := c.create(t, path, `{"name":"stay"}`)
	return witness{path + "/" + task["id"].(string), task}
}

// requireIntact signs in once more and looks for what was made.
func (w witness) requireIntact(t *testing.T, d *deployment) {
	t.Helper()
	require.Equal(t, w.task, d.person(t, hanako).get(t, w.path))
	health(t, d)
	frontPage(t, d)
}

// status is CloudFormation's word on a stack; "" for one that does not exist.
func (d *deployment) status(t *testing.T, stack string) string {
	t.Helper()
	out, err := cloudformation.NewFromConfig(cloud(t)).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String(d.stack(stack))})
	if err != nil {
		require.ErrorContains(t, err, "does not exist")
		return ""
	}
	require.Len(t, out.Stacks, 1)
	return string(out.Stacks[0].StackStatus)
}

// release is the id of the release of a phase that counts as deployed.
func (d *deployment) release(t *testing.T, phase int) string {
	t.Helper()
	return d.parameter(t, phaseNames[phase], "release")
}

// requireFailure deploys an assembly and wants that to fail, with a message that names the resource; the stack is rolled
// back, and the release before stays the current one.
func (d *deployment) requireFailure(t *testing.T, phase int, stack, assembly string, named ...string) {
	t.Helper()
	before := d.release(t, phase)
	out, err := d.deploy(t, phase, assembly)
	require.Error(t, err, "the deployment succeeded")
	_, summary, found := strings.Cut(out, phaseNames[phase]+") of "+d.environment+" has failed")
	require.True(t, found, out)
	for _, text := range append(named, "is as it was before (UPDATE_ROLLBACK_COMPLETE)", before+" stays the current one") {
		require.Contains(t, summary, text)
	}
	require.Equal(t, "UPDATE_ROLLBACK_COMPLETE", d.status(t, stack))
	require.Equal(t, before, d.release(t, phase))
}

// code is the hash of a function's code.
func (d *deployment) code(t *testing.T, function string) string {
	t.Helper()
	return aws.ToString(d.configuration(t, function).CodeSha256)
}

// server is the database instance as nothing but a new one would be otherwise.
func (d *deployment) server(t *testing.T) [4]string {
	t.Helper()
	i := d.instance(t)
	return [4]string{aws.ToString(i.DbiResourceId), aws.ToTime(i.InstanceCreateTime).String(), aws.ToString(i.Endpoint.Address), strconv.Itoa(int(aws.ToInt32(i.Endpoint.Port)))}
}

// stored is an object of the site's bucket.
func (d *deployment) stored(t *testing.T, key string) string {
	t.Helper()
	_, bucket := d.bucket(t)
	return terratest.GetS3ObjectContentsContext(t, t.Context(), region, bucket, key)
}
