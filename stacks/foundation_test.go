package stacks_test

import (
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/environment"
)

func TestFunctionSubnetsReachIPv6OnlyAndDatabaseSubnetsNothing(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Foundation")
	routes := s.IDs("AWS::EC2::Route")
	if len(routes) != 2 {
		t.Fatalf("routes: %v", routes)
	}
	for _, route := range routes {
		s.want(route, "DestinationIpv6CidrBlock", `"::/0"`)
		s.want(route, "EgressOnlyInternetGatewayId", `{"Ref": "`+s.only("AWS::EC2::EgressOnlyInternetGateway")+`"}`)
		if !strings.Contains(s.text(route), "VpcFunctionSubnet") {
			t.Errorf("%s leads out of a subnet that is not for functions", route)
		}
	}
	for _, kind := range []string{"AWS::EC2::NatGateway", "AWS::EC2::InternetGateway", "AWS::EC2::EIP"} {
		if ids := s.IDs(kind); len(ids) > 0 {
			t.Errorf("there is a %s: %v", kind, ids)
		}
	}
}

func TestS3IsReachedOverAGatewayEndpointOfTheFunctionSubnets(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Foundation")
	endpoint := s.only("AWS::EC2::VPCEndpoint")
	s.want(endpoint, "VpcEndpointType", `"Gateway"`)
	if text := s.text(endpoint); strings.Count(text, "VpcFunctionSubnet") != 2 || strings.Contains(text, "VpcDatabaseSubnet") {
		t.Errorf("route tables: %s", text)
	}
}

func TestTheFlowLogKeepsAllTraffic(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Foundation")
	flowLog := s.only("AWS::EC2::FlowLog")
	s.want(flowLog, "TrafficType", `"ALL"`)
	s.want(s.only("AWS::Logs::LogGroup"), "RetentionInDays", `30`)
}

func TestOnlyAlarmsAndTheBudgetOfTheAccountPublishToTheTopic(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Foundation")
	policy := s.only("AWS::SNS::TopicPolicy")
	s.want(policy, "PolicyDocument.Statement.0.Effect", `"Deny"`)
	s.want(policy, "PolicyDocument.Statement.1.Principal.Service", `["budgets.amazonaws.com", "cloudwatch.amazonaws.com"]`)
	s.want(policy, "PolicyDocument.Statement.1.Condition", `{"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}`)
}

func TestAlarmsGoByEmailWhenAnAddressIsGiven(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Foundation")
	subscription := s.only("AWS::SNS::Subscription")
	s.want(subscription, "Protocol", `"email"`)
	if got := s.attribute(subscription, "Condition"); got != "HasAlarmEmail" || s.Parameters["AlarmEmail"]["Default"] != "" {
		t.Errorf("condition %v, parameter %v", got, s.Parameters["AlarmEmail"])
	}
}

// The schemas of cfn-lint carry no list of the values of these properties.
func TestTheBudgetAlertsAtTheLimitOfTheEnvironmentsCostTag(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Foundation")
	budget := s.only("AWS::Budgets::Budget")
	s.want(budget, "Budget.BudgetLimit", `{"Amount": 52, "Unit": "USD"}`)
	s.want(budget, "Budget.BudgetType", `"COST"`)
	s.want(budget, "Budget.TimeUnit", `"MONTHLY"`)
	s.want(budget, "Budget.CostFilters", `{"TagKeyValue": ["user:cost-center$miyabi-prod"]}`)
	for i, want := range []string{`"ACTUAL"`, `"ACTUAL"`, `"FORECASTED"`} {
		path := "NotificationsWithSubscribers." + string(rune('0'+i))
		s.want(budget, path+".Notification.NotificationType", want)
		s.want(budget, path+".Subscribers.0.SubscriptionType", `"SNS"`)
	}
}
