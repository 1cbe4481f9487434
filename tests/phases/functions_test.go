package phases

import (
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	terratest "github.com/gruntwork-io/terratest/modules/aws"
	"github.com/stretchr/testify/require"
)

// functions are those of the API's phase, and whether each runs inside the network.
var functions = map[string]bool{"api": true, "sweep": true, "auth": false, "hook": false}

func (d *deployment) configuration(t *testing.T, function string) *lambda.GetFunctionConfigurationOutput {
	t.Helper()
	out, err := lambda.NewFromConfig(cloud(t)).GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(d.function(function))})
	require.NoError(t, err)
	return out
}

func functionSizes(t *testing.T, d *deployment) {
	for name := range functions {
		c := d.configuration(t, name)
		require.Equal(t, types.RuntimeProvidedal2023, c.Runtime, name)
		require.Equal(t, d.memoryMiB, aws.ToInt32(c.MemorySize), name)
		require.Positive(t, aws.ToInt32(c.Timeout), name)
	}
}

func functionArchitecture(t *testing.T, d *deployment) {
	want := types.ArchitectureArm64
	if d.local() && runtime.GOARCH == "amd64" {
		want = types.ArchitectureX8664
	}
	for name := range functions {
		require.Equal(t, []types.Architecture{want}, d.configuration(t, name).Architectures, name)
	}
}

func functionNetworks(t *testing.T, d *deployment) {
	for name, inside := range functions {
		c := d.configuration(t, name)
		if !inside {
			require.True(t, c.VpcConfig == nil || len(c.VpcConfig.SubnetIds) == 0, "%s runs inside the network, where it reaches neither GitHub nor CodeDeploy", name)
			continue
		}
		require.ElementsMatch(t, d.subnets(t, "function"), c.VpcConfig.SubnetIds, name)
		groups := d.peers(t, group(t, d.parameter(t, "database", "endpoint-security-group-id")).IpPermissions)
		require.Contains(t, groups, only(t, c.VpcConfig.SecurityGroupIds), "%s does not reach the database", name)
	}
}

func functionDualStack(t *testing.T, d *deployment) {
	for name, inside := range functions {
		if inside {
			require.True(t, aws.ToBool(d.configuration(t, name).VpcConfig.Ipv6AllowedForDualStack), "%s reaches no AWS service", name)
		}
	}
}

// secretName is the name of a variable that could hold a secret, secretReference a value that only says where one is.
var (
	secretName      = regexp.MustCompile(`(?i)password|secret|token|_key`)
	secretReference = regexp.MustCompile(`^arn:aws:secretsmanager:|^\d*$`)
)

// requireNoSecret refuses variables of a function from which a secret can be read.
func requireNoSecret(t *testing.T, c *lambda.GetFunctionConfigurationOutput) {
	t.Helper()
	for name, value := range c.Environment.Variables {
		if secretName.MatchString(name) {
			require.Regexp(t, secretReference, value, "%s of %s", name, aws.ToString(c.FunctionName))
		}
	}
}

func functionsKnowNoSecret(t *testing.T, d *deployment) {
	secrets := []string{d.master(t).Password, d.identity(t).JWTKey}
	for name := range functions {
		c := d.configuration(t, name)
		requireNoSecret(t, c)
		for variable, value := range c.Environment.Variables {
			for _, secret := range secrets {
				require.NotContains(t, value, secret, "%s of %s", variable, name)
			}
		}
	}
}

func functionLogs(t *testing.T, d *deployment) {
	for name := range functions {
		c := d.configuration(t, name)
		require.NotNil(t, c.LoggingConfig, name)
		require.Equal(t, types.LogFormatJson, c.LoggingConfig.LogFormat, name)
		require.Equal(t, d.logDays, retention(t, aws.ToString(c.LoggingConfig.LogGroup)), name)
	}
}

// alias gives the version that an alias of a function leads to.
func (d *deployment) alias(t *testing.T, function, name string) string {
	t.Helper()
	out, err := lambda.NewFromConfig(cloud(t)).GetAlias(t.Context(), &lambda.GetAliasInput{FunctionName: aws.String(d.function(function)), Name: &name})
	require.NoError(t, err)
	require.Nil(t, out.RoutingConfig, "%s:%s leads to two versions: a shift is under way", function, name)
	return aws.ToString(out.FunctionVersion)
}

// deployed is the configuration of the version that an alias leads to, which must be that of the function itself: a
// deployment that was taken back may have left newer versions behind, but no newer code.
func (d *deployment) deployed(t *testing.T, function, alias string) string {
	t.Helper()
	version := d.alias(t, function, alias)
	require.Regexp(t, `^\d+$`, version, "%s:%s leads to no published version", function, alias)
	now := d.configuration(t, function)
	out, err := lambda.NewFromConfig(cloud(t)).GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{
		FunctionName: aws.String(d.function(function)), Qualifier: &version,
	})
	require.NoError(t, err)
	require.Equal(t, aws.ToString(now.CodeSha256), aws.ToString(out.CodeSha256), "%s:%s", function, alias)
	require.Equal(t, aws.ToInt32(now.MemorySize), aws.ToInt32(out.MemorySize), "%s:%s", function, alias)
	return version
}

func aliasesLeadToWhatIsDeployed(t *testing.T, d *deployment) {
	require.Equal(t, d.deployed(t, "api", "live"), d.deployed(t, "api", "session"))
	d.deployed(t, "auth", "live")
}

func hookAsksTheSameVersions(t *testing.T, d *deployment) {
	variables := d.configuration(t, "hook").Environment.Variables
	for variable, function := range map[string]string{"API_VERSION_ARN": "api", "AUTH_VERSION_ARN": "auth"} {
		require.Regexp(t, `:function:`+d.function(function)+`:`+d.alias(t, function, "live")+`$`, variables[variable])
	}
}

// invokers are the statements of a function's resource policy; none when it has no policy.
func (d *deployment) invokers(t *testing.T, function, qualifier string) []statement {
	t.Helper()
	in := &lambda.GetPolicyInput{FunctionName: aws.String(d.function(function))}
	if qualifier != "" {
		in.Qualifier = &qualifier
	}
	out, err := lambda.NewFromConfig(cloud(t)).GetPolicy(t.Context(), in)
	if err != nil {
		require.ErrorContains(t, err, "ResourceNotFoundException")
		return nil
	}
	return readPolicy(t, aws.ToString(out.Policy))
}

func onlyTheAPIInvokesAliases(t *testing.T, d *deployment) {
	api := d.parameter(t, "api", "http-api-id")
	for function, path := range map[string]string{"api": "/api/{proxy+}", "auth": "/auth/{proxy+}"} {
		allowed := d.invokers(t, function, "live")
		require.Len(t, allowed, 1, function)
		require.Equal(t, []string{"apigateway.amazonaws.com"}, allowed[0].services())
		source := allowed[0].condition("ArnLike", "AWS:SourceArn")
		require.Contains(t, source, ":"+api+"/")
		require.True(t, strings.HasSuffix(source, path), source)
	}
}

func nobodyInvokesPastAliases(t *testing.T, d *deployment) {
	for _, of := range [][2]string{{"api", ""}, {"api", "session"}, {"auth", ""}, {"hook", ""}} {
		for _, s := range d.invokers(t, of[0], of[1]) {
			require.Regexp(t, `:live$`, s.Resource, "%s can be invoked by others than the hook, CodeDeploy and auth's own role: %+v", of[0], s)
		}
	}
}

func sweepSchedule(t *testing.T, d *deployment) {
	client, target := eventbridge.NewFromConfig(cloud(t)), d.configuration(t, "sweep").FunctionArn
	names, err := client.ListRuleNamesByTarget(t.Context(), &eventbridge.ListRuleNamesByTargetInput{TargetArn: target})
	require.NoError(t, err)
	require.Len(t, names.RuleNames, 1)
	rule, err := client.DescribeRule(t.Context(), &eventbridge.DescribeRuleInput{Name: &names.RuleNames[0]})
	require.NoError(t, err)
	require.Equal(t, "rate(1 hour)", aws.ToString(rule.ScheduleExpression))
	require.EqualValues(t, "ENABLED", rule.State)
	allowed := d.invokers(t, "sweep", "")
	require.Len(t, allowed, 1)
	require.Equal(t, []string{"events.amazonaws.com"}, allowed[0].services())
	require.Equal(t, aws.ToString(rule.Arn), allowed[0].condition("ArnLike", "AWS:SourceArn"))
}

func sweepRuns(t *testing.T, d *deployment) {
	_, err := terratest.InvokeFunctionContextE(t, t.Context(), region, d.function("sweep"), map[string]string{})
	require.NoError(t, err)
}
