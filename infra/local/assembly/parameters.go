package assembly

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Parameter is a declared input of a template.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
type Parameter struct {
	Type                                       string
	Default                                    any
	AllowedValues                              []any
	AllowedPattern                             string
	MinLength, MaxLength, MinValue, MaxValue   any // a number, also as text
	NoEcho, Description, ConstraintDescription any
}

// parameter settles the value of one declared parameter.
func (s *Scope) parameter(name string, p Parameter, overrides map[string]string) any {
	defer s.in("parameter " + name)()
	given := p.Default
	if v, ok := s.stack.Parameters[name]; ok {
		given = v
	}
	if v, ok := overrides[name]; ok {
		given = v
	}
	if given == nil {
		s.fail("it has neither a default nor a value")
	}
	value := typed(p.Type, Text(given))
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	for _, v := range list {
		if err := p.check(Text(v)); err != nil {
			s.fail("%w", err)
		}
	}
	inner, isValue := strings.CutPrefix(p.Type, "AWS::SSM::Parameter::Value<")
	if !isValue && p.Type != "AWS::SSM::Parameter::Name" {
		return value
	}
	stored, err := s.lookup.Parameter(Text(given))
	if err != nil {
		s.fail("read %s from the parameter store: %w", Text(given), err)
	}
	if isValue {
		return typed(strings.TrimSuffix(inner, ">"), stored)
	}
	return value
}

// typed makes a list of a list-typed parameter; every other value stays a string.
func typed(kind, text string) any {
	if kind != "CommaDelimitedList" && !strings.HasPrefix(kind, "List<") {
		return text
	}
	out := []any{}
	for part := range strings.SplitSeq(text, ",") {
		out = append(out, strings.TrimSpace(part))
	}
	return out
}

// check tells what constraint one value breaks.
func (p Parameter) check(value string) error {
	if len(p.AllowedValues) > 0 && !slices.ContainsFunc(p.AllowedValues, func(a any) bool { return Text(a) == value }) {
		return fmt.Errorf("%q is not an allowed value", value)
	}
	if p.AllowedPattern != "" {
		pattern, err := regexp.Compile(`\A(?:` + p.AllowedPattern + `)\z`)
		if err != nil {
			return fmt.Errorf("the local cloud cannot read AllowedPattern: %w", err)
		}
		if !pattern.MatchString(value) {
			return fmt.Errorf("%q does not match %s", value, p.AllowedPattern)
		}
	}
	number := float64(utf8.RuneCountInString(value))
	least, most := p.MinLength, p.MaxLength
	if p.Type == "Number" || p.Type == "List<Number>" {
		var err error
		if number, err = strconv.ParseFloat(value, 64); err != nil {
			return fmt.Errorf("%q is not a number", value)
		}
		least, most = p.MinValue, p.MaxValue
	}
	if bound, err := strconv.ParseFloat(Text(least), 64); err == nil && number < bound {
		return fmt.Errorf("%q is under the minimum %v", value, least)
	}
	if bound, err := strconv.ParseFloat(Text(most), 64); err == nil && number > bound {
		return fmt.Errorf("%q is over the maximum %v", value, most)
	}
	return nil
}
