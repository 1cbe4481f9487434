package phases

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	terratest "github.com/gruntwork-io/terratest/modules/aws"
	"github.com/stretchr/testify/require"
)

// databaseChecks are the questions about phase 1.
var databaseChecks = []check{
	{name: "the instance runs PostgreSQL 15 with the fixes of 15.15 or later", ask: instanceVersion},
	{name: "the instance is encrypted", ask: instanceIsEncrypted},
	{name: "the instance is not public and stands in the isolated subnets", ask: instanceIsIsolated},
	{name: "the instance can be restored to any moment of the environment's days", ask: instanceIsBackedUp},
	{name: "the instance is protected from deletion where people's data is", ask: instanceIsProtected},
	{name: "the instance takes IAM tokens, and keeps its master's password in a secret", ask: instanceSignIn},
	{name: "the instance refuses connections without TLS", ask: instanceForcesTLS},
	{name: "the proxy takes TLS and IAM tokens only", ask: proxySignIn},
	{name: "the proxy leads to the instance", ask: proxyTarget},
	{name: "only the proxy and migrate reach the instance, on its port", ask: instanceGroup},
	{name: "the proxy reaches the instance and nothing else", ask: proxyGroup},
	{name: "what the functions connect to is the proxy", ask: endpointIsTheProxy},
	{name: "migrate runs in the function subnets and knows no secret", ask: migrateFunction},
	{name: "every migration of this release is applied", ask: schemaIsCurrent},
	{name: "every table with tenants' rows forces row level security", ask: rowLevelSecurity},
	{name: "the app's role owns nothing and cannot bypass row level security", ask: appRole},
	{name: "views see what their reader may see", ask: viewsAreInvokers},
}

func (d *deployment) instance(t *testing.T) rdstypes.DBInstance {
	t.Helper()
	i, err := terratest.GetRdsInstanceDetailsContextE(t, t.Context(), d.parameter(t, "database", "instance-id"), region)
	require.NoError(t, err)
	return *i
}

func instanceVersion(t *testing.T, d *deployment) {
	i := d.instance(t)
	require.Equal(t, "postgres", aws.ToString(i.Engine))
	require.Regexp(t, `^15\.(1[5-9]|[2-9]\d)$`, aws.ToString(i.EngineVersion))
	require.True(t, aws.ToBool(i.AutoMinorVersionUpgrade))
}

func instanceIsEncrypted(t *testing.T, d *deployment) {
	require.True(t, aws.ToBool(d.instance(t).StorageEncrypted))
}

func instanceIsIsolated(t *testing.T, d *deployment) {
	i := d.instance(t)
	require.False(t, aws.ToBool(i.PubliclyAccessible))
	var subnets []string
	for _, s := range i.DBSubnetGroup.Subnets {
		subnets = append(subnets, aws.ToString(s.SubnetIdentifier))
	}
	require.ElementsMatch(t, d.subnets(t, "database"), subnets)
}

func instanceIsBackedUp(t *testing.T, d *deployment) {
	i := d.instance(t)
	require.Equal(t, d.backupDays, aws.ToInt32(i.BackupRetentionPeriod))
	require.True(t, aws.ToBool(i.CopyTagsToSnapshot))
}

func instanceIsProtected(t *testing.T, d *deployment) {
	require.Equal(t, d.deletionProtection, aws.ToBool(d.instance(t).DeletionProtection))
}

func instanceSignIn(t *testing.T, d *deployment) {
	i := d.instance(t)
	require.True(t, aws.ToBool(i.IAMDatabaseAuthenticationEnabled))
	require.NotNil(t, i.MasterUserSecret, "the password is not managed")
	require.Equal(t, aws.ToString(i.MasterUserSecret.SecretArn), d.parameter(t, "database", "master-secret-arn"))
	require.Equal(t, aws.ToString(i.MasterUsername), d.master(t).Username)
}

// master is the sign-in of the schema's owner.
func (d *deployment) master(t *testing.T) (secret struct{ Username, Password string }) {
	t.Helper()
	text := terratest.GetSecretValueContext(t, t.Context(), region, d.parameter(t, "database", "master-secret-arn"))
	require.NoError(t, json.Unmarshal([]byte(text), &secret))
	require.NotEmpty(t, secret.Username)
	require.NotEmpty(t, secret.Password)
	return secret
}

func instanceForcesTLS(t *testing.T, d *deployment) {
	value := terratest.GetParameterValueForParameterOfRdsInstanceContext(t, t.Context(), "rds.force_ssl", d.parameter(t, "database", "instance-id"), region)
	require.Equal(t, "1", value)
}

func (d *deployment) proxy(t *testing.T) (*rds.Client, rdstypes.DBProxy) {
	t.Helper()
	client := rds.NewFromConfig(cloud(t))
	out, err := client.DescribeDBProxies(t.Context(), &rds.DescribeDBProxiesInput{})
	require.NoError(t, err)
	vpc := d.parameter(t, "foundation", "vpc-id")
	for _, p := range out.DBProxies {
		if aws.ToString(p.VpcId) == vpc {
			return client, p
		}
	}
	t.Fatalf("there is no proxy in %s", vpc)
	return nil, rdstypes.DBProxy{}
}

func proxySignIn(t *testing.T, d *deployment) {
	_, p := d.proxy(t)
	require.True(t, aws.ToBool(p.RequireTLS))
	require.Equal(t, "IAM_AUTH", aws.ToString(p.DefaultAuthScheme))
	require.Empty(t, p.Auth, "a password leads through the proxy")
	require.Equal(t, "POSTGRESQL", aws.ToString(p.EngineFamily))
	require.Equal(t, rdstypes.DBProxyStatusAvailable, p.Status)
	require.ElementsMatch(t, d.subnets(t, "database"), p.VpcSubnetIds)
}

func proxyTarget(t *testing.T, d *deployment) {
	client, p := d.proxy(t)
	out, err := client.DescribeDBProxyTargets(t.Context(), &rds.DescribeDBProxyTargetsInput{DBProxyName: p.DBProxyName})
	require.NoError(t, err)
	require.Len(t, out.Targets, 1)
	require.Equal(t, d.parameter(t, "database", "instance-id"), aws.ToString(out.Targets[0].RdsResourceId))
	require.Equal(t, rdstypes.TargetTypeRdsInstance, out.Targets[0].Type)
}

func endpointIsTheProxy(t *testing.T, d *deployment) {
	_, p := d.proxy(t)
	require.Equal(t, aws.ToString(p.Endpoint), d.parameter(t, "database", "endpoint"))
	require.Regexp(t, `:`+d.parameter(t, "database", "connect-resource-id")+`$`, aws.ToString(p.DBProxyArn))
}

// group describes a security group.
func group(t *testing.T, id string) types.SecurityGroup {
	t.Helper()
	out, err := ec2.NewFromConfig(cloud(t)).DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupIds: []string{id}})
	require.NoError(t, err)
	require.Len(t, out.SecurityGroups, 1)
	return out.SecurityGroups[0]
}

// only is the one security group of a function, or of a proxy.
func only(t *testing.T, groups []string) string {
	t.Helper()
	require.Len(t, groups, 1)
	return groups[0]
}

// peers are the groups that rules on PostgreSQL's port name. No address may be among them, and no other port.
func (d *deployment) peers(t *testing.T, rules []types.IpPermission) (groups []string) {
	t.Helper()
	ports := []string{"5432", d.parameter(t, "database", "port")} // an emulated instance has a port of its own
	for _, r := range rules {
		require.Equal(t, "tcp", aws.ToString(r.IpProtocol))
		require.Equal(t, aws.ToInt32(r.FromPort), aws.ToInt32(r.ToPort))
		require.Contains(t, ports, strconv.Itoa(int(aws.ToInt32(r.ToPort))))
		require.Empty(t, r.IpRanges, "an address range may use the port")
		require.Empty(t, r.Ipv6Ranges, "an address range may use the port")
		for _, pair := range r.UserIdGroupPairs {
			groups = append(groups, aws.ToString(pair.GroupId))
		}
	}
	return groups
}

func instanceGroup(t *testing.T, d *deployment) {
	_, p := d.proxy(t)
	guarded := group(t, d.parameter(t, "database", "instance-security-group-id"))
	want := []string{only(t, p.VpcSecurityGroupIds), only(t, d.configuration(t, "migrate").VpcConfig.SecurityGroupIds)}
	require.ElementsMatch(t, want, d.peers(t, guarded.IpPermissions))
	require.Empty(t, reachable(guarded), "the instance may call out")
}

func proxyGroup(t *testing.T, d *deployment) {
	_, p := d.proxy(t)
	id := only(t, p.VpcSecurityGroupIds)
	require.Equal(t, d.parameter(t, "database", "endpoint-security-group-id"), id)
	out := reachable(group(t, id))
	require.Equal(t, []string{d.parameter(t, "database", "instance-security-group-id")}, d.peers(t, out))
}

// reachable are the rules of what a group may call. The rule that matches nothing, by which a group of EC2 is kept from
// calling everything, is left out.
func reachable(g types.SecurityGroup) (rules []types.IpPermission) {
	for _, r := range g.IpPermissionsEgress {
		if len(r.IpRanges) == 1 && aws.ToString(r.IpRanges[0].CidrIp) == "255.255.255.255/32" {
			continue
		}
		rules = append(rules, r)
	}
	return rules
}
