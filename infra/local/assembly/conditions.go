package assembly

import (
	"errors"
	"fmt"
)

// kept tells whether a part of the template that has this condition stays; without one it does.
func (s *Scope) kept(condition string) (bool, error) {
	if condition == "" {
		return true, nil
	}
	return s.condition(condition)
}

// condition evaluates a named condition.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html
func (s *Scope) condition(name string) (bool, error) {
	if value, seen := s.conditions[name]; seen {
		if value == nil {
			return false, fmt.Errorf("condition %s refers to itself", name)
		}
		return *value, nil
	}
	expression, ok := s.stack.Template.Conditions[name]
	if !ok {
		return false, fmt.Errorf("there is no condition %s", name)
	}
	s.conditions[name] = nil // while it is evaluated
	v, err := s.truth(expression)
	if err != nil {
		return false, fmt.Errorf("condition %s: %w", name, err)
	}
	s.conditions[name] = &v
	return v, nil
}

// conditionFunctions holds how many arguments each condition function takes, at least and at most.
var conditionFunctions = map[string][2]int{"Fn::And": {2, 10}, "Fn::Equals": {2, 2}, "Fn::Not": {1, 1}, "Fn::Or": {2, 10}}

// truth evaluates a condition function.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html
func (s *Scope) truth(expression any) (bool, error) {
	name, argument := single(expression)
	if name == "Condition" {
		return s.condition(Text(argument))
	}
	count, known := conditionFunctions[name]
	if !known {
		return false, fmt.Errorf("%s is not Fn::And, Fn::Equals, Fn::Not, Fn::Or or Condition", Text(expression))
	}
	list, _ := argument.([]any)
	if len(list) < count[0] || len(list) > count[1] {
		return false, fmt.Errorf("%s takes a list of %d to %d", name, count[0], count[1])
	}
	if name == "Fn::Equals" {
		v, err := s.value(list)
		values, _ := v.([]any)
		return len(values) == 2 && Text(values[0]) == Text(values[1]), err
	}
	held := 0
	for _, e := range list {
		v, err := s.truth(e)
		if err != nil {
			return false, err
		}
		if v {
			held++
		}
	}
	switch name {
	case "Fn::Not":
		return held == 0, nil
	case "Fn::And":
		return held == len(list), nil
	}
	return held > 0, nil
}

// chosen puts the value that its condition chooses in the place of every Fn::If in v.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html
func (s *Scope) chosen(v any) (any, error) {
	name, argument := single(v)
	if name != "Fn::If" {
		return Each(v, s.chosen)
	}
	list, _ := argument.([]any)
	if len(list) != 3 {
		return nil, errors.New("Fn::If: it takes a condition and two values")
	}
	yes, err := s.condition(Text(list[0]))
	if err != nil {
		return nil, fmt.Errorf("Fn::If: %w", err)
	}
	if yes {
		return s.chosen(list[1])
	}
	return s.chosen(list[2])
}
