package stacks_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/environment"
)

// shifted maps the functions whose live alias CodeDeploy changes to the logical ids of their versions and aliases.
var shifted = map[string]string{"api": "Api", "auth": "Auth"}

func TestCodeDeployChangesTheLiveAliasesAfterTheHook(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{
		environment.Local: "AllAtOnce", environment.Dev: "AllAtOnce", environment.Staging: "Canary10Percent5Minutes", environment.Prod: "Canary10Percent5Minutes",
	} {
		s := stackOf(t, name, "Api")
		application := s.only("AWS::CodeDeploy::Application")
		s.want(application, "ComputePlatform", `"Lambda"`)
		s.want(application, "ApplicationName", `"Miyabi-`+name+`"`)
		for function, id := range shifted {
			group := s.starting("AWS::CodeDeploy::DeploymentGroup", "Deployments"+id)
			s.want(group, "DeploymentGroupName", `"`+function+`"`)
			s.want(group, "ApplicationName", `{"Ref": "`+application+`"}`)
			s.want(group, "DeploymentConfigName", `"CodeDeployDefault.Lambda`+config+`"`)
			s.want(group, "DeploymentStyle", `{"DeploymentType": "BLUE_GREEN", "DeploymentOption": "WITH_TRAFFIC_CONTROL"}`)
			alias := s.starting("AWS::Lambda::Alias", id+"Aliaslive")
			want := fmt.Sprintf(`map[CodeDeployLambdaAliasUpdate:map[ApplicationName:map[Ref:%s] BeforeAllowTrafficHook:map[Ref:%s] DeploymentGroupName:map[Ref:%s]]]`,
				application, s.starting("AWS::Lambda::Function", "Hook"), group)
			if got := fmt.Sprint(s.attribute(alias, "UpdatePolicy")); got != want {
				t.Errorf("%s: update policy of %s is %s, want %s", name, alias, got, want)
			}
		}
		if got := s.attribute(s.starting("AWS::Lambda::Alias", "ApiAliassession"), "UpdatePolicy"); got != nil {
			t.Errorf("%s: the session alias has the update policy %v", name, got)
		}
	}
}

// CloudFormation follows no reference in an update policy.
func TestALiveAliasWaitsForAllThatItsDeploymentNeeds(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Api")
	for _, id := range shifted {
		alias := s.starting("AWS::Lambda::Alias", id+"Aliaslive")
		dependsOn := s.attribute(alias, "DependsOn").([]any)
		for _, needed := range []string{
			s.starting("AWS::CodeDeploy::DeploymentGroup", "Deployments"+id), s.starting("AWS::IAM::Policy", "DeploymentsRole"), s.starting("AWS::Lambda::Function", "Hook"),
		} {
			if !slices.Contains(dependsOn, any(needed)) {
				t.Errorf("%s does not wait for %s: %v", alias, needed, dependsOn)
			}
		}
	}
}

func TestTheHookKnowsTheNewVersionsAndWaitsForItsPermissions(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Api")
	hook := s.starting("AWS::Lambda::Function", "Hook")
	s.want(hook, "VpcConfig", `null`)
	s.want(hook, "Timeout", `120`)
	s.want(hook, "Environment.Variables", `{
		"MIYABI_ENVIRONMENT": "prod", "LOG_LEVEL": "info",
		"API_VERSION_ARN": {"Ref": "`+s.starting("AWS::Lambda::Version", "ApiCurrentVersion")+`"},
		"AUTH_VERSION_ARN": {"Ref": "`+s.starting("AWS::Lambda::Version", "AuthCurrentVersion")+`"}}`)
	if dependsOn, _ := s.attribute(hook, "DependsOn").([]any); !slices.Contains(dependsOn, any(s.starting("AWS::IAM::Policy", "HookRole"))) {
		t.Errorf("the hook depends on %v", dependsOn)
	}
}

func TestTheHookMayAskVersionsReportAndTellOfItsFailureOnly(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Api")
	arn := func(function, qualifier string) string {
		return fmt.Sprintf(`{"Fn::Join": ["", [{"Fn::GetAtt": [%q, "Arn"]}, ":%s"]]}`, s.starting("AWS::Lambda::Function", function), qualifier)
	}
	group := func(name string) string {
		return `{"Fn::Join": ["", ["arn:aws:codedeploy:us-east-1:", {"Ref": "AWS::AccountId"}, ":deploymentgroup:Miyabi-prod/` + name + `"]]}`
	}
	s.wantStatements("HookRole", `[
		{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": [`+arn("Api", "*")+`, `+arn("Auth", "*")+`]},
		{"Effect": "Deny", "Action": "lambda:InvokeFunction", "Resource": {"Ref": "`+s.starting("AWS::Lambda::Alias", "ApiAliassession")+`"}},
		{"Effect": "Allow", "Action": "sns:Publish", "Resource": {"Ref": "FoundationAlarmTopicArn"}},
		{"Effect": "Allow", "Action": "codedeploy:PutLifecycleEventHookExecutionStatus", "Resource": [`+group("api")+`, `+group("auth")+`]}]`)
	s.wantFailuresTold("Hook")
}

func TestCodeDeployMayChangeTheLiveAliasesAndInvokeTheHookOnly(t *testing.T) {
	t.Parallel()
	for name, gradual := range map[string]bool{environment.Dev: false, environment.Prod: true} {
		s := stackOf(t, name, "Api")
		s.want(s.starting("AWS::IAM::Role", "DeploymentsRole"), "ManagedPolicyArns", `null`)
		text := s.text(s.starting("AWS::IAM::Policy", "DeploymentsRole"))
		if strings.Contains(text, "cloudwatch:DescribeAlarms") != gradual || strings.Contains(text, "session") || strings.Contains(text, "Migrate") {
			t.Errorf("%s: CodeDeploy may %s", name, text)
		}
		var actions []string
		for _, statement := range s.property(s.starting("AWS::IAM::Policy", "DeploymentsRole"), "PolicyDocument.Statement").([]any) {
			actions = append(actions, fmt.Sprint(statement.(map[string]any)["Action"]))
		}
		want := []string{"lambda:InvokeFunction", "cloudwatch:DescribeAlarms", "[lambda:GetAlias lambda:GetProvisionedConcurrencyConfig lambda:UpdateAlias]"}
		if !gradual {
			want = slices.Delete(want, 1, 2)
		}
		if !slices.Equal(actions, want) {
			t.Errorf("%s: CodeDeploy may %q, want %q", name, actions, want)
		}
	}
}

func TestAlarmsEndAGradualShift(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Api")
	server := s.starting("AWS::CloudWatch::Alarm", "CanaryServerErrors")
	s.want(server, "Dimensions", `[{"Name": "ApiId", "Value": {"Ref": "`+s.starting("AWS::ApiGatewayV2::Api", "HttpApi")+`"}}]`)
	s.want(server, "Threshold", `3`)
	s.want(server, "TreatMissingData", `"notBreaching"`)
	for function, id := range shifted {
		ref := s.starting("AWS::Lambda::Function", id)
		alarm := s.starting("AWS::CloudWatch::Alarm", id+"VersionErrors")
		s.want(alarm, "MetricName", `"Errors"`)
		s.want(alarm, "Dimensions", fmt.Sprintf(`[
			{"Name": "ExecutedVersion", "Value": {"Fn::GetAtt": [%q, "Version"]}},
			{"Name": "FunctionName", "Value": {"Ref": %q}},
			{"Name": "Resource", "Value": {"Fn::Join": ["", [{"Ref": %q}, ":live"]]}}]`, s.starting("AWS::Lambda::Version", id+"CurrentVersion"), ref, ref))
		s.want(alarm, "Period", `60`)
		s.want(alarm, "Threshold", `1`)
		s.want(alarm, "TreatMissingData", `"notBreaching"`)
		group := s.starting("AWS::CodeDeploy::DeploymentGroup", "Deployments"+id)
		s.want(group, "AlarmConfiguration", fmt.Sprintf(`{"Enabled": true, "IgnorePollAlarmFailure": false, "Alarms": [{"Name": {"Ref": %q}}, {"Name": {"Ref": %q}}]}`, server, alarm))
		s.want(group, "AutoRollbackConfiguration", `{"Enabled": true, "Events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST", "DEPLOYMENT_STOP_ON_ALARM"]}`)
		if s.property(group, "DeploymentGroupName") != function {
			t.Errorf("the group of %s is %v", function, s.property(group, "DeploymentGroupName"))
		}
	}
}

// wantFailuresTold checks that an event which the function could not handle goes to the alarm topic.
func (s stack) wantFailuresTold(function string) {
	s.t.Helper()
	failures := s.starting("AWS::Lambda::EventInvokeConfig", function)
	s.want(failures, "FunctionName", `{"Ref": "`+s.starting("AWS::Lambda::Function", function)+`"}`)
	s.want(failures, "Qualifier", `"$LATEST"`)
	s.want(failures, "MaximumRetryAttempts", `2`)
	s.want(failures, "DestinationConfig", `{"OnFailure": {"Destination": {"Ref": "FoundationAlarmTopicArn"}}}`)
}

// Where all requests are shifted at once there is no time in which an alarm could go off.
func TestAShiftAtOnceHasNoAlarmsToPayFor(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Dev, "Api")
	for _, group := range s.IDs("AWS::CodeDeploy::DeploymentGroup") {
		s.want(group, "AlarmConfiguration", `null`)
		s.want(group, "AutoRollbackConfiguration", `{"Enabled": true, "Events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"]}`)
	}
	if alarms := s.IDs("AWS::CloudWatch::Alarm"); len(alarms) > 0 {
		t.Errorf("there are the alarms %v", alarms)
	}
}

// Ten alarms are free and the budget holds no more than 15.
func TestAlarmsAreFew(t *testing.T) {
	t.Parallel()
	for name := range synthesized {
		count := 0
		for _, template := range synthesized[name] {
			count += len(template.IDs("AWS::CloudWatch::Alarm"))
		}
		if count > 15 {
			t.Errorf("%s has %d alarms", name, count)
		}
	}
}

func TestProcessesWaitBehindTheLiveAliasOfTheAPIOnly(t *testing.T) {
	t.Parallel()
	with, without := stackOf(t, withEverything, "Api"), stackOf(t, environment.Prod, "Api")
	for _, alias := range with.IDs("AWS::Lambda::Alias") {
		want := `null`
		if strings.HasPrefix(alias, "ApiAliaslive") {
			want = `{"ProvisionedConcurrentExecutions": 2}`
		}
		with.want(alias, "ProvisionedConcurrencyConfig", want)
		without.want(alias, "ProvisionedConcurrencyConfig", `null`)
	}
}
