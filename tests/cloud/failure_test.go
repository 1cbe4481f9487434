package cloud

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// An instance fails here because the shared emulator has no database server.
const failing = `
  Broken:
    Type: AWS::RDS::DBInstance
    DependsOn: Topic
    Properties: {Engine: postgres, DBInstanceClass: db.t4g.small, AllocatedStorage: "20", MasterUsername: admin, ManageMasterUserPassword: true}
`

func (s *stack) parameter(name string) (string, bool) {
	s.Helper()
	out, err := ssm.NewFromConfig(s.config()).GetParameter(context.Background(), &ssm.GetParameterInput{Name: aws.String(name)})
	if err != nil {
		if strings.Contains(err.Error(), "ParameterNotFound") {
			return "", false
		}
		s.Fatal(err)
	}
	return aws.ToString(out.Parameter.Value), true
}

func TestAFailingResourceRollsANewStackBack(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusRollbackComplete, `
Resources:
  Topic: {Type: AWS::SNS::Topic}
  Kept: {Type: AWS::SSM::Parameter, Properties: {Name: /rolled-back/created, Type: String, Value: !Ref Topic}}`+failing)
	s.logged("Broken", "CREATE_FAILED", "start the emulator with --instances")
	s.logged(s.name, "ROLLBACK_IN_PROGRESS", "failed to create: [Broken]")
	s.logged("Topic", "DELETE_COMPLETE")
	if _, there := s.parameter("/rolled-back/created"); there {
		t.Error("the parameter is still there")
	}
}

func TestAStackThatWasRolledBackCannotBeUpdatedAndIsDeleted(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusRollbackComplete, "Resources:\n  Topic: {Type: AWS::SNS::Topic}"+failing)
	s.refused("Resources: {Topic: {Type: AWS::SNS::Topic}}", "is in ROLLBACK_COMPLETE state and can not be updated")
	if got := s.delete(); got != types.StackStatusDeleteComplete {
		t.Errorf("the stack is %s", got)
	}
}

const valued = `
Parameters: {Value: {Type: String}}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Value}}
  First: {Type: AWS::SSM::Parameter, Properties: {Name: !Sub "/${AWS::StackName}/first", Type: String, Value: !Ref Value}}
`

func TestAFailingUpdateRestoresTheOldValues(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusCreateComplete, valued, parameters{"Value": "old"})
	s.must(types.StackStatusUpdateRollbackComplete, valued+`
  Added: {Type: AWS::SNS::Topic}`+failing, parameters{"Value": "new"})
	s.logged("Broken", "CREATE_FAILED")
	s.logged(s.name, "UPDATE_ROLLBACK_IN_PROGRESS", "failed to create: [Broken]")
	s.logged("Added", "DELETE_COMPLETE")
	if got, _ := s.parameter("/" + s.name + "/first"); got != "old" {
		t.Errorf("the parameter is %q, want the old value", got)
	}
	if c, err := s.plan(valued, parameters{"Value": "old"}); err != nil || !strings.HasPrefix(aws.ToString(c.StatusReason), "The submitted information didn't contain changes.") {
		t.Errorf("after the rollback the old template is a change: %v %v", c, err)
	}
	s.must(types.StackStatusUpdateComplete, valued, parameters{"Value": "newer"})
}

func TestAReplacedResourceComesBackWhenTheUpdateFails(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	template := func(name string) string {
		return "Resources:\n  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: " + s.name + name + "}}"
	}
	s.must(types.StackStatusCreateComplete, template("one"))
	before := s.physical("Topic")
	s.must(types.StackStatusUpdateRollbackComplete, template("two")+failing)
	if got := s.physical("Topic"); got != before {
		t.Errorf("the topic is %s, want the first, %s", got, before)
	}
	s.logged("Topic", "DELETE_COMPLETE")
}

func TestARollbackThatFailsCanBeContinuedWithoutTheResource(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	template := func(act, more string) string {
		return withActor + `
  Thing: {Type: Custom::Thing, Properties: {ServiceToken: !GetAtt Actor.Arn, Act: ` + act + "}}\n  Topic: {Type: AWS::SNS::Topic, DependsOn: Thing}" + more
	}
	s.must(types.StackStatusCreateComplete, template("once", ""))
	s.must(types.StackStatusUpdateRollbackFailed, template("succeed", failing))
	s.refused(template("succeed", ""), "is in UPDATE_ROLLBACK_FAILED state and can not be updated")
	_, err := s.api.ContinueUpdateRollback(context.Background(), &cloudformation.ContinueUpdateRollbackInput{StackName: aws.String(s.name), ResourcesToSkip: []string{"Thing"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.wait(); got != types.StackStatusUpdateRollbackComplete {
		t.Errorf("the stack is %s", got)
	}
}

func TestAStackThatKeepsWhatFailedIsRolledBackOnRequest(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	c, err := s.plan("Resources:\n  Topic: {Type: AWS::SNS::Topic}"+failing, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.api.ExecuteChangeSet(context.Background(), &cloudformation.ExecuteChangeSetInput{ChangeSetName: c.ChangeSetId, DisableRollback: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	if got := s.wait(); got != types.StackStatusCreateFailed {
		t.Fatalf("the stack is %s", got)
	}
	if s.physical("Topic") == "" {
		t.Error("the topic is gone")
	}
	if _, err := s.api.RollbackStack(context.Background(), &cloudformation.RollbackStackInput{StackName: aws.String(s.name)}); err != nil {
		t.Fatal(err)
	}
	if got := s.wait(); got != types.StackStatusRollbackComplete {
		t.Errorf("the stack is %s", got)
	}
}
