package phases

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheTargetIsThisMachineUnlessAnAccountIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		variables map[string]string
		want      target
		refused   string
	}{
		"nothing":                          {nil, target{local, true}, ""},
		"a deployment of this machine":     {map[string]string{"SKIP_deploy": "true", "AWS_ENDPOINT_URL": "http://127.0.0.1:4000"}, target{local, false}, ""},
		"a deployment by its folder":       {map[string]string{"SKIP_deploy": "true", "MIYABI_STATE": "/var/tmp/x"}, target{local, false}, ""},
		"a deployment that is nowhere":     {map[string]string{"SKIP_deploy": "true"}, target{}, "MIYABI_STATE"},
		"credentials alone":                {map[string]string{"AWS_PROFILE": "prod"}, target{local, true}, ""},
		"an environment of AWS":            {map[string]string{"MIYABI_ENV": "prod"}, target{}, "set TARGET=aws"},
		"an endpoint elsewhere":            {map[string]string{"SKIP_deploy": "true", "AWS_ENDPOINT_URL": "https://rds.amazonaws.com"}, target{}, "not on this machine"},
		"a deployment that is not skipped": {map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:4000"}, target{}, "SKIP_deploy=true"},
		"another target":                   {map[string]string{"TARGET": "azure"}, target{}, "use local or aws"},
		"dev as it is":                     {map[string]string{"TARGET": "aws", "MIYABI_ENV": "dev", "SKIP_deploy": "true"}, target{"dev", false}, ""},
		"a named environment of its own":   {map[string]string{"TARGET": "aws", "MIYABI_ENV": "test-ci42"}, target{"test-ci42", true}, ""},
		"deploying prod":                   {map[string]string{"TARGET": "aws", "MIYABI_ENV": "prod"}, target{}, "only environments called test-"},
		"AWS with an endpoint":             {map[string]string{"TARGET": "aws", "AWS_ENDPOINT_URL": "http://127.0.0.1:4000"}, target{}, "take one of them away"},
		"AWS without a name as it is":      {map[string]string{"TARGET": "aws", "SKIP_deploy": "true"}, target{}, "MIYABI_ENV"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := chooseTarget(func(key string) string { return c.variables[key] })
			if c.refused != "" {
				require.ErrorContains(t, err, c.refused)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestAnEnvironmentOfItsOwnHasANameOfItsOwn(t *testing.T) {
	t.Parallel()
	onAWS := func(name string) string { return map[string]string{"TARGET": "aws"}[name] }
	one, err := chooseTarget(onAWS)
	require.NoError(t, err)
	other, err := chooseTarget(onAWS)
	require.NoError(t, err)
	require.Regexp(t, ownName, one.environment)
	require.NotEqual(t, one.environment, other.environment)
	require.True(t, one.made)
}
