package assembly

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// single takes apart a map of one entry, the form of every intrinsic function.
func single(v any) (name string, argument any, ok bool) {
	m, isMap := v.(map[string]any)
	if !isMap || len(m) != 1 {
		return "", nil, false
	}
	for k, a := range m {
		name, argument = k, a
	}
	return name, argument, true
}

// value evaluates every intrinsic function in v.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
func (s *Scope) value(v any) (any, error) {
	switch x := v.(type) {
	case []any:
		out := make([]any, 0, len(x))
		for _, e := range x {
			y, err := s.value(e)
			if err != nil {
				return nil, err
			}
			if y != (noValue{}) {
				out = append(out, y)
			}
		}
		return out, nil
	case map[string]any:
		return s.mapValue(x)
	}
	return v, nil
}

func (s *Scope) mapValue(m map[string]any) (any, error) {
	if name, argument, ok := single(m); ok && (name == "Ref" || strings.HasPrefix(name, "Fn::")) {
		v, err := s.call(name, argument)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return v, nil
	}
	out := make(map[string]any, len(m))
	for k, e := range m {
		if strings.HasPrefix(k, "Fn::") {
			return nil, fmt.Errorf("%s must be the only key of its object", k)
		}
		v, err := s.value(e)
		if err != nil {
			return nil, err
		}
		if v != (noValue{}) {
			out[k] = v
		}
	}
	return out, nil
}

func (s *Scope) call(name string, argument any) (any, error) {
	switch name {
	case "Ref":
		return s.ref(Text(argument))
	case "Fn::GetAtt":
		return s.callGetAtt(argument)
	case "Fn::If":
		return s.callIf(argument)
	case "Fn::Sub":
		return s.callSub(argument)
	case "Fn::GetAZs":
		return s.zones(argument)
	case "Fn::Base64":
		v, err := s.value(argument)
		return base64.StdEncoding.EncodeToString([]byte(Text(v))), err
	case "Fn::Join", "Fn::Select", "Fn::Split", "Fn::FindInMap", "Fn::Cidr":
		return s.callList(name, argument)
	case "Fn::ImportValue":
		return nil, errors.New("no stack may import another's export: it would block every change of its producer; publish the value in the parameter store")
	}
	return nil, errors.New("the local cloud does not know this intrinsic function")
}

// callList evaluates the functions whose arguments are a list of values.
func (s *Scope) callList(name string, argument any) (any, error) {
	v, err := s.value(argument)
	if err != nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok || len(list) < 2 {
		return nil, errors.New("its argument must be a list")
	}
	switch name {
	case "Fn::Join":
		return join(list)
	case "Fn::Select":
		return choose(list)
	case "Fn::Split":
		out := []any{}
		for part := range strings.SplitSeq(Text(list[1]), Text(list[0])) {
			out = append(out, part)
		}
		return out, nil
	case "Fn::Cidr":
		return cidrs(list)
	}
	return s.findInMap(list)
}

func join(list []any) (any, error) {
	parts, ok := list[1].([]any)
	if !ok {
		return nil, errors.New("what it joins must be a list")
	}
	text := make([]string, len(parts))
	for i, p := range parts {
		text[i] = Text(p)
	}
	return strings.Join(text, Text(list[0])), nil
}

// choose is Fn::Select, which unlike other functions never answers for an index outside the list.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-select.html
func choose(list []any) (any, error) {
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

func (s *Scope) findInMap(list []any) (any, error) {
	if len(list) != 3 {
		return nil, errors.New("it takes a map name and two keys")
	}
	name, first, second := Text(list[0]), Text(list[1]), Text(list[2])
	v, ok := s.stack.Template.Mappings[name][first][second]
	if !ok {
		return nil, fmt.Errorf("mapping %s has no entry %s, %s", name, first, second)
	}
	return v, nil
}

func (s *Scope) callGetAtt(argument any) (any, error) {
	name, attribute := attributeOf(argument)
	v, err := s.value(attribute)
	if err != nil {
		return nil, err
	}
	if name == "" || Text(v) == "" {
		return nil, errors.New("it takes a logical id and an attribute")
	}
	return s.getAtt(name, Text(v))
}

func (s *Scope) callIf(argument any) (any, error) {
	list, _ := argument.([]any)
	if len(list) != 3 {
		return nil, errors.New("it takes a condition and two values")
	}
	yes, err := s.condition(Text(list[0]))
	if err != nil {
		return nil, err
	}
	if yes {
		return s.value(list[1])
	}
	return s.value(list[2])
}

// placeholder finds ${Name} and ${Name.Attribute}; ${!Name} stands for the text ${Name}.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-sub.html
var (
	placeholder = regexp.MustCompile(`\$\{\s*([^!{}\s][^{}\s]*)\s*\}`)
	literal     = regexp.MustCompile(`\$\{!([^{}]*)\}`)
)

func (s *Scope) callSub(argument any) (any, error) {
	text, variables := argument, map[string]any{}
	if list, ok := argument.([]any); ok && len(list) == 2 {
		text = list[0]
		if variables, ok = list[1].(map[string]any); !ok {
			return nil, errors.New("its variables must be an object")
		}
	}
	template, ok := text.(string)
	if !ok {
		return nil, errors.New("it takes a string, or a string and its variables")
	}
	var failed error
	out := placeholder.ReplaceAllStringFunc(template, func(m string) string {
		name := placeholder.FindStringSubmatch(m)[1]
		v, err := s.subValue(name, variables)
		failed = errors.Join(failed, err)
		return Text(v)
	})
	return literal.ReplaceAllString(out, "$${$1}"), failed
}

func (s *Scope) subValue(name string, variables map[string]any) (any, error) {
	if v, ok := variables[name]; ok {
		return s.value(v)
	}
	if id, attribute, ok := strings.Cut(name, "."); ok {
		return s.getAtt(id, attribute)
	}
	return s.ref(name)
}

// zones gives the first three zones of a region, as a default VPC has them.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-getavailabilityzones.html
func (s *Scope) zones(argument any) (any, error) {
	v, err := s.value(argument)
	if err != nil {
		return nil, err
	}
	region := Text(v)
	if region == "" {
		region = s.environment.Region
	}
	return []any{region + "a", region + "b", region + "c"}, nil
}
