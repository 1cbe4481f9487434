package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsbudgets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/construct"
	"github.com/miyabi-society/platform/infra/environment"
)

// Foundation is phase 0: the network, the topic of the alarms and the budget.
func Foundation(scope constructs.Construct, settings environment.Settings) awscdk.Stack {
	stack := newStack(scope, settings, FoundationName, "Miyabi Society, phase 0: network, alarm topic and budget")
	vpc := newNetwork(stack, settings)
	topic := newAlarmTopic(stack)
	addBudget(stack, settings, topic)
	publishFoundation(stack, settings, vpc, topic)
	return stack
}

// newNetwork makes the network with the gateway endpoint of S3 for the function subnets and a log of all traffic.
func newNetwork(stack awscdk.Stack, settings environment.Settings) awsec2.Vpc {
	vpc := construct.NewVPC(stack, "Vpc", settings)
	vpc.AddGatewayEndpoint(jsii.String("S3"), &awsec2.GatewayVpcEndpointOptions{
		Service: awsec2.GatewayVpcEndpointAwsService_S3(),
		Subnets: &[]*awsec2.SubnetSelection{{SubnetType: awsec2.SubnetType_PRIVATE_WITH_EGRESS}},
	})
	vpc.AddFlowLog(jsii.String("FlowLog"), &awsec2.FlowLogOptions{
		Destination:            awsec2.FlowLogDestination_ToCloudWatchLogs(construct.NewLogGroup(stack, "FlowLogs", settings), nil),
		TrafficType:            awsec2.FlowLogTrafficType_ALL,
		MaxAggregationInterval: awsec2.FlowLogMaxAggregationInterval_TEN_MINUTES,
	})
	return vpc
}

// newAlarmTopic makes the topic that CloudWatch's alarms and the budget of this account may publish to. A person gets
// its messages by e-mail when the stack's parameter AlarmEmail names an address. It holds no key of its own: CloudWatch
// cannot publish to a topic under the AWS-managed key, and a customer-managed key costs a dollar a month.
func newAlarmTopic(stack awscdk.Stack) awssns.Topic {
	topic := awssns.NewTopic(stack, jsii.String("Alarms"), &awssns.TopicProps{
		DisplayName: stack.StackName(),
		EnforceSSL:  jsii.Bool(true),
	})
	for _, service := range []string{"cloudwatch.amazonaws.com", "budgets.amazonaws.com"} {
		topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions:    jsii.Strings("sns:Publish"),
			Resources:  &[]*string{topic.TopicArn()},
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String(service), nil)},
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()}},
		}))
	}
	subscribeEmail(stack, topic)
	return topic
}

func subscribeEmail(stack awscdk.Stack, topic awssns.Topic) {
	email := awscdk.NewCfnParameter(stack, jsii.String("AlarmEmail"), &awscdk.CfnParameterProps{
		Type:        jsii.String("String"),
		Default:     "",
		Description: jsii.String("Address that gets the alarms by e-mail; empty for none"),
	})
	given := awscdk.NewCfnCondition(stack, jsii.String("HasAlarmEmail"), &awscdk.CfnConditionProps{
		Expression: awscdk.Fn_ConditionNot(awscdk.Fn_ConditionEquals(email.ValueAsString(), "")),
	})
	awssns.NewCfnSubscription(stack, jsii.String("AlarmEmailSubscription"), &awssns.CfnSubscriptionProps{
		TopicArn: topic.TopicArn(),
		Protocol: jsii.String("email"),
		Endpoint: email.ValueAsString(),
	}).CfnOptions().SetCondition(given)
}

// addBudget raises an alert when the environment's costs, found by their cost-center tag, come near the limit. A person
// activates that tag once for cost allocation in the billing console.
func addBudget(stack awscdk.Stack, settings environment.Settings, topic awssns.Topic) {
	alert := func(kind string, percent int) *awsbudgets.CfnBudget_NotificationWithSubscribersProperty {
		return &awsbudgets.CfnBudget_NotificationWithSubscribersProperty{
			Notification: &awsbudgets.CfnBudget_NotificationProperty{
				NotificationType:   jsii.String(kind),
				ComparisonOperator: jsii.String("GREATER_THAN"),
				ThresholdType:      jsii.String("PERCENTAGE"),
				Threshold:          jsii.Number(percent),
			},
			Subscribers: &[]*awsbudgets.CfnBudget_SubscriberProperty{{
				SubscriptionType: jsii.String("SNS"),
				Address:          topic.TopicArn(),
			}},
		}
	}
	awsbudgets.NewCfnBudget(stack, jsii.String("Budget"), &awsbudgets.CfnBudgetProps{
		Budget: &awsbudgets.CfnBudget_BudgetDataProperty{
			BudgetName:  jsii.String("Miyabi-" + settings.Name),
			BudgetType:  jsii.String("COST"),
			TimeUnit:    jsii.String("MONTHLY"),
			BudgetLimit: &awsbudgets.CfnBudget_SpendProperty{Amount: jsii.Number(settings.Budget.MonthlyUSD), Unit: jsii.String("USD")},
			CostFilters: map[string]any{"TagKeyValue": []string{"user:cost-center$" + settings.CostCenter()}},
		},
		NotificationsWithSubscribers: []any{alert("ACTUAL", 80), alert("ACTUAL", 100), alert("FORECASTED", 100)},
	})
}

func publishFoundation(stack awscdk.Stack, settings environment.Settings, vpc awsec2.Vpc, topic awssns.Topic) {
	publish := func(name string, value *string) {
		construct.Publish(stack, settings, construct.FoundationPhase, name, value)
	}
	functions, databases := *vpc.PrivateSubnets(), *vpc.IsolatedSubnets()
	publish(construct.VPCID, vpc.VpcId())
	publish(construct.FunctionSubnet1, functions[0].SubnetId())
	publish(construct.FunctionSubnet2, functions[1].SubnetId())
	publish(construct.DatabaseSubnet1, databases[0].SubnetId())
	publish(construct.DatabaseSubnet2, databases[1].SubnetId())
	publish(construct.AlarmTopicARN, topic.TopicArn())
}
