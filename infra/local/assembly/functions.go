package assembly

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// value evaluates every intrinsic function in v.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
func (s *Scope) value(v any) (any, error) {
	if v == nil {
		return nil, errors.New("null is not allowed in a template")
	}
	name, argument := single(v)
	if name == "Ref" || strings.HasPrefix(name, "Fn::") {
		v, err := s.call(name, argument)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return v, nil
	}
	m, _ := v.(map[string]any)
	for key := range m {
		if strings.HasPrefix(key, "Fn::") {
			return nil, fmt.Errorf("%s must be the only key of its object", key)
		}
	}
	return Each(v, s.value)
}

// listFunction is an intrinsic function whose argument is a list of values, of which there are least to most.
type listFunction struct {
	least, most int
	call        func(s *Scope, list []any) (any, error)
}

var listFunctions = map[string]listFunction{
	"Fn::Cidr":      {2, 3, cidrs},
	"Fn::FindInMap": {3, 3, findInMap},
	"Fn::Join":      {2, 2, join},
	"Fn::Select":    {2, 2, choose},
	"Fn::Split":     {2, 2, split},
}

func (s *Scope) call(name string, argument any) (any, error) {
	switch name {
	case "Ref":
		return s.ref(Text(argument))
	case "Fn::Sub":
		return s.sub(argument)
	case "Fn::GetAtt":
		resource, attribute := attributeOf(argument)
		return s.getAtt(resource, attribute)
	}
	v, err := s.value(argument)
	if err != nil {
		return nil, err
	}
	switch name {
	case "Fn::GetAZs":
		return s.zones(v)
	case "Fn::Base64":
		text, err := scalar(v)
		return base64.StdEncoding.EncodeToString([]byte(text)), err
	case "Fn::ImportValue":
		return s.lookup.Export(Text(v))
	}
	f, known := listFunctions[name]
	list, _ := v.([]any)
	switch {
	case !known:
		return nil, errors.New("the local cloud does not know this intrinsic function")
	case len(list) < f.least || len(list) > f.most:
		return nil, fmt.Errorf("its argument must be a list of %d", f.most)
	}
	return f.call(s, list)
}

func join(_ *Scope, list []any) (any, error) {
	parts, ok := list[1].([]any)
	if !ok {
		return nil, errors.New("what it joins must be a list")
	}
	text := make([]string, len(parts))
	for i, p := range parts {
		var err error
		if text[i], err = scalar(p); err != nil {
			return nil, err
		}
	}
	delimiter, err := scalar(list[0])
	return strings.Join(text, delimiter), err
}

func split(_ *Scope, list []any) (any, error) {
	text, err := scalar(list[1])
	out := []any{}
	for part := range strings.SplitSeq(text, Text(list[0])) {
		out = append(out, part)
	}
	return out, err
}

// choose is Fn::Select, which unlike other functions never answers for an index outside the list.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-select.html
func choose(_ *Scope, list []any) (any, error) {
	values, ok := list[1].([]any)
	if !ok {
		return nil, errors.New("what it selects from must be a list")
	}
	i, err := strconv.Atoi(Text(list[0]))
	if err != nil || i < 0 || i >= len(values) {
		return nil, fmt.Errorf("index %s is outside a list of %d", Text(list[0]), len(values))
	}
	return values[i], nil
}

func findInMap(s *Scope, list []any) (any, error) {
	name, first, second := Text(list[0]), Text(list[1]), Text(list[2])
	v, ok := s.stack.Template.Mappings[name][first][second]
	if !ok {
		return nil, fmt.Errorf("mapping %s has no entry %s, %s", name, first, second)
	}
	if _, ok := v.(map[string]any); ok {
		return nil, fmt.Errorf("mapping %s, %s, %s must be a string or a list", name, first, second)
	}
	return v, nil
}

// zones gives the first three zones of a region, as a default VPC has them.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-getavailabilityzones.html
func (s *Scope) zones(v any) (any, error) {
	region, err := scalar(v)
	if region == "" {
		region = s.environment.Region
	}
	return []any{region + "a", region + "b", region + "c"}, err
}

// attributeOf splits the two forms of Fn::GetAtt, "Name.Attribute" and ["Name", "Attribute"], whose attribute may be an
// intrinsic function.
func attributeOf(argument any) (resource string, attribute any) {
	if list, ok := argument.([]any); ok && len(list) == 2 {
		return Text(list[0]), list[1]
	}
	text, _ := argument.(string)
	resource, name, _ := strings.Cut(text, ".")
	return resource, name
}

var (
	// placeholder finds ${Name}, ${Name.Attribute} and ${!Text}, which stands for the text ${Text}.
	placeholder  = regexp.MustCompile(`\$\{([^{}]*)\}`)
	variableName = regexp.MustCompile(`^[A-Za-z0-9_.:]+$`)
)

// substitution is the argument of Fn::Sub.
type substitution struct {
	text      string
	variables map[string]any
}

func substitutionOf(argument any) (s substitution, ok bool) {
	if list, isList := argument.([]any); isList && len(list) == 2 {
		s.variables, ok = list[1].(map[string]any)
		if argument = list[0]; !ok {
			return s, false
		}
	}
	s.text, ok = argument.(string)
	return s, ok
}

// replace calls value for the name in every placeholder.
func (s substitution) replace(value func(name string) (string, error)) (string, error) {
	var failed error
	return placeholder.ReplaceAllStringFunc(s.text, func(m string) string {
		name := strings.TrimSpace(m[2 : len(m)-1])
		if text, literal := strings.CutPrefix(name, "!"); literal {
			return "${" + text + "}"
		}
		if !variableName.MatchString(name) {
			failed = errors.Join(failed, fmt.Errorf("%s is no name: write ${!…} for a text in braces", m))
			return ""
		}
		v, err := value(name)
		failed = errors.Join(failed, err)
		return v
	}), failed
}

// sub is Fn::Sub.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-sub.html
func (s *Scope) sub(argument any) (any, error) {
	substitution, ok := substitutionOf(argument)
	if !ok {
		return nil, errors.New("it takes a string, or a string and an object of its variables")
	}
	return substitution.replace(func(name string) (string, error) {
		v, err := s.variable(name, substitution.variables)
		if err != nil {
			return "", err
		}
		return scalar(v)
	})
}

func (s *Scope) variable(name string, variables map[string]any) (any, error) {
	if v, ok := variables[name]; ok {
		return s.value(v)
	}
	if id, attribute, ok := strings.Cut(name, "."); ok {
		return s.getAtt(id, attribute)
	}
	return s.ref(name)
}
