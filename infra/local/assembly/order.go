package assembly

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Resources are the stack's resources that its conditions keep, each after those that it refers to or names in
// DependsOn.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-dependson.html
func (s *Scope) Resources() ([]*Resource, error) {
	kept, needs := map[string]*Resource{}, map[string][]string{}
	for id, r := range s.stack.Template.Resources {
		s.checkReferences(r)
		if s.kept(r.Condition) {
			kept[id], needs[id] = r, append(references(s.chosen(r.Properties)), r.DependsOn...)
		}
		if err := s.fault(); err != nil {
			return nil, fmt.Errorf("%s: %w", r, err)
		}
	}
	ids, err := sorted(kept, func(id string) []string { return needs[id] })
	if err != nil {
		return nil, fmt.Errorf("stack %s: %w", s.stack.Name, err)
	}
	out := make([]*Resource, len(ids))
	for i, id := range ids {
		out[i] = kept[id]
	}
	return out, nil
}

// checkReferences refuses a name that the template does not declare, also where a condition leaves it out.
func (s *Scope) checkReferences(r *Resource) {
	for _, name := range r.DependsOn {
		if s.stack.Template.Resources[name] == nil {
			s.fail("it depends on %s, which does not exist", name)
		}
	}
	for _, name := range references(r.Properties) {
		if _, ok := s.parameters[name]; !ok && s.stack.Template.Resources[name] == nil {
			s.fail("there is no parameter or resource %s", name)
		}
	}
}

// references lists the names in every Ref, Fn::GetAtt and Fn::Sub of v.
func references(v any) []string {
	var names []string
	switch name, argument := single(v); name {
	case "Ref":
		return []string{Text(argument)}
	case "Fn::GetAtt":
		resource, _ := attributeOf(argument)
		names = append(names, resource)
	case "Fn::Sub":
		text, variables, _ := substitution(argument)
		for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
			name := strings.TrimSpace(m[1])
			if _, ok := variables[name]; !ok && variableName.MatchString(name) {
				resource, _, _ := strings.Cut(name, ".")
				names = append(names, resource)
			}
		}
	}
	Each(v, func(e any) any {
		names = append(names, references(e)...)
		return e
	})
	return names
}

// sorted gives the keys of nodes, each after those it needs, in the same order every time. Needs that are not nodes
// are left out.
func sorted[N any](nodes map[string]N, needs func(string) []string) ([]string, error) {
	var order, path []string
	var visit func(string) error
	visit = func(id string) error {
		if i := slices.Index(path, id); i >= 0 {
			return fmt.Errorf("circular dependency: %s", strings.Join(append(slices.Clone(path[i:]), id), " -> "))
		}
		if _, ok := nodes[id]; !ok || slices.Contains(order, id) {
			return nil
		}
		path = append(path, id)
		for _, n := range slices.Sorted(slices.Values(needs(id))) {
			if err := visit(n); err != nil {
				return err
			}
		}
		path = path[:len(path)-1]
		order = append(order, id)
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(nodes)) {
		if err := visit(id); err != nil {
			return nil, err
		}
	}
	return order, nil
}
