package cloud

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/miyabi-society/platform/infra/local/assembly"
)

// schemaText has a line for each type: its name and its properties that a template may set.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
//
//go:embed schema.txt
var schemaText string

// schema holds the properties of each type.
var schema = func() map[string][]string {
	properties := map[string][]string{}
	for line := range strings.Lines(schemaText) {
		words := strings.Fields(line)
		properties[words[0]] = words[1:]
	}
	return properties
}()

// Check refuses what no deployment of the assembly could make, whatever its parameters are: a type that is not known, or a
// property that a type does not have. A resource with a condition may be left out, so it is not looked at.
func Check(a *assembly.Assembly) error {
	for _, s := range a.Stacks {
		for _, id := range slices.Sorted(maps.Keys(s.Template.Resources)) {
			r := s.Template.Resources[id]
			if r.Condition != "" {
				continue
			}
			if err := known(r); err != nil {
				return fmt.Errorf("%s: %w", r, err)
			}
		}
	}
	return nil
}

// known refuses a type that is neither run nor inert, and as CloudFormation does a property that the type does not have.
func known(r *assembly.Resource) error {
	if creator(r) == nil {
		return fmt.Errorf("the local cloud does not know the type %s: it neither runs it nor lists it as inert", r.Type)
	}
	properties, listed := schema[r.Type]
	for name := range r.Properties {
		if listed && !strings.HasPrefix(name, "Fn::") && !slices.Contains(properties, name) {
			return fmt.Errorf("%s has no property %s", r.Type, name)
		}
	}
	return nil
}
