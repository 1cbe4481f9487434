package assembly

import (
	"cmp"
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"
)

// value evaluates every intrinsic function in v.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
func (s *Scope) value(v any) any {
	if v == nil {
		s.fail("null is not allowed in a template")
	}
	name, argument := single(v)
	if name == "Ref" || strings.HasPrefix(name, "Fn::") {
		return s.call(name, argument)
	}
	m, _ := v.(map[string]any)
	for key := range m {
		if strings.HasPrefix(key, "Fn::") {
			s.fail("%s must be the only key of its object", key)
		}
	}
	return Each(v, s.value)
}

// listFunction is an intrinsic function whose argument is a list of values, of which there are least to most.
type listFunction struct {
	least, most int
	call        func(s *Scope, list []any) any
}

var listFunctions = map[string]listFunction{
	"Fn::Cidr":      {2, 3, cidrs},
	"Fn::FindInMap": {3, 3, findInMap},
	"Fn::Join":      {2, 2, join},
	"Fn::Select":    {2, 2, choose},
	"Fn::Split":     {2, 2, split},
}

func (s *Scope) call(name string, argument any) any {
	defer s.in(name)()
	switch name {
	case "Ref":
		return s.ref(Text(argument))
	case "Fn::Sub":
		return s.sub(argument)
	case "Fn::GetAtt":
		resource, attribute := attributeOf(argument)
		return s.getAtt(resource, Text(s.value(attribute)))
	}
	v := s.value(argument)
	switch name {
	case "Fn::GetAZs":
		return s.zones(v)
	case "Fn::Base64":
		return base64.StdEncoding.EncodeToString([]byte(s.text(v)))
	case "Fn::ImportValue":
		return s.found(s.lookup.Export(s.text(v)))
	}
	f, known := listFunctions[name]
	list, _ := v.([]any)
	switch {
	case !known:
		s.fail("the local cloud does not know this intrinsic function")
	case len(list) < f.least || len(list) > f.most:
		s.fail("its argument must be a list of %d", f.most)
	default:
		return f.call(s, list)
	}
	return nil
}

// text is a string, a number or a boolean. CloudFormation makes no text of a list or an object.
func (s *Scope) text(v any) string {
	switch v.(type) {
	case []any, map[string]any:
		s.fail("%s must be a string", Text(v))
	}
	return Text(v)
}

func join(s *Scope, list []any) any {
	parts, ok := list[1].([]any)
	if !ok {
		s.fail("what it joins must be a list")
	}
	text := make([]string, len(parts))
	for i, p := range parts {
		text[i] = s.text(p)
	}
	return strings.Join(text, s.text(list[0]))
}

func split(s *Scope, list []any) any {
	out := []any{}
	for part := range strings.SplitSeq(s.text(list[1]), s.text(list[0])) {
		out = append(out, part)
	}
	return out
}

// choose is Fn::Select, which unlike other functions never answers for an index outside the list.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-select.html
func choose(s *Scope, list []any) any {
	values, ok := list[1].([]any)
	if !ok {
		s.fail("what it selects from must be a list")
	}
	i, err := strconv.Atoi(Text(list[0]))
	if err != nil || i < 0 || i >= len(values) {
		s.fail("index %s is outside a list of %d", Text(list[0]), len(values))
		return nil
	}
	return values[i]
}

func findInMap(s *Scope, list []any) any {
	name, first, second := Text(list[0]), Text(list[1]), Text(list[2])
	v, ok := s.stack.Template.Mappings[name][first][second]
	if !ok {
		s.fail("mapping %s has no entry %s, %s", name, first, second)
	}
	if _, ok := v.(map[string]any); ok {
		s.fail("mapping %s, %s, %s must be a string or a list", name, first, second)
	}
	return v
}

// zones gives the first three zones of a region, as a default VPC has them.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-getavailabilityzones.html
func (s *Scope) zones(v any) any {
	region := cmp.Or(s.text(v), s.environment.Region)
	return []any{region + "a", region + "b", region + "c"}
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

// substitution takes apart the argument of Fn::Sub: a text, or a text and its variables.
func substitution(argument any) (text string, variables map[string]any, ok bool) {
	if list, isList := argument.([]any); isList && len(list) == 2 {
		if variables, ok = list[1].(map[string]any); !ok {
			return "", nil, false
		}
		argument = list[0]
	}
	text, ok = argument.(string)
	return text, variables, ok
}

// sub is Fn::Sub.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-sub.html
func (s *Scope) sub(argument any) any {
	text, variables, ok := substitution(argument)
	if !ok {
		s.fail("it takes a string, or a string and an object of its variables")
	}
	return placeholder.ReplaceAllStringFunc(text, func(m string) string {
		name := strings.TrimSpace(m[2 : len(m)-1])
		if text, literal := strings.CutPrefix(name, "!"); literal {
			return "${" + text + "}"
		}
		if !variableName.MatchString(name) {
			s.fail("%s is no name: write ${!…} for a text in braces", m)
		}
		if v, ok := variables[name]; ok {
			return s.text(s.value(v))
		}
		if id, attribute, ok := strings.Cut(name, "."); ok {
			return s.text(s.getAtt(id, attribute))
		}
		return s.text(s.ref(name))
	})
}
