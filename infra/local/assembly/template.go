package assembly

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Template is a CloudFormation template. A section or an attribute that it does not name is refused.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
type Template struct {
	AWSTemplateFormatVersion, Description, Metadata any
	// Transform names macros, which are not carried out.
	Transform  any
	Parameters map[string]Parameter
	Mappings   map[string]map[string]map[string]any
	Conditions map[string]any
	Rules      map[string]any
	Resources  map[string]*Resource
	Outputs    map[string]Output
}

// UnmarshalJSON refuses names that CloudFormation does not know, and keeps every digit of a number.
func (t *Template) UnmarshalJSON(b []byte) error {
	type plain Template
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	d.UseNumber()
	err := d.Decode((*plain)(t))
	if t.Transform != nil { // what it makes of the template may be the error
		return fmt.Errorf("the local cloud does not carry out the transform %s", Text(t.Transform))
	}
	for id, r := range t.Resources {
		if err == nil && (r == nil || r.Type == "") {
			err = fmt.Errorf("resource %s has no Type", id)
		}
	}
	return err
}

// Output is a value that a stack publishes, to other stacks if it has an Export.
type Output struct {
	Value, Description any
	Export             struct{ Name any }
	Condition          string
}

// Resource is one declared resource.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html
type Resource struct {
	Stack      string `json:"-"`
	LogicalID  string `json:"-"`
	Type       string
	Properties map[string]any
	DependsOn  Names
	Condition  string
	// DeletionPolicy says what happens to the resource when the template no longer has it: one that begins with Retain
	// keeps it.
	DeletionPolicy string
	// UpdateReplacePolicy says what happens to a resource that an update replaced.
	UpdateReplacePolicy                    string
	CreationPolicy, UpdatePolicy, Metadata any
}

// String names the resource as every error about it does.
func (r *Resource) String() string {
	return fmt.Sprintf("stack %s, resource %s (%s)", r.Stack, r.LogicalID, r.Type)
}

// Custom tells the two forms of a custom resource's type.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html
func (r *Resource) Custom() bool {
	return strings.HasPrefix(r.Type, "Custom::") || r.Type == "AWS::CloudFormation::CustomResource"
}

// Names is a list of names that a template may also write as one string.
type Names []string

// UnmarshalJSON takes a string or a list of strings.
func (n *Names) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*n = Names{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(n))
}
