package assembly

import (
	"fmt"
	"slices"
	"strings"
)

// order gives the stack's resources, each after those that it refers to or names in DependsOn.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-dependson.html
func (t *Template) order() ([]*Resource, error) {
	needs := func(id string) []string {
		r := t.Resources[id]
		return append(slices.Clone([]string(r.DependsOn)), references(r.Properties)...)
	}
	for id, r := range t.Resources {
		for _, d := range r.DependsOn {
			if t.Resources[d] == nil {
				return nil, fmt.Errorf("resource %s depends on %s, which does not exist", id, d)
			}
		}
	}
	ids, err := sorted(t.Resources, needs)
	if err != nil {
		return nil, err
	}
	out := make([]*Resource, len(ids))
	for i, id := range ids {
		out[i] = t.Resources[id]
	}
	return out, nil
}

// references lists the names in every Ref, Fn::GetAtt and Fn::Sub of v.
func references(v any) []string {
	switch x := v.(type) {
	case []any:
		var out []string
		for _, e := range x {
			out = append(out, references(e)...)
		}
		return out
	case map[string]any:
		var out []string
		for k, e := range x {
			switch k {
			case "Ref":
				out = append(out, Text(e))
			case "Fn::GetAtt":
				name, _ := attributeOf(e)
				out = append(out, name)
			case "Fn::Sub":
				out = append(out, substituted(e)...)
			}
			out = append(out, references(e)...)
		}
		return out
	}
	return nil
}

// attributeOf splits the two forms of Fn::GetAtt, "Name.Attribute" and ["Name", "Attribute"].
func attributeOf(v any) (name string, attribute any) {
	switch x := v.(type) {
	case string:
		name, rest, _ := strings.Cut(x, ".")
		return name, rest
	case []any:
		if len(x) == 2 {
			return Text(x[0]), x[1]
		}
	}
	return "", nil
}

func substituted(v any) []string {
	if l, ok := v.([]any); ok && len(l) > 0 {
		v = l[0]
	}
	text, _ := v.(string)
	var out []string
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		name, _, _ := strings.Cut(m[1], ".")
		out = append(out, name)
	}
	return out
}
