package stack

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

var begun = time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC)

// event is one of CloudFormation's, some seconds after the deployment began.
func event(seconds int, id, kind, status, reason string) types.StackEvent {
	return types.StackEvent{
		Timestamp: aws.Time(begun.Add(time.Duration(seconds) * time.Second)), LogicalResourceId: &id, ResourceType: &kind,
		ResourceStatus: types.ResourceStatus(status), ResourceStatusReason: &reason,
	}
}

func TestTheFirstFailureOfThisDeploymentIsTheReason(t *testing.T) {
	t.Parallel()
	events := []types.StackEvent{ // newest first
		event(9, "Miyabi-dev-Api", "AWS::CloudFormation::Stack", "UPDATE_ROLLBACK_COMPLETE", ""),
		event(5, "Auth", "AWS::Lambda::Function", "UPDATE_FAILED", "Resource update cancelled"),
		event(4, "Topic", "AWS::SNS::Topic", "CREATE_FAILED", "too late"),
		event(3, "Live", "AWS::Lambda::Alias", "UPDATE_FAILED", "the hook\n  said no"),
		event(1, "Api", "AWS::Lambda::Function", "UPDATE_COMPLETE", ""),
		event(0, "Miyabi-dev-Api", "AWS::CloudFormation::Stack", "UPDATE_IN_PROGRESS", "User Initiated"),
		event(0, "Live", "AWS::Lambda::Alias", "UPDATE_FAILED", "of the attempt a moment before"),
		event(-60, "Old", "AWS::SNS::Topic", "CREATE_FAILED", "of an earlier deployment"),
	}
	got := firstFailure("Miyabi-dev-Api", events, begun)
	if got == nil || got.String() != "Miyabi-dev-Api, Live (AWS::Lambda::Alias): the hook said no" {
		t.Errorf("the failure is %v", got)
	}
}

func TestTheStacksOwnEventIsTheReasonWhenNoResourceFailed(t *testing.T) {
	t.Parallel()
	events := []types.StackEvent{event(1, "Miyabi-dev-Api", "AWS::CloudFormation::Stack", "UPDATE_FAILED", "no permission")}
	if got := firstFailure("Miyabi-dev-Api", events, begun); got == nil || got.Reason != "no permission" {
		t.Errorf("the failure is %v", got)
	}
	if got := firstFailure("Miyabi-dev-Api", nil, begun); got != nil {
		t.Errorf("a failure without events: %v", got)
	}
}

func TestAStackIsDeployedOnlyWhenADeploymentLeftItWhole(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]struct{ exists, deployed, busy bool }{
		"":                                    {},
		"DELETE_COMPLETE":                     {},
		"REVIEW_IN_PROGRESS":                  {},
		"CREATE_IN_PROGRESS":                  {exists: true, busy: true},
		"CREATE_COMPLETE":                     {exists: true, deployed: true},
		"ROLLBACK_COMPLETE":                   {exists: true},
		"UPDATE_ROLLBACK_COMPLETE":            {exists: true, deployed: true},
		"UPDATE_ROLLBACK_FAILED":              {exists: true},
		"DELETE_FAILED":                       {exists: true},
		"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": {exists: true, deployed: true},
	} {
		s := State{Status: status}
		if s.Exists() != want.exists || s.Deployed() != want.deployed || s.InProgress() != want.busy {
			t.Errorf("%q: exists %v, deployed %v, in progress %v", status, s.Exists(), s.Deployed(), s.InProgress())
		}
	}
}
