package policy

import (
	"encoding/json"
	"slices"
	"strings"
)

var valueRules = []Rule{{
	Name:  "known-values",
	Holds: "Properties that CloudFormation's schemas leave open hold a value that the service takes.",
	Why: "cfn-lint and CDK let a mistyped value pass, and the deployment would fail half-way. " +
		"Each list is that of the service's API reference.",
	find: in(knownValues),
}, {
	Name:  "engine-family",
	Holds: "The parameter group is of the family of the database's engine version.",
	Why:   "RDS refuses another one at creation. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html",
	find:  in(engineFamily),
}, {
	Name:  "readable-dashboards",
	Holds: "The body of each dashboard is what CloudWatch can draw.",
	Why:   "CloudFormation takes any text and fails on its contents. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html",
	find:  in(readableDashboards),
}}

// known lists, by type and property, the values that a service takes.
var known = []struct {
	resource, path string
	values         []any
}{
	{resource: "AWS::RDS::DBInstance", path: "StorageType", values: []any{"gp3"}},
	{resource: "AWS::ApiGatewayV2::Api", path: "ProtocolType", values: []any{"HTTP", "WEBSOCKET"}},
	{resource: "AWS::ApiGatewayV2::Route", path: "AuthorizationType", values: []any{"NONE", "AWS_IAM", "JWT", "CUSTOM"}},
	{resource: "AWS::ApiGatewayV2::Authorizer", path: "AuthorizerType", values: []any{"JWT", "REQUEST"}},
	{resource: "AWS::ApiGatewayV2::Integration", path: "IntegrationType", values: []any{"AWS_PROXY", "MOCK"}},
	{resource: "AWS::Budgets::Budget", path: "Budget.TimeUnit", values: []any{"DAILY", "MONTHLY", "QUARTERLY", "ANNUALLY"}},
	{resource: "AWS::Budgets::Budget", path: "Budget.BudgetType", values: []any{"COST", "USAGE"}},
	{resource: "AWS::SNS::Subscription", path: "Protocol", values: []any{"email", "email-json", "https", "lambda", "sqs", "sms"}},
}

func knownValues(j *judge) {
	for _, property := range known {
		j.require(property.resource, property.path, "use one of "+flattenAll(property.values), property.values...)
	}
	for _, id := range j.IDs("AWS::Budgets::Budget") {
		for _, alert := range list(j.property(id, "NotificationsWithSubscribers")) {
			kind, threshold := at(alert, "Notification.NotificationType"), at(alert, "Notification.ThresholdType")
			if !slices.Contains([]any{"ACTUAL", "FORECASTED"}, kind) || !slices.Contains([]any{"PERCENTAGE", "ABSOLUTE_VALUE"}, threshold) {
				j.report(id, "has an alert of type %s and threshold type %s: AWS Budgets knows neither", orNone(kind), orNone(threshold))
			}
		}
	}
}

func flattenAll(values []any) string {
	texts := make([]string, 0, len(values))
	for _, value := range values {
		texts = append(texts, flatten(value))
	}
	return strings.Join(texts, ", ")
}

func engineFamily(j *judge) {
	for _, id := range j.IDs("AWS::RDS::DBInstance") {
		version, _, _ := strings.Cut(flatten(j.property(id, "EngineVersion")), ".")
		want := flatten(j.property(id, "Engine")) + version
		group := target(j.property(id, "DBParameterGroupName"))
		if family := j.property(group, "Family"); family != want {
			j.report(id, "has a parameter group of the family %s: use %s", orNone(family), want)
		}
	}
}

// widgetTypes are the kinds of widget of CloudWatch's dashboards.
var widgetTypes = []string{"metric", "text", "log", "alarm", "explorer"}

func readableDashboards(j *judge) {
	for _, id := range j.IDs("AWS::CloudWatch::Dashboard") {
		var body struct {
			Widgets []struct {
				Type          string
				Width, Height int
				X             int
				Properties    map[string]any
			}
		}
		if err := json.Unmarshal([]byte(flatten(j.property(id, "DashboardBody"))), &body); err != nil {
			j.report(id, "has a body that is no JSON: %v", err)
			continue
		}
		if len(body.Widgets) == 0 {
			j.report(id, "has no widget")
		}
		for i, widget := range body.Widgets {
			fits := widget.Width >= 1 && widget.X+widget.Width <= 24 && widget.Height >= 1
			if !slices.Contains(widgetTypes, widget.Type) || !fits || len(widget.Properties) == 0 {
				j.report(id, "has a widget %d of type %q and width %d that CloudWatch cannot draw", i, widget.Type, widget.Width)
			}
		}
	}
}
