package cloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/jsonfile"
	"github.com/miyabi-society/platform/infra/local/lambda"
)

// customState is what is remembered of a custom resource from one deployment to the next.
type customState struct {
	Type       string
	PhysicalID string
	Properties map[string]any
	Data       map[string]any
	Retain     bool
	// Function is what the ServiceToken named last. It also runs the deletion when the template has neither any more.
	Function lambda.Function
}

func (s customState) token() string { return assembly.Text(s.Properties["ServiceToken"]) }

func (s customState) values() assembly.Values {
	return assembly.Values{Ref: s.PhysicalID, Attributes: s.Data}
}

// customs are the custom resources of one stack.
type customs struct {
	cloud *Cloud
	stack string
	// known are those that exist, by logical id. They are written to file after each change.
	known map[string]customState
	file  string
	// changes are this deployment's requests in their order, the last of which may have failed.
	changes []change
}

// change is one creation or update of a resource. Before is nil for a creation.
type change struct {
	*assembly.Resource
	before *customState
	after  customState
}

func (c *Cloud) openCustoms(stack string) (*customs, error) {
	k := &customs{cloud: c, stack: stack, known: map[string]customState{}, file: filepath.Join(c.stateDir("resources"), stack+".json")}
	if err := jsonfile.Read(k.file, &k.known); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return k, nil
}

// remember makes s what is known of a resource, or forgets it.
func (k *customs) remember(id string, s *customState) error {
	if s == nil {
		delete(k.known, id)
	} else {
		k.known[id] = *s
	}
	return jsonfile.Write(k.file, k.known)
}

// createCustom calls the resource's function when the resource is new or its properties changed.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes-update.html
func createCustom(ctx context.Context, c *Cloud, r request) (assembly.Values, error) {
	if _, err := serviceTimeout(r.properties.all); err != nil {
		return assembly.Values{}, err
	}
	function, err := c.functions.Config(r.properties.text("ServiceToken"))
	if err != nil {
		return assembly.Values{}, fmt.Errorf("its ServiceToken: %w", err)
	}
	k := c.customs[r.Stack]
	before, exists := k.known[r.LogicalID]
	after := before
	after.Type, after.Properties, after.Retain, after.Function = r.Type, r.properties.all, strings.HasPrefix(r.DeletionPolicy, "Retain"), function
	switch {
	case !exists:
		return k.apply(ctx, "Create", change{Resource: r.Resource, after: after}, r.name("", 255))
	case before.Type != after.Type || before.token() != after.token():
		return assembly.Values{}, errors.New("an update cannot change its type or its ServiceToken: give it another logical id")
	case reflect.DeepEqual(before.Properties, after.Properties):
		return after.values(), k.remember(r.LogicalID, &after)
	}
	return k.apply(ctx, "Update", change{Resource: r.Resource, before: &before, after: after}, before.PhysicalID)
}

// apply asks for a change. An answer without a physical id leaves the resource under id.
func (k *customs) apply(ctx context.Context, kind string, ch change, id string) (assembly.Values, error) {
	answer, err := k.call(ctx, kind, ch.LogicalID, ch.after, ch.before)
	ch.after.PhysicalID, ch.after.Data = cmp.Or(answer.PhysicalResourceID, id), answer.Data
	k.changes = append(k.changes, ch)
	if err != nil {
		return assembly.Values{}, err
	}
	return ch.after.values(), k.remember(ch.LogicalID, &ch.after)
}

// call sends one request. Old is what an update comes from.
func (k *customs) call(ctx context.Context, kind, id string, s customState, old *customState) (customAnswer, error) {
	req := customRequest{
		RequestType: kind, ResourceType: s.Type, ServiceToken: s.token(),
		LogicalResourceID: id, PhysicalResourceID: s.PhysicalID, ResourceProperties: s.Properties,
	}
	if old != nil {
		req.OldResourceProperties = old.Properties
	}
	function, err := k.cloud.functionOfCustom(s)
	if err != nil {
		return customAnswer{}, err
	}
	return k.cloud.callCustom(ctx, k.stack, function, req)
}

// functionOfCustom names the function of a resource. One that the template no longer has is made callable again.
func (c *Cloud) functionOfCustom(s customState) (string, error) {
	if _, err := c.functions.Config(s.token()); err == nil {
		return s.token(), nil
	}
	if _, err := c.functions.Config(s.Function.ARN); err == nil {
		return s.Function.ARN, nil
	}
	return s.Function.ARN, c.functions.Add(s.Function)
}

// delete asks for a deletion. A resource that cannot be deleted is left behind, as CloudFormation leaves it.
func (k *customs) delete(ctx context.Context, id string, s customState) {
	if _, err := k.call(ctx, "Delete", id, s, nil); err != nil {
		k.cloud.printf("stack %s, resource %s stays behind: %v", k.stack, id, err)
	}
}

// rollBack undoes this deployment's changes after one of the stack failed, the last first: a creation is deleted, an
// update gets its old properties back.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
// and https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes-delete.html
func (k *customs) rollBack(ctx context.Context) error {
	for _, ch := range slices.Backward(k.changes) {
		switch {
		case ch.before != nil:
			k.undoUpdate(ctx, ch)
		case ch.DeletionPolicy != "Retain": // RetainExceptOnCreate does not keep it either
			k.delete(ctx, ch.LogicalID, ch.after)
		}
		if err := k.remember(ch.LogicalID, ch.before); err != nil {
			return err
		}
	}
	return nil
}

// undoUpdate gives before the physical id that it has from now on.
func (k *customs) undoUpdate(ctx context.Context, ch change) {
	back := *ch.before
	back.PhysicalID = ch.after.PhysicalID
	answer, err := k.call(ctx, "Update", ch.LogicalID, back, &ch.after)
	if err != nil {
		k.cloud.printf("stack %s, resource %s is not rolled back: %v", k.stack, ch.LogicalID, err)
		return
	}
	ch.before.PhysicalID, ch.before.Data = answer.PhysicalResourceID, answer.Data
	if answer.PhysicalResourceID != ch.after.PhysicalID {
		k.delete(ctx, ch.LogicalID, ch.after)
	}
}

// cleanUp deletes what this deployment's updates replaced and what the template no longer has.
func (k *customs) cleanUp(ctx context.Context, present []*assembly.Resource) error {
	for _, ch := range k.changes {
		if ch.before != nil && ch.before.PhysicalID != ch.after.PhysicalID && ch.UpdateReplacePolicy != "Retain" {
			k.delete(ctx, ch.LogicalID, *ch.before)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(k.known)) {
		if slices.ContainsFunc(present, func(r *assembly.Resource) bool { return r.LogicalID == id }) {
			continue
		}
		if s := k.known[id]; !s.Retain {
			k.delete(ctx, id, s)
		}
		if err := k.remember(id, nil); err != nil {
			return err
		}
	}
	return nil
}

// updateCustomOf lets every custom resource of a function run again with the properties it has.
func (c *Cloud) updateCustomOf(ctx context.Context, function string) error {
	for _, stack := range slices.Sorted(maps.Keys(c.customs)) {
		k := c.customs[stack]
		for _, id := range slices.Sorted(maps.Keys(k.known)) {
			s := k.known[id]
			if s.Function.Name != function {
				continue
			}
			answer, err := k.call(ctx, "Update", id, s, &s)
			if err != nil {
				return fmt.Errorf("stack %s, resource %s: %w", stack, id, err)
			}
			replaced := s
			s.PhysicalID, s.Data = answer.PhysicalResourceID, answer.Data
			if s.PhysicalID != replaced.PhysicalID {
				k.delete(ctx, id, replaced)
			}
			if err := k.remember(id, &s); err != nil {
				return err
			}
		}
	}
	return nil
}
