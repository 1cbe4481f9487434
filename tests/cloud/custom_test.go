package cloud

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// withActor begins a template with the function Actor and its role.
const withActor = `
Resources:
  ActorRole:
    Type: AWS::IAM::Role
    Properties: {AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Action: "sts:AssumeRole", Principal: {Service: lambda.amazonaws.com}}]}}
  Actor:
    Type: AWS::Lambda::Function
    Properties:
      Code: {S3Bucket: ` + codeBucket + `, S3Key: actor.zip}
      Role: !GetAtt ActorRole.Arn
      Runtime: provided.al2023
      Handler: bootstrap
      Timeout: 20
`

func thing(properties string) string {
	return withActor + `
  Thing: {Type: Custom::Thing, Properties: {ServiceToken: !GetAtt Actor.Arn, ` + properties + `}}
Outputs:
  Id: {Value: !Ref Thing}
  Request: {Value: !GetAtt Thing.Request}
  Old: {Value: !GetAtt Thing.Old}
  Got: {Value: !GetAtt Thing.Got}
`
}

func properties(t *testing.T, document string) map[string]any {
	t.Helper()
	var p map[string]any
	if err := json.Unmarshal([]byte(document), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestACustomResourceIsMadeByItsFunction(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusCreateComplete, thing("Act: succeed, Count: 3, Flag: true"))
	if s.output("Id") != "actor-made" || s.output("Request") != "Create" {
		t.Errorf("the resource is %s, made by %s", s.output("Id"), s.output("Request"))
	}
	got := properties(t, s.output("Got"))
	if got["Count"] != "3" || got["Flag"] != "true" {
		t.Errorf("the properties are %v, want every value as text", got)
	}
}

func TestACustomResourceIsChangedWithItsOldProperties(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusCreateComplete, thing("Act: succeed, Value: one"))
	s.must(types.StackStatusUpdateComplete, thing("Act: succeed, Value: two"))
	if s.output("Request") != "Update" || properties(t, s.output("Old"))["Value"] != "one" || properties(t, s.output("Got"))["Value"] != "two" {
		t.Errorf("%s from %s to %s", s.output("Request"), s.output("Old"), s.output("Got"))
	}
}

func TestACustomResourceThatTakesANewIdLosesItsOldOne(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusCreateComplete, thing("Act: succeed, Id: first"))
	s.must(types.StackStatusUpdateComplete, thing("Act: succeed, Id: second"))
	if got := s.output("Id"); got != "second" {
		t.Errorf("the id is %s", got)
	}
	if got := s.happened("", "DELETE_COMPLETE"); len(got) != 1 || got[0] != "Thing" {
		t.Errorf("deleted: %v, want the first thing", got)
	}
}

func TestACustomResourceThatAnswersFAILEDFailsTheStackWithItsReason(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusRollbackComplete, thing("Act: fail"))
	s.logged("Thing", "CREATE_FAILED", "Received response status [FAILED] from custom resource. Message returned: the actor was told to fail")
}

func TestAFunctionThatEndsWithoutAnAnswerFailsTheStackAtOnce(t *testing.T) {
	t.Parallel()
	for act, told := range map[string]string{"crash": "exit status 3", "silent": "it said nothing", "throw": "the actor was told to fail"} {
		t.Run(act, func(t *testing.T) {
			t.Parallel()
			s := newStack(t)
			s.must(types.StackStatusRollbackComplete, thing("Act: "+act))
			s.logged("Thing", "CREATE_FAILED", "ended without answering CloudFormation", told)
		})
	}
}

func TestServiceTimeoutEndsTheWait(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	began := time.Now()
	s.must(types.StackStatusRollbackComplete, thing("Act: sleep, ServiceTimeout: 1"))
	s.logged("Thing", "CREATE_FAILED", "did not receive a response from your Custom Resource within 1 seconds")
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestACustomResourceThatCannotBeDeletedFailsTheDeletion(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusCreateComplete, thing("Act: fail-delete"))
	if got := s.delete(); got != types.StackStatusDeleteFailed {
		t.Errorf("the stack is %s", got)
	}
	s.logged("Thing", "DELETE_FAILED", "the actor was told to fail")
	if s.physical("Actor") == "" {
		t.Error("the function that the thing needs is gone before it")
	}
}

func TestAnAttributeThatTheFunctionDoesNotGiveFailsItsUser(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusRollbackComplete, withActor+`
  Thing: {Type: Custom::Thing, Properties: {ServiceToken: !GetAtt Actor.Arn, Act: succeed}}
  User: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt Thing.Nothing}}`)
	s.logged("User", "CREATE_FAILED", "Vendor response doesn't contain Nothing attribute in Thing")
}
