package cloud

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func TestResourcesAreDeletedBeforeWhatTheyNeed(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusCreateComplete, `
Resources:
  Last: {Type: AWS::SNS::Topic, DependsOn: Middle}
  First: {Type: AWS::SNS::Topic}
  Middle: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt First.TopicName}}`)
	if made := s.happened("", "CREATE_COMPLETE"); !slices.Equal(made, []string{"First", "Middle", "Last"}) {
		t.Errorf("made in the order %v", made)
	}
	id := aws.ToString(s.describe().StackId)
	if got := s.delete(); got != types.StackStatusDeleteComplete {
		t.Fatalf("the stack is %s", got)
	}
	if gone := s.happened(id, "DELETE_COMPLETE"); !slices.Equal(gone, []string{"Last", "Middle", "First"}) {
		t.Errorf("deleted in the order %v", gone)
	}
	if got := s.delete(); got != types.StackStatusDeleteComplete {
		t.Errorf("deleting again: %s", got)
	}
}

func TestWhatIsToBeRetainedStays(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	template := func(kept, value string) string {
		return `
Resources:
  Topic: {Type: AWS::SNS::Topic}
  Kept:
    Type: AWS::SSM::Parameter
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties: {Name: !Sub "/${AWS::StackName}/` + kept + `", Type: String, Value: ` + value + `}`
	}
	s.must(types.StackStatusCreateComplete, template("one", "1"))
	s.must(types.StackStatusUpdateComplete, template("two", "2"))
	s.must(types.StackStatusUpdateComplete, "Resources: {Topic: {Type: AWS::SNS::Topic}}")
	for name, want := range map[string]string{"one": "1", "two": "2"} {
		if got, _ := s.parameter("/" + s.name + "/" + name); got != want {
			t.Errorf("/%s/%s is %q, want %q", s.name, name, got, want)
		}
	}
	s.logged("Kept", "DELETE_SKIPPED")
}

func TestRetainExceptOnCreateGoesWithAFailedCreationOnly(t *testing.T) {
	t.Parallel()
	kept := `
Resources:
  Topic: {Type: AWS::SNS::Topic}
  Kept: {Type: AWS::SSM::Parameter, DeletionPolicy: RetainExceptOnCreate, Properties: {Name: !Sub "/${AWS::StackName}/kept", Type: String, Value: x}}`
	s := newStack(t)
	s.must(types.StackStatusRollbackComplete, kept+failing)
	if _, there := s.parameter("/" + s.name + "/kept"); there {
		t.Error("it outlives the failed creation")
	}
	s = newStack(t)
	s.must(types.StackStatusCreateComplete, kept)
	s.delete()
	if _, there := s.parameter("/" + s.name + "/kept"); !there {
		t.Error("it is gone with the stack")
	}
}

func TestABucketThatHoldsSomethingIsNotDeleted(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusCreateComplete, "Resources: {Bucket: {Type: AWS::S3::Bucket}, Topic: {Type: AWS::SNS::Topic}}")
	bucket := s.physical("Bucket")
	if err := s.put(bucket, "something", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if got := s.delete(); got != types.StackStatusDeleteFailed {
		t.Fatalf("the stack is %s", got)
	}
	s.logged("Bucket", "DELETE_FAILED", "not empty", "BucketNotEmpty")
	s.logged("Topic", "DELETE_COMPLETE")
	if _, err := s.s3().DeleteObject(context.Background(), &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String("something")}); err != nil {
		t.Fatal(err)
	}
	if got := s.delete(); got != types.StackStatusDeleteComplete {
		t.Errorf("the stack is %s", got)
	}
}

func TestAProtectedStackIsNotDeleted(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusCreateComplete, "Resources: {Topic: {Type: AWS::SNS::Topic}}")
	protect := func(on bool) {
		_, err := s.api.UpdateTerminationProtection(context.Background(), &cloudformation.UpdateTerminationProtectionInput{StackName: aws.String(s.name), EnableTerminationProtection: aws.Bool(on)})
		if err != nil {
			t.Fatal(err)
		}
	}
	protect(true)
	_, err := s.api.DeleteStack(context.Background(), &cloudformation.DeleteStackInput{StackName: aws.String(s.name)})
	if err == nil || !strings.Contains(err.Error(), "cannot be deleted while TerminationProtection is enabled") {
		t.Error(err)
	}
	protect(false)
	if got := s.delete(); got != types.StackStatusDeleteComplete {
		t.Errorf("the stack is %s", got)
	}
}

func TestAnExportInUseHoldsItsStack(t *testing.T) {
	t.Parallel()
	from, to := newStack(t), newStack(t)
	export := func(value string) string {
		return "Resources: {Topic: {Type: AWS::SNS::Topic}}\nOutputs: {Out: {Value: " + value + ", Export: {Name: export-of-" + from.name + "}}}"
	}
	from.must(types.StackStatusCreateComplete, export("one"))
	to.must(types.StackStatusCreateComplete, "Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !ImportValue export-of-"+from.name+"}}}")
	from.must(types.StackStatusUpdateRollbackComplete, export("two"))
	from.logged(from.name, "UPDATE_ROLLBACK_IN_PROGRESS")
	if got := from.delete(); got != types.StackStatusDeleteFailed {
		t.Errorf("the exporting stack is %s", got)
	}
	from.logged(from.name, "DELETE_FAILED", "as it is in use by "+to.name)
	to.delete()
	if got := from.delete(); got != types.StackStatusDeleteComplete {
		t.Errorf("the exporting stack is %s", got)
	}
	newStack(t).refused("Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !ImportValue export-of-"+from.name+"}}}", "No export named export-of-"+from.name+" found")
}
