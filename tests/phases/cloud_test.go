package phases

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	terratest "github.com/gruntwork-io/terratest/modules/aws"
	"github.com/stretchr/testify/require"
)

// cloud configures a client of the target. Everything that decides where it leads is in the process's variables, where
// Terratest's own clients find it too; TERRATEST_IAM_ROLE names a role to read with, where the caller may deploy only.
func cloud(t *testing.T) aws.Config {
	t.Helper()
	c, err := terratest.NewAuthenticatedSessionContext(t.Context(), region)
	require.NoError(t, err)
	return *c
}

// parameter is what a phase has published for the others.
func (d *deployment) parameter(t *testing.T, phase, name string) string {
	t.Helper()
	value := terratest.GetParameterContext(t, t.Context(), region, "/miyabi/"+d.environment+"/"+phase+"/"+name)
	require.NotEmpty(t, value)
	return value
}

// account is the id of the account that the target is.
func account(t *testing.T) string {
	t.Helper()
	return terratest.GetAccountIDContext(t, t.Context())
}

// stack is the name of one of the environment's stacks.
func (d *deployment) stack(name string) string { return "Miyabi-" + d.environment + "-" + name }

// function is the name of one of the environment's functions.
func (d *deployment) function(name string) string { return "Miyabi-" + d.environment + "-" + name }
