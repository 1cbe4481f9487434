package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
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
	Type                string
	Properties          map[string]any
	Metadata            map[string]any
	DeletionPolicy      string
	UpdateReplacePolicy string
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

// Path is where CDK made the resource, below its stack, such as Database/Instance/Resource; the logical id where CDK
// says nothing.
func (t Template) Path(id string) string {
	path, _ := t.Resources[id].Metadata["aws:cdk:path"].(string)
	if below, found := strings.CutPrefix(path, t.Name+"/"); found {
		return below
	}
	return id
}

// property is the value at a dotted path of a resource's properties; nil where there is none.
func (t Template) property(id, path string) any {
	return at(t.Resources[id].Properties, path)
}

// at is the value at a dotted path below a value; nil where there is none.
func at(value any, path string) any {
	for key := range strings.SplitSeq(path, ".") {
		node, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = node[key]
	}
	return value
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

// substitution is a reference inside of a text.
var substitution = regexp.MustCompile(`\$\{([^}]*)\}`)

// flatten writes a value with its intrinsic functions as one text, a reference as <Id> or <Id.Attribute>. It is the
// spelling in which cdk-nag names findings, so that both are excepted in the same words.
func flatten(value any) string {
	switch node := value.(type) {
	case nil:
		return ""
	case string:
		return substitution.ReplaceAllString(node, "<$1>")
	case map[string]any:
		return flattenCall(node)
	}
	return fmt.Sprint(value)
}

func flattenCall(call map[string]any) string {
	if id, ok := call["Ref"].(string); ok {
		return "<" + id + ">"
	}
	if text, ok := call["Fn::Sub"].(string); ok {
		return flatten(text)
	}
	if arguments, ok := call["Fn::GetAtt"].([]any); ok && len(arguments) == 2 {
		return fmt.Sprintf("<%v.%v>", arguments[0], arguments[1])
	}
	if arguments, ok := call["Fn::Join"].([]any); ok && len(arguments) == 2 {
		var parts []string
		for _, part := range list(arguments[1]) {
			parts = append(parts, flatten(part))
		}
		return strings.Join(parts, flatten(arguments[0]))
	}
	return fmt.Sprint(call)
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

// number is a value as a number; CloudFormation allows a text that holds one.
func number(value any) (float64, bool) {
	switch value := value.(type) {
	case float64:
		return value, true
	case string:
		var parsed float64
		_, err := fmt.Sscanf(value, "%g", &parsed)
		return parsed, err == nil
	}
	return 0, false
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

func last(path []string) string {
	if len(path) == 0 {
		return ""
	}
	return path[len(path)-1]
}
