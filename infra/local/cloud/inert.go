package cloud

import (
	"context"
	_ "embed"
	"os"
	"strings"

	"github.com/miyabi-society/platform/infra/local/assembly"
)

// inertText has a line for each type whose effect a laptop cannot have: networks, permissions, alarms, dashboards and bills, and
// what CDK's own functions do to them. A line has the type, the property that names the resource (- when CloudFormation always
// makes the name), the Ref, and the attributes of Fn::GetAtt, [] around one that is a list. Ref and attributes are patterns:
// ${id} is a 17-digit id, ${uuid} a UUID, ${name} the physical name, ${ref} the Ref, ${region} and ${account} the place, and any
// other name the value of that property.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
//
//go:embed inert.txt
var inertText string

// inertType is a resource type that does nothing on this machine.
type inertType struct {
	nameProperty, ref string
	attributes        map[string]string
}

// inert holds the inert types by their names.
var inert = func() map[string]inertType {
	types := map[string]inertType{}
	for line := range strings.Lines(inertText) {
		words := strings.Fields(line)
		t := inertType{strings.Trim(words[1], "-"), words[2], map[string]string{}}
		for _, word := range words[3:] {
			name, pattern, _ := strings.Cut(word, "=")
			t.attributes[name] = pattern
		}
		types[words[0]] = t
	}
	return types
}()

// create fills in the patterns.
func (t inertType) create(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	var value func(name string) string
	value = func(name string) string {
		switch name {
		case "id":
			return r.hash()[:17]
		case "uuid":
			return r.uuid()
		case "name":
			return r.name(t.nameProperty, 64)
		case "ref":
			return os.Expand(t.ref, value)
		case "region":
			return c.here.Region
		case "account":
			return c.here.Account
		}
		return r.properties.text(name)
	}
	attributes := map[string]any{}
	for name, pattern := range t.attributes {
		one, isList := strings.CutPrefix(strings.TrimSuffix(pattern, "]"), "[")
		attributes[name] = os.Expand(one, value)
		if isList {
			attributes[name] = []any{attributes[name]}
		}
	}
	return assembly.Values{Ref: value("ref"), Attributes: attributes}, nil
}
