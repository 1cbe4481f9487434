// Package stack asks CloudFormation about deployed stacks: their state, their outputs and templates, and why a
// deployment failed.
package stack

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
)

// State is what CloudFormation says about a stack.
type State struct {
	// Status is CloudFormation's, such as UPDATE_COMPLETE; "" for a stack that does not exist.
	Status string
	// Changed is when it was last deployed.
	Changed time.Time
	// Outputs are what it publishes.
	Outputs map[string]string
}

// Exists tells whether anything of the stack is there.
func (s State) Exists() bool {
	return s.Status != "" && s.Status != "DELETE_COMPLETE" && s.Status != "REVIEW_IN_PROGRESS"
}

// Deployed tells whether the stack stands as a deployment left it, the last one or the one before.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
func (s State) Deployed() bool {
	switch s.Status {
	case "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE",
		"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS":
		return true
	}
	return false
}

// InProgress tells whether CloudFormation is at work on the stack.
func (s State) InProgress() bool {
	return strings.HasSuffix(s.Status, "_IN_PROGRESS") && !s.Deployed() && s.Exists()
}

// Describe gives the state of a stack.
func Describe(ctx context.Context, c *cloudformation.Client, name string) (State, error) {
	out, err := c.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if missing(err) {
		return State{}, nil
	}
	if err != nil {
		return State{}, fmt.Errorf("describe stack %s: %w", name, err)
	}
	if len(out.Stacks) == 0 {
		return State{}, nil
	}
	s := out.Stacks[0]
	state := State{Status: string(s.StackStatus), Changed: aws.ToTime(s.CreationTime), Outputs: map[string]string{}}
	if s.LastUpdatedTime != nil {
		state.Changed = *s.LastUpdatedTime
	}
	for _, o := range s.Outputs {
		state.Outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	return state, nil
}

// missing tells CloudFormation's answer about a stack that does not exist from other errors of validation.
func missing(err error) bool {
	var failed smithy.APIError
	return errors.As(err, &failed) && failed.ErrorCode() == "ValidationError" && strings.Contains(failed.ErrorMessage(), "does not exist")
}

// Template is the template as it was deployed.
func Template(ctx context.Context, c *cloudformation.Client, name string) ([]byte, error) {
	out, err := c.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: &name, TemplateStage: types.TemplateStageOriginal})
	if err != nil {
		return nil, fmt.Errorf("get the template of stack %s: %w", name, err)
	}
	return []byte(aws.ToString(out.TemplateBody)), nil
}

// Resources are the physical ids of a stack's resources of a type.
func Resources(ctx context.Context, c *cloudformation.Client, name, kind string) ([]string, error) {
	var ids []string
	for page := cloudformation.NewListStackResourcesPaginator(c, &cloudformation.ListStackResourcesInput{StackName: &name}); page.HasMorePages(); {
		out, err := page.NextPage(ctx)
		if missing(err) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list the resources of stack %s: %w", name, err)
		}
		for _, r := range out.StackResourceSummaries {
			if aws.ToString(r.ResourceType) == kind && r.ResourceStatus != types.ResourceStatusDeleteComplete {
				ids = append(ids, aws.ToString(r.PhysicalResourceId))
			}
		}
	}
	return ids, nil
}
