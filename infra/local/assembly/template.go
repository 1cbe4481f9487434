package assembly

import (
	"encoding/json"
	"fmt"
)

// Template is a CloudFormation template.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
type Template struct {
	// Transform names macros, which are not carried out.
	Transform  any
	Parameters map[string]Parameter
	Mappings   map[string]map[string]map[string]any
	Conditions map[string]any
	Rules      map[string]any
	Resources  map[string]*Resource
	Outputs    map[string]Output
}

// Parameter is a declared input of a template.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
type Parameter struct {
	Type          string
	Default       any
	AllowedValues []any
}

// Output is a value that a stack publishes.
type Output struct {
	Value     any
	Condition string
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
	// DeletionPolicy says what happens to the resource when the template no longer has it: "Retain" keeps it.
	DeletionPolicy string
	// UpdateReplacePolicy says what happens to a resource that an update replaced.
	UpdateReplacePolicy string
}

// String names the resource as every error about it does.
func (r *Resource) String() string {
	return fmt.Sprintf("stack %s, resource %s (%s)", r.Stack, r.LogicalID, r.Type)
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
