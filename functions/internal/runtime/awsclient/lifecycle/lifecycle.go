// Package lifecycle tells CodeDeploy how a check of a deployment ended.
package lifecycle

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// Hook names one run of a hook, as CodeDeploy passes it to the hook's function.
// Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
type Hook struct {
	Deployment string `json:"DeploymentId"`
	Execution  string `json:"LifecycleEventHookExecutionId"`
}

// Client reports to CodeDeploy. Its function runs outside of the VPC.
type Client struct{ client *codedeploy.Client }

// New makes a client of CodeDeploy.
func New(c aws.Config) *Client { return &Client{codedeploy.NewFromConfig(c)} }

// Report ends a hook: the deployment goes on when it passed and is rolled back when it did not.
func (c *Client) Report(ctx context.Context, hook Hook, passed bool) error {
	status := types.LifecycleEventStatusFailed
	if passed {
		status = types.LifecycleEventStatusSucceeded
	}
	_, err := c.client.PutLifecycleEventHookExecutionStatus(ctx, &codedeploy.PutLifecycleEventHookExecutionStatusInput{
		DeploymentId: aws.String(hook.Deployment), LifecycleEventHookExecutionId: aws.String(hook.Execution), Status: status,
	})
	if err != nil {
		return fmt.Errorf("report %s of deployment %s: %w", status, hook.Deployment, err)
	}
	return nil
}
