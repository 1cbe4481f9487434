package cloud

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// stack is one that a test deploys through change sets, as the CDK CLI does.
type stack struct {
	*testing.T
	*emulator
	name string
	api  *cloudformation.Client
}

var number atomic.Int64

// newStack returns a stack that does not exist yet, under a name of its own.
func newStack(t *testing.T) *stack {
	t.Helper()
	e := use(t)
	name := fmt.Sprintf("S%d", number.Add(1))
	return &stack{t, e, name, cloudformation.NewFromConfig(e.config())}
}

// parameters are those of a template.
type parameters map[string]string

// plan makes a change set and returns what CloudFormation tells of it.
func (s *stack) plan(template string, given parameters) (*cloudformation.DescribeChangeSetOutput, error) {
	s.Helper()
	kind := types.ChangeSetTypeCreate
	if d := s.describe(); d != nil && d.StackStatus != types.StackStatusReviewInProgress {
		kind = types.ChangeSetTypeUpdate
	}
	in := &cloudformation.CreateChangeSetInput{
		StackName: aws.String(s.name), ChangeSetName: aws.String(fmt.Sprintf("c%d", number.Add(1))), ChangeSetType: kind,
		TemplateBody: aws.String(template), Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	}
	for key, value := range given {
		in.Parameters = append(in.Parameters, types.Parameter{ParameterKey: aws.String(key), ParameterValue: aws.String(value)})
	}
	made, err := s.api.CreateChangeSet(context.Background(), in)
	if err != nil {
		return nil, err
	}
	return s.api.DescribeChangeSet(context.Background(), &cloudformation.DescribeChangeSetInput{ChangeSetName: made.Id})
}

// deploy carries a template out and returns the status in which that leaves the stack.
func (s *stack) deploy(template string, given ...parameters) types.StackStatus {
	s.Helper()
	var p parameters
	if len(given) > 0 {
		p = given[0]
	}
	c, err := s.plan(template, p)
	if err != nil {
		s.Fatalf("the change set was refused: %v", err)
	}
	if c.Status != types.ChangeSetStatusCreateComplete {
		s.Fatalf("the change set is %s: %s", c.Status, aws.ToString(c.StatusReason))
	}
	if _, err := s.api.ExecuteChangeSet(context.Background(), &cloudformation.ExecuteChangeSetInput{ChangeSetName: c.ChangeSetId}); err != nil {
		s.Fatalf("the change set cannot be executed: %v", err)
	}
	return s.wait()
}

// must deploys a template and fails the test when that does not end in the status wanted.
func (s *stack) must(want types.StackStatus, template string, given ...parameters) {
	s.Helper()
	if got := s.deploy(template, given...); got != want {
		s.Fatalf("the stack is %s, want %s; its history:\n%s", got, want, strings.Join(s.history(), "\n"))
	}
}

// wait returns the status once nothing is under way.
func (s *stack) wait() types.StackStatus {
	s.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		d := s.describe()
		if d == nil {
			return types.StackStatusDeleteComplete
		}
		if !strings.HasSuffix(string(d.StackStatus), "_IN_PROGRESS") {
			return d.StackStatus
		}
	}
	s.Fatal("the stack is busy for ever")
	return ""
}

// delete deletes the stack and returns the status in which that leaves it.
func (s *stack) delete() types.StackStatus {
	s.Helper()
	if _, err := s.api.DeleteStack(context.Background(), &cloudformation.DeleteStackInput{StackName: aws.String(s.name)}); err != nil {
		s.Fatal(err)
	}
	return s.wait()
}

// describe returns the stack, nil when there is none.
func (s *stack) describe() *types.Stack {
	s.Helper()
	out, err := s.api.DescribeStacks(context.Background(), &cloudformation.DescribeStacksInput{StackName: aws.String(s.name)})
	if err != nil {
		if strings.Contains(err.Error(), "does not exist") {
			return nil
		}
		s.Fatal(err)
	}
	return &out.Stacks[0]
}

// output is the value of an output.
func (s *stack) output(name string) string {
	s.Helper()
	for _, o := range s.describe().Outputs {
		if aws.ToString(o.OutputKey) == name {
			return aws.ToString(o.OutputValue)
		}
	}
	s.Fatalf("the stack has no output %s", name)
	return ""
}

// events are the stack's history, oldest first; id is the stack's id when it is deleted.
func (s *stack) events(id string) []types.StackEvent {
	s.Helper()
	if id == "" {
		id = s.name
	}
	var all []types.StackEvent
	pages := cloudformation.NewDescribeStackEventsPaginator(s.api, &cloudformation.DescribeStackEventsInput{StackName: aws.String(id)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			s.Fatal(err)
		}
		all = append(all, page.StackEvents...)
	}
	slices.Reverse(all)
	return all
}

// history is what happened, one "logical id: status reason" a line.
func (s *stack) history() []string {
	s.Helper()
	var lines []string
	for _, e := range s.events("") {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s: %s %s", aws.ToString(e.LogicalResourceId), e.ResourceStatus, aws.ToString(e.ResourceStatusReason))))
	}
	return lines
}

// happened says in which order resources reached a status.
func (s *stack) happened(id, status string) []string {
	s.Helper()
	var names []string
	for _, e := range s.events(id) {
		if string(e.ResourceStatus) == status && aws.ToString(e.LogicalResourceId) != s.name {
			names = append(names, aws.ToString(e.LogicalResourceId))
		}
	}
	return names
}

// physical is the physical id of a resource.
func (s *stack) physical(logical string) string {
	s.Helper()
	out, err := s.api.DescribeStackResource(context.Background(), &cloudformation.DescribeStackResourceInput{StackName: aws.String(s.name), LogicalResourceId: aws.String(logical)})
	if err != nil {
		s.Fatal(err)
	}
	return aws.ToString(out.StackResourceDetail.PhysicalResourceId)
}

// logged fails the test unless a line of the history has all the parts.
func (s *stack) logged(parts ...string) {
	s.Helper()
	lines := s.history()
	for _, line := range lines {
		if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) }) {
			return
		}
	}
	s.Errorf("no event with %q in:\n%s", parts, strings.Join(lines, "\n"))
}

// refused fails the test unless a change set is refused with a message that has the part.
func (s *stack) refused(template, part string) {
	s.Helper()
	_, err := s.plan(template, nil)
	var told interface{ ErrorCode() string }
	if err == nil || !errors.As(err, &told) || told.ErrorCode() != "ValidationError" || !strings.Contains(err.Error(), part) {
		s.Errorf("the answer is %v, want a ValidationError with %q", err, part)
	}
}
