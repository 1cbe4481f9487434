package policy_test

import (
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/policy"
	"github.com/miyabi-society/platform/infra/policy/policyreport"
)

func load(t *testing.T, name string) environment.Settings {
	t.Helper()
	settings, err := environment.Load(name, environment.Platform{OS: "linux", Architecture: "arm64"})
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

func check(t *testing.T, document string) (policy.Violations, []policyreport.Use) {
	t.Helper()
	template, err := policy.ParseTemplate("Miyabi-dev-Foundation", []byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return policy.Check(policy.Assembly{Settings: load(t, environment.Dev), Templates: []policy.Template{template}})
}

func TestATemplateWithoutResourcesBreaksNoRule(t *testing.T) {
	t.Parallel()
	violations, used := check(t, `{"Resources": {}}`)
	if violations.Err() != nil || len(used) > 0 {
		t.Errorf("Check = %v, %v", violations, used)
	}
}

func TestAViolationIsALineWithRulePlaceAndAdvice(t *testing.T) {
	t.Parallel()
	violations, _ := check(t, `{"Resources": {
		"A": {"Type": "AWS::IAM::AccessKey", "Metadata": {"aws:cdk:path": "Miyabi-dev-Foundation/Key/Resource"}, "Properties": {"Tags": [
			{"Key": "project", "Value": "miyabi"}, {"Key": "env", "Value": "dev"}, {"Key": "phase", "Value": "foundation"},
			{"Key": "owner", "Value": "platform"}, {"Key": "cost-center", "Value": "miyabi-dev"}]}},
		"B": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": {"Statement": {"Action": "s3:*", "Resource": "arn:aws:s3:::b"}}}}}}`)
	err := violations.Err()
	if err == nil {
		t.Fatal("nothing is broken")
	}
	want := `narrow-permissions[Action::s3:*]: Miyabi-dev-Foundation/B allows s3:*: name the actions
no-users: Miyabi-dev-Foundation/Key/Resource is a AWS::IAM::AccessKey: let people and workflows assume a role
the stacks break a rule: mend them, or give the reason for an exception in infra/policy/exceptions.go (see docs/policy.md)`
	if err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestAnExceptionIsForItsStackResourceRuleAndDetailOnly(t *testing.T) {
	t.Parallel()
	const topic = `{"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Metadata": {"aws:cdk:path": "Miyabi-dev-Foundation/PATH"}, "Properties": {}}}}`
	broken := func(path string) bool {
		violations, _ := check(t, strings.Replace(topic, "PATH", path, 1))
		return strings.Contains(violations.Error(), "encrypted-at-rest")
	}
	if broken("Alarms/Resource") {
		t.Error("the exception of the alarm topic does not hold")
	}
	if !broken("Orders/Resource") {
		t.Error("the exception of the alarm topic holds for another topic")
	}
}

func TestAQueueMustBeEncryptedAndRefuseClearText(t *testing.T) {
	t.Parallel()
	const queue = `{"Resources": {
		"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"SqsManagedSseEnabled": true}},
		"Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": {"Statement": [
			{"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": false}}}]}}}}}`
	for from, rule := range map[string]string{"": "", `"SqsManagedSseEnabled": true`: "encrypted-at-rest", "Deny": "tls-to-the-services"} {
		violations, _ := check(t, strings.Replace(queue, from, "", 1))
		for _, about := range []string{"encrypted-at-rest", "tls-to-the-services"} {
			if strings.Contains(violations.Error(), about) != (about == rule) {
				t.Errorf("without %q: %v", from, violations)
			}
		}
	}
}

func TestTheUseOfAnExceptionIsReported(t *testing.T) {
	t.Parallel()
	_, used := check(t, `{"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Metadata": {"aws:cdk:path": "Miyabi-dev-Foundation/Alarms/Resource"}, "Properties": {}}}}`)
	if len(used) != 1 || used[0].Rule != "encrypted-at-rest" || !strings.Contains(used[0].Reason, "USD 1 a month") {
		t.Errorf("used %v", used)
	}
}

func TestAViolationOfTheSamePartIsToldOnce(t *testing.T) {
	t.Parallel()
	nag := policy.Violations{{Rule: "AwsSolutions-IAM5", Stack: "S", Resource: "R", Detail: "Action::s3:*"}}
	own := policy.Violations{
		{Rule: "narrow-permissions", Stack: "S", Resource: "R", Detail: "Action::s3:*"},
		{Rule: "narrow-permissions", Stack: "S", Resource: "R", Detail: "Action::sns:*"},
		{Rule: "tags", Stack: "S", Resource: "R"},
	}
	if all := nag.With(own); len(all) != 3 {
		t.Errorf("With = %v", all)
	}
}

func TestReadTemplatesRefusesAFolderWithout(t *testing.T) {
	t.Parallel()
	if _, err := policy.ReadTemplates(t.TempDir()); err == nil || !strings.Contains(err.Error(), "synthesize first") {
		t.Errorf("ReadTemplates = %v", err)
	}
}

func TestParseTemplateNamesTheStackOfABrokenTemplate(t *testing.T) {
	t.Parallel()
	if _, err := policy.ParseTemplate("Miyabi-dev-Api", []byte("{")); err == nil || !strings.Contains(err.Error(), "Miyabi-dev-Api") {
		t.Errorf("ParseTemplate = %v", err)
	}
}

func TestEachRuleSaysWhatHoldsAndWhy(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, rule := range policy.Rules() {
		if names[rule.Name] || rule.Name == "" || len(rule.Why) < 20 || !strings.HasSuffix(rule.Holds, ".") {
			t.Errorf("rule %q is unclear: %q, %q", rule.Name, rule.Holds, rule.Why)
		}
		names[rule.Name] = true
	}
}
