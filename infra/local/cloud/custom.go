package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/lambda"
)

// isCustom tells the two forms of a custom resource's type.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html
func isCustom(kind string) bool {
	return strings.HasPrefix(kind, "Custom::") || kind == "AWS::CloudFormation::CustomResource"
}

// defaultServiceTimeout is how long CloudFormation waits for an answer unless ServiceTimeout says otherwise.
const defaultServiceTimeout = time.Hour

// customRequest is what the function gets.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
type customRequest struct {
	RequestType           string
	ResponseURL           string
	StackID               string `json:"StackId"`
	RequestID             string `json:"RequestId"`
	ResourceType          string
	LogicalResourceID     string `json:"LogicalResourceId"`
	PhysicalResourceID    string `json:"PhysicalResourceId,omitempty"`
	ResourceProperties    map[string]any
	OldResourceProperties map[string]any `json:",omitempty"`
}

// createCustom calls the resource's function when the resource is new or its properties changed.
func createCustom(ctx context.Context, c *Cloud, r request) (assembly.Values, error) {
	token := r.properties.text("ServiceToken")
	if token == "" {
		return assembly.Values{}, errors.New("ServiceToken is missing")
	}
	properties, _ := stringified(map[string]any(r.properties)).(map[string]any)
	known, err := c.customOf(r.Stack)
	if err != nil {
		return assembly.Values{}, err
	}
	before, exists := known[r.LogicalID]
	if exists && reflect.DeepEqual(before.Properties, properties) {
		return before.values(), nil
	}
	req := customRequest{RequestType: "Create", ResourceType: r.Type, LogicalResourceID: r.LogicalID, ResourceProperties: properties}
	if exists {
		req.RequestType, req.PhysicalResourceID, req.OldResourceProperties = "Update", before.PhysicalID, before.Properties
	}
	answer, err := c.callCustom(ctx, r.Stack, req)
	if err != nil {
		c.rollBack(ctx, r.Stack, req, answer)
		return assembly.Values{}, err
	}
	function, err := c.functions.Config(token)
	if err != nil {
		return assembly.Values{}, err
	}
	after := customState{
		Type: r.Type, PhysicalID: answer.PhysicalResourceID, Properties: properties, Data: answer.Data, Retain: r.DeletionPolicy == "Retain", Function: function,
	}
	if err := c.remember(r.Stack, func(known map[string]customState) { known[r.LogicalID] = after }); err != nil {
		return assembly.Values{}, err
	}
	if exists && before.PhysicalID != after.PhysicalID && r.UpdateReplacePolicy != "Retain" {
		c.replaced = append(c.replaced, replaced{r.LogicalID, before})
	}
	return after.values(), nil
}

// replaced is a custom resource that an update gave another physical id.
type replaced struct {
	logicalID string
	customState
}

// rollBack undoes a request that the function answered with FAILED: a creation is deleted, an update gets its old
// properties back. How that ends changes nothing.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes-delete.html
func (c *Cloud) rollBack(ctx context.Context, stack string, req customRequest, answer customAnswer) {
	switch {
	case answer.Status != "FAILED":
		return
	case req.RequestType == "Update":
		req.ResourceProperties, req.OldResourceProperties = req.OldResourceProperties, req.ResourceProperties
	case answer.PhysicalResourceID == "":
		return
	default:
		req.RequestType, req.PhysicalResourceID = "Delete", answer.PhysicalResourceID
	}
	if _, err := c.callCustom(ctx, stack, req); err != nil {
		c.printf("roll back %s: %v", req.LogicalResourceID, err)
	}
}

// updateCustomOf lets every custom resource of a function run again with the properties it has.
func (c *Cloud) updateCustomOf(ctx context.Context, function string) error {
	for _, s := range c.config.Assembly.Stacks {
		stored, err := c.customOf(s.Name)
		if err != nil {
			return err
		}
		for _, id := range slices.Sorted(maps.Keys(stored)) {
			x := stored[id]
			if x.Function.Name != function {
				continue
			}
			if _, err := c.callCustom(ctx, s.Name, customRequest{
				RequestType: "Update", ResourceType: x.Type, LogicalResourceID: id, PhysicalResourceID: x.PhysicalID,
				ResourceProperties: x.Properties, OldResourceProperties: x.Properties,
			}); err != nil {
				return fmt.Errorf("stack %s, resource %s: %w", s.Name, id, err)
			}
		}
	}
	return nil
}

// callCustom sends one request and waits for its answer. CloudFormation itself would also wait out the timeout of a
// function that failed; here that failure is the answer.
func (c *Cloud) callCustom(ctx context.Context, stack string, req customRequest) (customAnswer, error) {
	timeout, err := serviceTimeout(req.ResourceProperties)
	if err != nil {
		return customAnswer{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("no answer within %s (ServiceTimeout)", timeout))
	defer cancel()
	token, arrived := c.answers.expect()
	defer c.answers.forget(token)
	req.ResponseURL, req.RequestID, req.StackID = c.address+answerPath+token, token, assembly.StackID(here, stack)
	payload, err := json.Marshal(req)
	if err != nil {
		return customAnswer{}, fmt.Errorf("write the request: %w", err)
	}
	c.printf("%s %s %s", req.RequestType, req.ResourceType, req.LogicalResourceID)
	function, _ := req.ResourceProperties["ServiceToken"].(string)
	failed := make(chan error, 1)
	go func() {
		result, err := c.functions.Invoke(ctx, function, payload)
		if err == nil && result.FunctionError != "" {
			err = fmt.Errorf("the function failed: %s", result.Payload)
		}
		if err != nil {
			failed <- err
		}
	}()
	select {
	case a := <-arrived:
		return a, a.check(req)
	case err = <-failed:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	select {
	case a := <-arrived: // it answered before it failed
		return a, a.check(req)
	default:
		return customAnswer{}, fmt.Errorf("%s by %s: %w", strings.ToLower(req.RequestType), function, err)
	}
}

// serviceTimeout reads ServiceTimeout, in seconds.
func serviceTimeout(p properties) (time.Duration, error) {
	seconds, err := p.integer("ServiceTimeout")
	if err != nil || seconds < 0 || seconds > 3600 {
		return 0, fmt.Errorf("ServiceTimeout must be 1 to 3600 seconds, not %q", p.text("ServiceTimeout"))
	}
	if seconds == 0 {
		return defaultServiceTimeout, nil
	}
	return time.Duration(seconds) * time.Second, nil
}

// cleanUp deletes the custom resources of a stack that were replaced or that its template no longer has. One that
// cannot be deleted is left behind, as CloudFormation leaves it when the update itself went well.
func (c *Cloud) cleanUp(ctx context.Context, stack string, present []*assembly.Resource) error {
	for _, r := range c.replaced {
		c.deleteCustom(ctx, stack, r.logicalID, r.customState)
	}
	c.replaced = nil
	stored, err := c.customOf(stack)
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(stored)) {
		if slices.ContainsFunc(present, func(r *assembly.Resource) bool { return r.LogicalID == id }) {
			c.code[stored[id].Function.Dir] = true
			continue
		}
		if !stored[id].Retain {
			c.deleteCustom(ctx, stack, id, stored[id])
		}
		if err := c.remember(stack, func(known map[string]customState) { delete(known, id) }); err != nil {
			return err
		}
	}
	return nil
}

// deleteCustom runs the deletion in the function of the last request when the template no longer has that function.
func (c *Cloud) deleteCustom(ctx context.Context, stack, logicalID string, s customState) {
	token, _ := s.Properties["ServiceToken"].(string)
	if _, err := c.functions.Config(token); errors.Is(err, lambda.ErrNotFound) && s.Function.Name != "" {
		if err := c.restore(s.Function); err != nil {
			c.printf("delete %s: %v", logicalID, err)
			return
		}
		s.Properties = maps.Clone(s.Properties)
		s.Properties["ServiceToken"] = s.Function.ARN
	}
	if _, err := c.callCustom(ctx, stack, customRequest{
		RequestType: "Delete", ResourceType: s.Type, LogicalResourceID: logicalID, PhysicalResourceID: s.PhysicalID, ResourceProperties: s.Properties,
	}); err != nil {
		c.printf("stack %s, resource %s stays behind: %v", stack, logicalID, err)
	}
}

// restore makes a function callable that the template no longer has.
func (c *Cloud) restore(f lambda.Function) error {
	if _, err := c.functions.Config(f.ARN); err == nil {
		return nil
	}
	return c.functions.Add(f)
}

// stringified makes a string of every scalar, as CloudFormation does before it calls a custom resource.
func stringified(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[k] = stringified(e)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = stringified(e)
		}
		return out
	}
	return assembly.Text(v)
}
