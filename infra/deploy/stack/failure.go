package stack

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Failure is the first thing that went wrong in a deployment of a stack.
type Failure struct {
	Stack string
	// Resource is its logical id and Type its type.
	Resource, Type string
	// Reason is what CloudFormation or the service said, in one line.
	Reason string
}

// String names the resource and the reason.
func (f Failure) String() string {
	return fmt.Sprintf("%s, %s (%s): %s", f.Stack, f.Resource, f.Type, f.Reason)
}

// WhyFailed looks for the first failure in a stack's events since a time; nil when there is none.
func WhyFailed(ctx context.Context, c *cloudformation.Client, name string, since time.Time) (*Failure, error) {
	var events []types.StackEvent
	for page := cloudformation.NewDescribeStackEventsPaginator(c, &cloudformation.DescribeStackEventsInput{StackName: &name}); page.HasMorePages(); {
		out, err := page.NextPage(ctx)
		if missing(err) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the events of stack %s: %w", name, err)
		}
		events = append(events, out.StackEvents...)
		if n := len(out.StackEvents); n > 0 && aws.ToTime(out.StackEvents[n-1].Timestamp).Before(since) {
			break
		}
	}
	return firstFailure(name, events, since), nil
}

// firstFailure reads events, newest first as CloudFormation gives them. Resources whose creation was cancelled because
// of another's failure are not the reason; the stack's own event is it only when no resource's is.
func firstFailure(name string, events []types.StackEvent, since time.Time) *Failure {
	var own *Failure
	for _, e := range slices.Backward(ofLastOperation(events)) {
		if aws.ToTime(e.Timestamp).Before(since) || !strings.HasSuffix(string(e.ResourceStatus), "_FAILED") {
			continue
		}
		reason := strings.Join(strings.Fields(aws.ToString(e.ResourceStatusReason)), " ")
		if reason == "" || strings.HasPrefix(reason, "Resource creation cancelled") || strings.HasPrefix(reason, "Resource update cancelled") {
			continue
		}
		f := &Failure{name, aws.ToString(e.LogicalResourceId), aws.ToString(e.ResourceType), reason}
		if f.Type != "AWS::CloudFormation::Stack" {
			return f
		}
		if own == nil {
			own = f
		}
	}
	return own
}

// ofLastOperation are the events, newest first, since somebody last asked CloudFormation for something: an attempt soon
// after another has reasons of its own.
func ofLastOperation(events []types.StackEvent) []types.StackEvent {
	for i, e := range events {
		if aws.ToString(e.ResourceType) == "AWS::CloudFormation::Stack" && aws.ToString(e.ResourceStatusReason) == "User Initiated" {
			return events[:i]
		}
	}
	return events
}
