package assembly

import (
	"errors"
	"fmt"
)

// conditionState remembers a condition that was evaluated, or is being evaluated.
type conditionState struct{ done, value bool }

// condition evaluates a named condition.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html
func (s *Scope) condition(name string) (bool, error) {
	if c := s.conditions[name]; c != nil {
		if !c.done {
			return false, fmt.Errorf("condition %s refers to itself", name)
		}
		return c.value, nil
	}
	expression, ok := s.stack.Template.Conditions[name]
	if !ok {
		return false, fmt.Errorf("there is no condition %s", name)
	}
	c := &conditionState{}
	s.conditions[name] = c
	v, err := s.truth(expression)
	if err != nil {
		return false, fmt.Errorf("condition %s: %w", name, err)
	}
	c.done, c.value = true, v
	return v, nil
}

// truth evaluates a condition function.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html
func (s *Scope) truth(expression any) (bool, error) {
	name, argument, ok := single(expression)
	if !ok {
		return false, errors.New("a condition must be one condition function")
	}
	if name == "Condition" {
		return s.condition(Text(argument))
	}
	list, _ := argument.([]any)
	switch name {
	case "Fn::Equals":
		return s.equals(list)
	case "Fn::Not":
		if len(list) != 1 {
			return false, errors.New("Fn::Not takes a list of one condition")
		}
		v, err := s.truth(list[0])
		return !v, err
	case "Fn::And", "Fn::Or":
		return s.combine(name, list)
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

func (s *Scope) combine(name string, list []any) (bool, error) {
	if len(list) < 2 || len(list) > 10 {
		return false, fmt.Errorf("%s takes a list of 2 to 10 conditions", name)
	}
	result := name == "Fn::And"
	for _, e := range list {
		v, err := s.truth(e)
		if err != nil {
			return false, err
		}
		if name == "Fn::And" {
			result = result && v
		} else {
			result = result || v
		}
	}
	return result, nil
}

// bootstrapRule is the rule of every CDK template: that the account was bootstrapped. This machine has what that makes.
const bootstrapRule = "CheckBootstrapVersion"

// checkRules refuses every other rule.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
func (s *Scope) checkRules() error {
	for name := range s.stack.Template.Rules {
		if name != bootstrapRule {
			return fmt.Errorf("the local cloud does not check the rule %s", name)
		}
	}
	return nil
}
