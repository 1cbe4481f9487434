package cloud

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

func TestNoChangeIsSaidInCloudFormationsWords(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusCreateComplete, valued, parameters{"Value": "x"})
	c, err := s.plan(valued, parameters{"Value": "x"})
	if err != nil {
		t.Fatal(err)
	}
	const words = "The submitted information didn't contain changes. Submit different information to create a change set."
	if c.Status != types.ChangeSetStatusFailed || aws.ToString(c.StatusReason) != words {
		t.Errorf("%s: %s", c.Status, aws.ToString(c.StatusReason))
	}
	_, err = s.api.UpdateStack(context.Background(), &cloudformation.UpdateStackInput{
		StackName: aws.String(s.name), UsePreviousTemplate: aws.Bool(true),
		Parameters: []types.Parameter{{ParameterKey: aws.String("Value"), UsePreviousValue: aws.Bool(true)}},
	})
	if err == nil || !strings.Contains(err.Error(), "ValidationError: No updates are to be performed.") {
		t.Error(err)
	}
}

func TestAChangeSetSaysWhatWillBeReplaced(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	template := func(topic, display, more string) string {
		return `
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: ` + s.name + topic + `}}
  Named: {Type: AWS::SNS::Topic, Properties: {DisplayName: ` + display + `}}
  Subscription: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref Topic, Protocol: email, Endpoint: a@example.com}}
` + more
	}
	s.must(types.StackStatusCreateComplete, template("one", "one", "  Old: {Type: AWS::SNS::Topic}"))
	c, err := s.plan(template("two", "two", "  New: {Type: AWS::SNS::Topic}"), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, change := range c.Changes {
		r := change.ResourceChange
		got[aws.ToString(r.LogicalResourceId)] = strings.TrimSpace(string(r.Action) + " " + string(r.Replacement))
	}
	want := map[string]string{"Topic": "Modify True", "Named": "Modify False", "Subscription": "Modify Conditional", "New": "Add", "Old": "Remove"}
	for name, told := range want {
		if got[name] != told {
			t.Errorf("%s: %q, want %q", name, got[name], told)
		}
	}
}

func TestAReplacedResourceIsMadeBeforeTheOldOneGoes(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	template := func(name string) string {
		return "Resources:\n  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: " + s.name + name + "}}\n" +
			"  User: {Type: AWS::SSM::Parameter, Properties: {Name: !Sub '/${AWS::StackName}/topic', Type: String, Value: !Ref Topic}}"
	}
	s.must(types.StackStatusCreateComplete, template("one"))
	before := s.physical("Topic")
	s.must(types.StackStatusUpdateComplete, template("two"))
	if after := s.physical("Topic"); after == before {
		t.Error("the topic is the same")
	} else if got, _ := s.parameter("/" + s.name + "/topic"); got != after {
		t.Errorf("its user has %s, want %s", got, after)
	}
	lines := s.history()
	made := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "Topic: UPDATE_COMPLETE") })
	used := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "User: UPDATE_COMPLETE") })
	gone := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "Topic: DELETE_COMPLETE") })
	if made < 0 || used < made || gone < used {
		t.Errorf("the order is wrong:\n%s", strings.Join(lines, "\n"))
	}
}

func TestANamedResourceIsNotReplacedUnderItsName(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	template := func(kind string) string {
		return withActor + "      FunctionName: named-" + s.name + "\n      PackageType: Zip\n" + kind
	}
	s.must(types.StackStatusCreateComplete, template(""))
	s.must(types.StackStatusUpdateRollbackComplete, strings.Replace(template(""), "PackageType: Zip", "PackageType: Image", 1))
	s.logged("Actor", "UPDATE_FAILED", "cannot update a stack when a custom-named resource requires replacing")
}

func TestAChangeOfOutputsAloneIsAChange(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusCreateComplete, "Resources: {Topic: {Type: AWS::SNS::Topic}}")
	s.must(types.StackStatusUpdateComplete, "Resources: {Topic: {Type: AWS::SNS::Topic}}\nOutputs: {Topic: {Value: !Ref Topic}}")
	if got := s.output("Topic"); got != s.physical("Topic") {
		t.Errorf("the output is %q", got)
	}
	if touched := s.happened("", "UPDATE_IN_PROGRESS"); len(touched) != 0 {
		t.Errorf("touched: %v", touched)
	}
}

func TestAStoredParameterThatChangesIsAChange(t *testing.T) {
	t.Parallel()
	from, to := newStack(t), newStack(t)
	publish := func(value string) string {
		return "Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Name: /published/by-" + from.name + ", Type: String, Value: " + value + "}}}"
	}
	read := "Parameters: {V: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /published/by-" + from.name + "}}\n" +
		"Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref V}}}\nOutputs: {V: {Value: !Ref V}}"
	from.must(types.StackStatusCreateComplete, publish("one"))
	to.must(types.StackStatusCreateComplete, read)
	from.must(types.StackStatusUpdateComplete, publish("two"))
	to.must(types.StackStatusUpdateComplete, read)
	if got := to.output("V"); got != "two" {
		t.Errorf("the value is %q", got)
	}
}

func TestConditionsChooseResourcesAndValues(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	template := `
Parameters: {Email: {Type: String, Default: ""}}
Conditions: {HasEmail: !Not [!Equals [!Ref Email, ""]]}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !If [HasEmail, with, !Ref "AWS::NoValue"]}}
  Subscription: {Type: AWS::SNS::Subscription, Condition: HasEmail, Properties: {TopicArn: !Ref Topic, Protocol: email, Endpoint: !Ref Email}}
`
	s.must(types.StackStatusCreateComplete, template)
	if made := s.happened("", "CREATE_COMPLETE"); len(made) != 1 {
		t.Errorf("made: %v", made)
	}
	s.must(types.StackStatusUpdateComplete, template, parameters{"Email": "a@example.com"})
	if s.physical("Subscription") == "" {
		t.Error("no subscription")
	}
}

func TestTheFunctionsOfATemplateAreResolved(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusCreateComplete, `
Parameters: {List: {Type: CommaDelimitedList, Default: "a, b,c"}}
Mappings: {M: {one: {two: three}}}
Conditions: {Both: !And [!Equals [a, a], !Or [!Equals [a, b], !Equals [b, b]]]}
Resources: {Topic: {Type: AWS::SNS::Topic}}
Outputs:
  Join: {Value: !Join ["-", [a, !Ref "AWS::Region", !Ref "AWS::AccountId"]]}
  Sub: {Value: !Sub ["${AWS::StackName}/${x}/${!y}/${Topic.TopicName}", {x: !Select [1, !Ref List]}]}
  Split: {Value: !Select [2, !Split [":", !Ref Topic]]}
  Map: {Value: !FindInMap [M, one, two]}
  Cidr: {Value: !Select [1, !Cidr [10.0.0.0/16, 2, 8]]}
  Base64: {Value: {Fn::Base64: hello}}
  If: {Value: !If [Both, yes, no]}
  Zones: {Value: !Select [0, !GetAZs ""]}
  Json: {Value: {Fn::ToJsonString: {a: [1, true]}}}
  Length: {Value: {Fn::Length: !Ref List}}
`)
	topic := s.physical("Topic")
	for name, want := range map[string]string{
		"Join": "a-us-east-1-123456789012", "Sub": s.name + "/b/${y}/" + topic[strings.LastIndex(topic, ":")+1:], "Split": "sns", "Map": "three",
		"Cidr": "10.0.1.0/24", "Base64": "aGVsbG8=", "If": "true", "Zones": "us-east-1a", "Json": `{"a":[1,true]}`, "Length": "3",
	} {
		if got := s.output(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestADynamicReferenceIsResolvedAndNeverShown(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusCreateComplete, `
Resources:
  Secret: {Type: AWS::SecretsManager::Secret, Properties: {GenerateSecretString: {SecretStringTemplate: '{"user":"me"}', GenerateStringKey: password, PasswordLength: 20, ExcludePunctuation: true}}}
  Plain: {Type: AWS::SSM::Parameter, Properties: {Name: !Sub "/${AWS::StackName}/plain", Type: String, Value: stored}}
  User: {Type: AWS::SSM::Parameter, Properties: {Name: !Sub "/${AWS::StackName}/user", Type: String, Value: !Sub "{{resolve:secretsmanager:${Secret}:SecretString:user}}"}}
  Password: {Type: AWS::SSM::Parameter, Properties: {Name: !Sub "/${AWS::StackName}/password", Type: String, Value: !Sub "{{resolve:secretsmanager:${Secret}:SecretString:password}}"}}
  Copy: {Type: AWS::SSM::Parameter, Properties: {Name: !Sub "/${AWS::StackName}/copy", Type: String, Value: !Sub "{{resolve:ssm:/${AWS::StackName}/plain}}"}, DependsOn: Plain}
`)
	password, _ := s.parameter("/" + s.name + "/password")
	if len(password) != 20 {
		t.Errorf("the password is %q", password)
	}
	for name, want := range map[string]string{"user": "me", "copy": "stored"} {
		if got, _ := s.parameter("/" + s.name + "/" + name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, e := range s.events("") {
		if strings.Contains(aws.ToString(e.ResourceProperties), password) {
			t.Errorf("the event %s of %s shows the password", e.ResourceStatus, aws.ToString(e.LogicalResourceId))
		}
	}
}

func TestADynamicReferenceToNothingFailsItsResource(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusRollbackComplete, "Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: '{{resolve:secretsmanager:nobody:SecretString:x}}'}}}")
	s.logged("Topic", "CREATE_FAILED", "Could not resolve {{resolve:secretsmanager:nobody")
}
