package stacks_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/environment"
)

func TestServerErrorsRaiseAnAlarmAndSilenceDoesNot(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Operations")
	alarm := s.only("AWS::CloudWatch::Alarm")
	s.want(alarm, "Namespace", `"AWS/ApiGateway"`)
	s.want(alarm, "MetricName", `"5xx"`)
	s.want(alarm, "Dimensions", `[{"Name": "ApiId", "Value": {"Ref": "ApiHttpApiId"}}]`)
	s.want(alarm, "Threshold", `5`)
	s.want(alarm, "TreatMissingData", `"notBreaching"`)
	s.want(alarm, "AlarmActions", `[{"Ref": "FoundationAlarmTopicArn"}]`)
	s.want(alarm, "OKActions", `[{"Ref": "FoundationAlarmTopicArn"}]`)
}

// The schemas of cfn-lint do not look into the body.
func TestTheDashboardsBodyIsJSONWithARowForEachSubject(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Operations")
	dashboard := s.only("AWS::CloudWatch::Dashboard")
	s.want(dashboard, "DashboardName", `"Miyabi-prod"`)
	var text strings.Builder
	for _, part := range s.property(dashboard, "DashboardBody.Fn::Join.1").([]any) {
		if literal, ok := part.(string); ok {
			text.WriteString(literal)
		} else {
			text.WriteString("resolved")
		}
	}
	var body struct {
		Widgets []struct {
			Properties struct{ Title string }
		}
	}
	if err := json.Unmarshal([]byte(text.String()), &body); err != nil {
		t.Fatalf("the body is no JSON: %v", err)
	}
	if len(body.Widgets) != 9 {
		t.Errorf("%d widgets: %+v", len(body.Widgets), body.Widgets)
	}
	for _, namespace := range []string{"AWS/ApiGateway", "AWS/Lambda", "AWS/RDS"} {
		if !strings.Contains(text.String(), namespace) {
			t.Errorf("nothing of %s is on the dashboard", namespace)
		}
	}
}
