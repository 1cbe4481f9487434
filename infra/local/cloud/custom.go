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
	before, err := c.loadCustom(r.Stack, r.LogicalID)
	if err != nil {
		return assembly.Values{}, err
	}
	if before != nil && reflect.DeepEqual(before.Properties, properties) {
		return before.values(), nil
	}
	req := customRequest{RequestType: "Create", ResourceType: r.Type, LogicalResourceID: r.LogicalID, ResourceProperties: properties}
	if before != nil {
		req.RequestType, req.PhysicalResourceID, req.OldResourceProperties = "Update", before.PhysicalID, before.Properties
	}
	answer, err := c.callCustom(ctx, r.Stack, req)
	if err != nil {
		return assembly.Values{}, err
	}
	after := customState{Type: r.Type, PhysicalID: answer.PhysicalResourceID, Properties: properties, Data: answer.Data, Retain: r.DeletionPolicy == "Retain"}
	if err := c.saveCustom(r.Stack, r.LogicalID, after); err != nil {
		return assembly.Values{}, err
	}
	if before != nil && before.PhysicalID != after.PhysicalID {
		// Another physical id means a replacement, and CloudFormation deletes what was replaced.
		if err := c.deleteCustom(ctx, r.Stack, r.LogicalID, *before); err != nil {
			return assembly.Values{}, err
		}
	}
	return after.values(), nil
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

// deleteAbsent deletes the custom resources of a stack that its template no longer has.
func (c *Cloud) deleteAbsent(ctx context.Context, stack string, present []*assembly.Resource) error {
	stored, err := c.listCustom(stack)
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(stored)) {
		if slices.ContainsFunc(present, func(r *assembly.Resource) bool { return r.LogicalID == id }) {
			continue
		}
		if !stored[id].Retain {
			if err := c.deleteCustom(ctx, stack, id, stored[id]); err != nil {
				return fmt.Errorf("stack %s, resource %s: %w", stack, id, err)
			}
		}
		if err := c.removeCustom(stack, id); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cloud) deleteCustom(ctx context.Context, stack, logicalID string, s customState) error {
	_, err := c.callCustom(ctx, stack, customRequest{
		RequestType: "Delete", ResourceType: s.Type, LogicalResourceID: logicalID, PhysicalResourceID: s.PhysicalID, ResourceProperties: s.Properties,
	})
	return err
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
	return plain(v)
}
