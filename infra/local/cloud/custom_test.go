package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

// withCustom is the function and a custom resource with these properties, whose Ref and Data are published.
func withCustom(properties string) string {
	return resources(function,
		`"C": {"Type": "Custom::Thing", "Properties": {"ServiceToken": {"Fn::GetAtt": ["F", "Arn"]}, `+properties+`}}`,
		`"Ref": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/ref", "Type": "String", "Value": {"Fn::Sub": "${C} ${C.Color}"}}}`)
}

// calls reads the custom resource requests since the last call.
func (m *machine) calls() []customRequest {
	m.t.Helper()
	b, err := os.ReadFile(m.record)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		m.t.Fatal(err)
	}
	if err := os.RemoveAll(m.record); err != nil {
		m.t.Fatal(err)
	}
	var out []customRequest
	for line := range strings.Lines(string(b)) {
		var r customRequest
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			m.t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func (m *machine) wantCalls(want ...string) []customRequest {
	m.t.Helper()
	got := m.calls()
	var types []string
	for _, r := range got {
		types = append(types, r.RequestType+" "+r.PhysicalResourceID)
	}
	if !reflect.DeepEqual(types, want) {
		m.t.Fatalf("requests are %q, want %q", types, want)
	}
	return got
}

func TestACustomResourceIsCreatedOnceAndUpdatedWhenItsPropertiesChange(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	c := m.must(withCustom(`"Id": "one", "Number": 7, "Flag": true, "List": [1]`))
	created := m.wantCalls("Create ")[0]
	if created.ResourceType != "Custom::Thing" || created.LogicalResourceID != "C" || created.ServiceToken != created.ResourceProperties["ServiceToken"] || !strings.HasPrefix(created.StackID, "arn:aws:cloudformation:") {
		t.Errorf("request is %+v", created)
	}
	if p := created.ResourceProperties; p["Number"] != "7" || p["Flag"] != "true" || !reflect.DeepEqual(p["List"], []any{"1"}) {
		t.Errorf("scalars must be strings: %v", p)
	}
	if v, _ := c.parameter("/ref"); v != "one blue" {
		t.Errorf("Ref and Data are %q", v)
	}

	c = m.must(withCustom(`"Id": "one", "Number": 7, "Flag": true, "List": [1]`))
	m.wantCalls()
	if v, _ := c.parameter("/ref"); v != "one blue" {
		t.Errorf("without a call, Ref and Data are %q", v)
	}

	m.must(withCustom(`"Id": "one", "Number": 8`))
	updated := m.wantCalls("Update one")[0]
	if updated.OldResourceProperties["Number"] != "7" || updated.ResourceProperties["Number"] != "8" {
		t.Errorf("request is %+v", updated)
	}
}

func TestAnotherPhysicalIDDeletesTheReplacedResource(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.must(withCustom(`"Id": "one"`))
	m.calls()
	m.must(withCustom(`"Id": "two"`))
	if deleted := m.wantCalls("Update one", "Delete one")[1]; deleted.ResourceProperties["Id"] != "one" {
		t.Errorf("the old properties were %v", deleted.ResourceProperties)
	}
}

func TestACustomResourceThatLeftTheTemplateIsDeleted(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.must(withCustom(`"Id": "one"`))
	m.calls()
	m.must(resources(function))
	m.wantCalls("Delete one")
	m.must(resources(function))
	m.wantCalls()
}

func TestACustomResourceIsDeletedByItsFunctionAlthoughThatLeftTheTemplateToo(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.must(withCustom(`"Id": "one"`))
	m.calls()
	m.must(`{"Resources": {"V": {"Type": "AWS::EC2::VPC"}}}`)
	m.wantCalls("Delete one")
}

func TestACustomResourceThatCannotBeDeletedIsLeftBehind(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.must(withCustom(`"Id": "one", "Do": "fail deletion"`))
	m.calls()
	m.must(resources(function))
	m.wantCalls("Delete one")
	m.must(resources(function))
	m.wantCalls()
}

func TestAFailedRequestIsRolledBack(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.refused("the schema is broken", withCustom(`"Id": "one", "Do": "fail"`))
	m.wantCalls("Create ", "Delete one")
	m.must(withCustom(`"Id": "one", "Number": 1`))
	m.calls()
	m.refused("the schema is broken", withCustom(`"Id": "one", "Do": "fail"`))
	back := m.wantCalls("Update one", "Update one")[1]
	if back.ResourceProperties["Number"] != "1" || back.OldResourceProperties["Do"] != "fail" {
		t.Errorf("rolled back by %+v", back)
	}
}

func TestWhatAStackDidBeforeItsFailureIsTakenBack(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	thing := func(id, properties string) string {
		return `"` + id + `": {"Type": "Custom::Thing", "Properties": {"ServiceToken": {"Fn::GetAtt": ["F", "Arn"]}, ` + properties + `}}`
	}
	const broken = `"P": {"Type": "AWS::SSM::Parameter", "DependsOn": ["A", "B"], "Properties": {"Name": "/p", "Type": "String", "Value": {"Fn::GetAtt": "A.None"}}}`
	m.refused("no attribute None", resources(function, thing("A", `"Id": "a"`), thing("B", `"Id": "b"`), broken))
	m.wantCalls("Create ", "Create ", "Delete b", "Delete a")

	m.must(resources(function, thing("A", `"Id": "a"`), thing("B", `"Id": "b"`)))
	m.calls()
	m.refused("no attribute None", resources(function, thing("A", `"Id": "a", "X": 1`), thing("B", `"Id": "b2"`), broken))
	calls := m.wantCalls("Update a", "Update b", "Update b2", "Delete b2", "Update a")
	if back := calls[2]; back.ResourceProperties["Id"] != "b" || back.OldResourceProperties["Id"] != "b2" {
		t.Errorf("taken back by %+v", back)
	}
	m.must(resources(function, thing("A", `"Id": "a"`), thing("B", `"Id": "b"`)))
	m.wantCalls()
}

func TestACreationThatIsRetainedIsNotTakenBack(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string][]string{"Retain": {"Create "}, "RetainExceptOnCreate": {"Create ", "Delete one"}} {
		m := newMachine(t)
		m.refused("the schema is broken", strings.Replace(withCustom(`"Id": "one", "Do": "fail"`), `"Custom::Thing"`, `"Custom::Thing", "DeletionPolicy": "`+policy+`"`, 1))
		m.wantCalls(want...)
	}
}

func TestACreationWithoutAnAnswerIsDeletedUnderAGeneratedID(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.refused("no answer within 1s", withCustom(`"Id": "one", "ServiceTimeout": 1, "Do": "nothing"`))
	calls := m.calls()
	if len(calls) != 2 || calls[1].RequestType != "Delete" || !strings.HasPrefix(calls[1].PhysicalResourceID, "S0-C-") {
		t.Errorf("requests are %+v", calls)
	}
}

func TestAnUpdateChangesNeitherTypeNorServiceToken(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.must(withCustom(`"Id": "one"`))
	m.calls()
	m.refused("give it another logical id", strings.Replace(withCustom(`"Id": "one"`), "Custom::Thing", "Custom::Other", 1))
	m.refused("give it another logical id", strings.Replace(withCustom(`"Id": "one"`), `{"Fn::GetAtt": ["F", "Arn"]}`, `{"Ref": "FA"}`, 1))
	m.wantCalls()
}

func TestOtherCodeOfAFunctionRunsItsCustomResourcesAgain(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	c := m.must(withCustom(`"Id": "one"`))
	m.calls()
	name := c.Functions()[0].Name
	if err := c.ReplaceCode(context.Background(), name, codeDir); err != nil {
		t.Fatal(err)
	}
	m.wantCalls("Update one")
	if err := c.ReplaceCode(context.Background(), name, t.TempDir()); err == nil {
		t.Error("a folder without a binary is code")
	}
}

func TestOtherCodeMayReplaceACustomResource(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	c := m.must(withCustom(`"Do": "another id"`))
	if err := c.ReplaceCode(context.Background(), c.Functions()[0].Name, codeDir); err != nil {
		t.Fatal(err)
	}
	calls := m.calls()
	first, second := calls[0].RequestID, calls[1].RequestID
	if len(calls) != 3 || calls[2].RequestType != "Delete" || calls[2].PhysicalResourceID != first {
		t.Fatalf("requests are %+v", calls)
	}
	m.must(resources(function))
	m.wantCalls("Delete " + second)
}

func TestARetainedCustomResourceIsNotDeleted(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"Retain", "RetainExceptOnCreate"} {
		m := newMachine(t)
		m.must(withCustom(`"Id": "one"`))
		m.must(strings.Replace(withCustom(`"Id": "one"`), `"Custom::Thing"`, `"Custom::Thing", "DeletionPolicy": "`+policy+`"`, 1))
		m.wantCalls("Create ")
		m.must(resources(function))
		m.wantCalls()
	}
}

func TestAFailedCustomResourceStopsTheDeploymentAndIsTriedAgain(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.refused("stack S0, resource C (Custom::Thing): the schema is broken", withCustom(`"Id": "one", "Do": "fail"`))
	m.calls()
	m.must(withCustom(`"Id": "one"`))
	m.wantCalls("Create ")
}

func TestBadAnswersOfACustomResource(t *testing.T) {
	t.Parallel()
	for do, part := range map[string]string{
		"garbage": "its answer: invalid character",
		"large":   "larger than 4096 bytes",
		"no id":   "no PhysicalResourceId",
		"foreign": "does not repeat StackId, RequestId",
		"exit":    "the function failed: {\"errorType\":\"Runtime.ExitError\"",
		"hang":    "no answer within 1s (ServiceTimeout)",
		"nothing": "no answer within 1s (ServiceTimeout)",
	} {
		t.Run(do, func(t *testing.T) {
			t.Parallel()
			newMachine(t).refused(part, withCustom(`"Id": "one", "ServiceTimeout": "1", "Do": "`+do+`"`))
		})
	}
}

func TestACustomResourceNeedsAFunctionAndASensibleTimeout(t *testing.T) {
	t.Parallel()
	newMachine(t).refused("its ServiceToken: ", `{"Resources": {"C": {"Type": "Custom::Thing"}}}`)
	newMachine(t).refused("function not found", `{"Resources": {"C": {"Type": "Custom::Thing", "Properties": {"ServiceToken": "arn:aws:lambda:us-east-1:000000000000:function:none"}}}}`)
	for _, seconds := range []string{"0", "5000", `"long"`} {
		newMachine(t).refused("ServiceTimeout must be ", withCustom(`"Id": "one", "ServiceTimeout": `+seconds))
	}
}
