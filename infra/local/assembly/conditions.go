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

// truth evaluates a condition function.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html
func (s *Scope) truth(expression any) (bool, error) {
	name, argument := single(expression)
	list, _ := argument.([]any)
	switch name {
	case "":
		return false, errors.New("a condition must be one condition function")
	case "Condition":
		return s.condition(Text(argument))
	case "Fn::Equals":
		return s.equals(list)
	case "Fn::Not":
		held, err := s.count(name, list, 1, 1)
		return held == 0, err
	case "Fn::And":
		held, err := s.count(name, list, 2, 10)
		return held == len(list), err
	case "Fn::Or":
		held, err := s.count(name, list, 2, 10)
		return held > 0, err
	}
	return false, fmt.Errorf("the local cloud does not know the condition function %s", name)
}

func (s *Scope) equals(list []any) (bool, error) {
	if len(list) != 2 {
		return false, errors.New("Fn::Equals takes a list of two values")
	}
	a, err := s.value(list[0])
	if err != nil {
		return false, err
	}
	b, err := s.value(list[1])
	return Text(a) == Text(b), err
}

// count tells how many conditions of a list of least to most hold.
func (s *Scope) count(name string, list []any, least, most int) (held int, err error) {
	if len(list) < least || len(list) > most {
		return 0, fmt.Errorf("%s takes a list of %d to %d conditions", name, least, most)
	}
	for _, e := range list {
		v, err := s.truth(e)
		if err != nil {
			return 0, err
		}
		if v {
			held++
		}
	}
	return held, nil
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
