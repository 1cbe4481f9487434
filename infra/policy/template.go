package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Template is one synthesized CloudFormation template.
type Template struct {
	// Name is the stack's name.
	Name       string
	Resources  map[string]Resource
	Parameters map[string]map[string]any
	// Document is the whole template as decoded JSON.
	Document map[string]any
}

// Resource is one resource of a template, with its intrinsic functions unresolved.
type Resource struct {
	Type       string
	Properties map[string]any
}

// ReadTemplates reads every template that lies directly in the folder of an assembly.
func ReadTemplates(folder string) ([]Template, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.template.json"))
	if err != nil {
		return nil, fmt.Errorf("list templates in %s: %w", folder, err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no template in %s: synthesize first", folder)
	}
	templates := make([]Template, 0, len(files))
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read template: %w", err)
		}
		template, err := ParseTemplate(strings.TrimSuffix(filepath.Base(file), ".template.json"), content)
		if err != nil {
			return nil, err
		}
		templates = append(templates, template)
	}
	return templates, nil
}

// ParseTemplate decodes a template.
func ParseTemplate(name string, content []byte) (Template, error) {
	template := Template{Name: name}
	if err := json.Unmarshal(content, &template); err != nil {
		return Template{}, fmt.Errorf("decode template of %s: %w", name, err)
	}
	if err := json.Unmarshal(content, &template.Document); err != nil {
		return Template{}, fmt.Errorf("decode template of %s: %w", name, err)
	}
	template.Name = name
	return template, nil
}

// IDs lists the logical ids of the resources of a type, or of all without one, in order.
func (t Template) IDs(resourceType string) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if resourceType == "" || t.Resources[id].Type == resourceType {
			ids = append(ids, id)
		}
	}
	return ids
}

// target is the logical id that a Ref or a Fn::GetAtt points at; empty for anything else.
func target(value any) string {
	call, ok := value.(map[string]any)
	if !ok {
		return ""
	}
	if id, ok := call["Ref"].(string); ok {
		return id
	}
	if arguments, ok := call["Fn::GetAtt"].([]any); ok && len(arguments) > 0 {
		id, _ := arguments[0].(string)
		return id
	}
	return ""
}

// list is value as a list: itself, or the only element of one. IAM allows both spellings nearly everywhere.
func list(value any) []any {
	if value == nil {
		return nil
	}
	if values, ok := value.([]any); ok {
		return values
	}
	return []any{value}
}

// walk visits every value below and including value, with the keys that lead there.
func walk(value any, path []string, visit func(path []string, value any)) {
	visit(path, value)
	switch node := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(node)) {
			walk(node[key], append(slices.Clone(path), key), visit)
		}
	case []any:
		for i, element := range node {
			walk(element, append(slices.Clone(path), fmt.Sprint(i)), visit)
		}
	}
}
