package phases

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	"github.com/aws/aws-sdk-go-v2/service/budgets/types"
	"github.com/stretchr/testify/require"

	terratest "github.com/gruntwork-io/terratest/modules/aws"
)

// foundationChecks are the questions about phase 0.
var foundationChecks = []check{
	{name: "the network has IPv4 and IPv6 and the environment's own range", ask: networkIsDualStack},
	{name: "functions and databases have two subnets each, in two zones", ask: subnetsAreInTwoZones},
	{name: "no subnet is public", ask: noSubnetIsPublic},
	{name: "function subnets lead out over IPv6 and to S3, and nowhere else", ask: functionRoutes},
	{name: "database subnets lead nowhere", ask: databaseRoutes},
	{name: "there is no internet gateway and no NAT", ask: noWayIn},
	{name: "S3 is reached over a gateway endpoint, from the function subnets only", ask: s3Endpoint},
	{name: "all traffic is logged, for as long as the environment says", ask: flowLogs},
	{name: "the alarm topic takes messages of this account's alarms and budget, over TLS only", ask: alarmTopicPolicy},
	{name: "the budget counts this environment's costs against the monthly limit", ask: budgetLimit},
	{name: "the budget raises an alert at 80 and 100 percent, and when 100 is forecast", ask: budgetAlerts},
	{name: "the budget's alerts go to the topic", ask: budgetTellsTheTopic},
}

// alarmTopic is the topic that every alarm tells.
func (d *deployment) alarmTopic(t *testing.T) string {
	t.Helper()
	return d.parameter(t, "foundation", "alarm-topic-arn")
}

func alarmTopicPolicy(t *testing.T, d *deployment) {
	topic := d.alarmTopic(t)
	statements := topicPolicy(t, topic)
	require.NotEmpty(t, statements)
	var publishers []string
	insecureDenied := false
	for _, s := range statements {
		if s.Effect == "Deny" {
			insecureDenied = insecureDenied || s.condition("Bool", "aws:SecureTransport") == "false"
			continue
		}
		require.Equal(t, account(t), s.condition("StringEquals", "aws:SourceAccount"), "any account may publish: %+v", s)
		publishers = append(publishers, s.services()...)
	}
	require.True(t, insecureDenied, "messages without TLS are taken")
	require.ElementsMatch(t, []string{"cloudwatch.amazonaws.com", "budgets.amazonaws.com"}, publishers)
}

func (d *deployment) budget(t *testing.T) types.Budget {
	t.Helper()
	out, err := budgets.NewFromConfig(cloud(t)).DescribeBudget(t.Context(), &budgets.DescribeBudgetInput{
		AccountId: aws.String(account(t)), BudgetName: aws.String("Miyabi-" + d.environment),
	})
	require.NoError(t, err)
	return *out.Budget
}

func budgetLimit(t *testing.T, d *deployment) {
	b := d.budget(t)
	require.Equal(t, types.BudgetTypeCost, b.BudgetType)
	require.Equal(t, types.TimeUnitMonthly, b.TimeUnit)
	require.Equal(t, "USD", aws.ToString(b.BudgetLimit.Unit))
	require.Regexp(t, `^`+d.budgetUSD+`(\.0+)?$`, aws.ToString(b.BudgetLimit.Amount))
	require.Equal(t, map[string][]string{"TagKeyValue": {"user:cost-center$miyabi-" + d.environment}}, b.CostFilters) //nolint:staticcheck // what CloudFormation sets; FilterExpression is another field
}

// alerts are the notifications of the budget.
func (d *deployment) alerts(t *testing.T) []types.Notification {
	t.Helper()
	out, err := budgets.NewFromConfig(cloud(t)).DescribeNotificationsForBudget(t.Context(), &budgets.DescribeNotificationsForBudgetInput{
		AccountId: aws.String(account(t)), BudgetName: d.budget(t).BudgetName,
	})
	require.NoError(t, err)
	return out.Notifications
}

func budgetAlerts(t *testing.T, d *deployment) {
	type alert struct {
		kind      types.NotificationType
		threshold float64
	}
	var raised []alert
	for _, n := range d.alerts(t) {
		require.Equal(t, types.ComparisonOperatorGreaterThan, n.ComparisonOperator)
		require.Contains(t, []types.ThresholdType{"", types.ThresholdTypePercentage}, n.ThresholdType)
		raised = append(raised, alert{n.NotificationType, n.Threshold})
	}
	require.ElementsMatch(t, []alert{
		{types.NotificationTypeActual, 80}, {types.NotificationTypeActual, 100}, {types.NotificationTypeForecasted, 100},
	}, raised)
}

func budgetTellsTheTopic(t *testing.T, d *deployment) {
	for _, n := range d.alerts(t) {
		out, err := budgets.NewFromConfig(cloud(t)).DescribeSubscribersForNotification(t.Context(), &budgets.DescribeSubscribersForNotificationInput{
			AccountId: aws.String(account(t)), BudgetName: d.budget(t).BudgetName, Notification: &n,
		})
		require.NoError(t, err)
		require.Equal(t, []types.Subscriber{{SubscriptionType: types.SubscriptionTypeSns, Address: aws.String(d.alarmTopic(t))}}, out.Subscribers)
	}
}

func noSubnetIsPublic(t *testing.T, d *deployment) {
	for _, s := range terratest.GetSubnetsForVpcContext(t, t.Context(), d.parameter(t, "foundation", "vpc-id"), region) {
		require.False(t, terratest.IsPublicSubnetContext(t, t.Context(), s.Id, region), s.Id)
	}
}
