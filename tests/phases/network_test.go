package phases

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"
)

func (d *deployment) network(t *testing.T) (client *ec2.Client, vpc string, inVPC []types.Filter) {
	t.Helper()
	vpc = d.parameter(t, "foundation", "vpc-id")
	return ec2.NewFromConfig(cloud(t)), vpc, []types.Filter{{Name: aws.String("vpc-id"), Values: []string{vpc}}}
}

// subnets are those of functions or of databases, as the foundation has published them.
func (d *deployment) subnets(t *testing.T, of string) []string {
	t.Helper()
	return []string{d.parameter(t, "foundation", of+"-subnet-1"), d.parameter(t, "foundation", of+"-subnet-2")}
}

func networkIsDualStack(t *testing.T, d *deployment) {
	client, vpc, _ := d.network(t)
	out, err := client.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{VpcIds: []string{vpc}})
	require.NoError(t, err)
	require.Len(t, out.Vpcs, 1)
	require.Equal(t, d.cidr, aws.ToString(out.Vpcs[0].CidrBlock))
	require.Len(t, out.Vpcs[0].Ipv6CidrBlockAssociationSet, 1)
	require.Equal(t, types.VpcCidrBlockStateCodeAssociated, out.Vpcs[0].Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlockState.State)
}

func subnetsAreInTwoZones(t *testing.T, d *deployment) {
	client, _, inVPC := d.network(t)
	out, err := client.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{Filters: inVPC})
	require.NoError(t, err)
	require.Len(t, out.Subnets, 4)
	byID := map[string]types.Subnet{}
	for _, s := range out.Subnets {
		require.False(t, aws.ToBool(s.MapPublicIpOnLaunch), aws.ToString(s.SubnetId))
		byID[aws.ToString(s.SubnetId)] = s
	}
	for of, ipv6 := range map[string]bool{"function": true, "database": false} {
		zones := map[string]bool{}
		for _, id := range d.subnets(t, of) {
			require.Contains(t, byID, id)
			require.Equal(t, ipv6, aws.ToBool(byID[id].AssignIpv6AddressOnCreation), "%s subnet %s gives IPv6 addresses", of, id)
			zones[aws.ToString(byID[id].AvailabilityZone)] = true
		}
		require.Len(t, zones, 2, of)
	}
}

// routesOf gives the targets of a subnet's routes by their destinations, without the network's own.
func (d *deployment) routesOf(t *testing.T, subnet string) map[string]string {
	t.Helper()
	client, _, _ := d.network(t)
	out, err := client.DescribeRouteTables(t.Context(), &ec2.DescribeRouteTablesInput{
		Filters: []types.Filter{{Name: aws.String("association.subnet-id"), Values: []string{subnet}}},
	})
	require.NoError(t, err)
	require.Len(t, out.RouteTables, 1, "the route tables of %s", subnet)
	routes := map[string]string{}
	for _, r := range out.RouteTables[0].Routes {
		if aws.ToString(r.GatewayId) == "local" {
			continue
		}
		to := aws.ToString(r.DestinationCidrBlock) + aws.ToString(r.DestinationIpv6CidrBlock) + aws.ToString(r.DestinationPrefixListId)
		routes[to] = aws.ToString(r.EgressOnlyInternetGatewayId) + aws.ToString(r.GatewayId) + aws.ToString(r.NatGatewayId) + aws.ToString(r.InstanceId)
	}
	return routes
}

func functionRoutes(t *testing.T, d *deployment) {
	for _, subnet := range d.subnets(t, "function") {
		routes := d.routesOf(t, subnet)
		require.Regexp(t, `^eigw-`, routes["::/0"])
		delete(routes, "::/0")
		for to, by := range routes {
			require.Regexp(t, `^pl-`, to, "by %s", by)
			require.Regexp(t, `^vpce-`, by, "to %s", to)
		}
	}
}

func databaseRoutes(t *testing.T, d *deployment) {
	for _, subnet := range d.subnets(t, "database") {
		require.Empty(t, d.routesOf(t, subnet))
	}
}

func noWayIn(t *testing.T, d *deployment) {
	client, vpc, inVPC := d.network(t)
	gateways, err := client.DescribeInternetGateways(t.Context(), &ec2.DescribeInternetGatewaysInput{
		Filters: []types.Filter{{Name: aws.String("attachment.vpc-id"), Values: []string{vpc}}},
	})
	require.NoError(t, err)
	require.Empty(t, gateways.InternetGateways)
	nat, err := client.DescribeNatGateways(t.Context(), &ec2.DescribeNatGatewaysInput{Filter: inVPC})
	require.NoError(t, err)
	require.Empty(t, nat.NatGateways)
}

func s3Endpoint(t *testing.T, d *deployment) {
	client, _, inVPC := d.network(t)
	out, err := client.DescribeVpcEndpoints(t.Context(), &ec2.DescribeVpcEndpointsInput{Filters: inVPC})
	require.NoError(t, err)
	require.Len(t, out.VpcEndpoints, 1, "an endpoint that costs by the hour?")
	e := out.VpcEndpoints[0]
	require.Equal(t, types.VpcEndpointTypeGateway, e.VpcEndpointType)
	require.Equal(t, "com.amazonaws."+region+".s3", aws.ToString(e.ServiceName))
	tables, err := client.DescribeRouteTables(t.Context(), &ec2.DescribeRouteTablesInput{
		Filters: []types.Filter{{Name: aws.String("association.subnet-id"), Values: d.subnets(t, "function")}},
	})
	require.NoError(t, err)
	var ids []string
	for _, table := range tables.RouteTables {
		ids = append(ids, aws.ToString(table.RouteTableId))
	}
	require.ElementsMatch(t, ids, e.RouteTableIds)
}

func flowLogs(t *testing.T, d *deployment) {
	client, vpc, _ := d.network(t)
	out, err := client.DescribeFlowLogs(t.Context(), &ec2.DescribeFlowLogsInput{
		Filter: []types.Filter{{Name: aws.String("resource-id"), Values: []string{vpc}}},
	})
	require.NoError(t, err)
	require.Len(t, out.FlowLogs, 1)
	require.Equal(t, types.TrafficTypeAll, out.FlowLogs[0].TrafficType)
	require.Equal(t, types.LogDestinationTypeCloudWatchLogs, out.FlowLogs[0].LogDestinationType)
	require.Equal(t, d.logDays, retention(t, aws.ToString(out.FlowLogs[0].LogGroupName)))
}

// retention is how many days a log group keeps what is written to it; 0 means for ever.
func retention(t *testing.T, group string) int32 {
	t.Helper()
	require.NotEmpty(t, group)
	out, err := cloudwatchlogs.NewFromConfig(cloud(t)).DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &group})
	require.NoError(t, err)
	for _, g := range out.LogGroups {
		if aws.ToString(g.LogGroupName) == group {
			return aws.ToInt32(g.RetentionInDays)
		}
	}
	t.Fatalf("there is no log group %s", group)
	return 0
}
