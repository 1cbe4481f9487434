package assembly

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

const partition = "aws"

// Environment is where a stack is deployed.
type Environment struct{ Account, Region string }

// Lookup gives the values that live outside the templates.
type Lookup struct {
	// Parameter is the value of a Parameter Store parameter.
	Parameter func(name string) (string, error)
	// Secret is the SecretString of a secret, given its name or ARN, and a version stage or id ("" for AWSCURRENT).
	Secret func(id, stage, version string) (string, error)
}

// Values are what a created resource answers to Ref and Fn::GetAtt.
type Values struct {
	Ref        any
	Attributes map[string]any
}

// Scope evaluates the template of one stack while its resources are created.
type Scope struct {
	stack       *Stack
	environment Environment
	lookup      Lookup
	parameters  map[string]any
	conditions  map[string]*conditionState
	created     map[string]Values
}

// NewScope settles the parameters, of which the values in overrides replace the template's defaults (those that the
// template does not declare are ignored), checks the template's rules and evaluates its conditions.
func NewScope(s *Stack, e Environment, l Lookup, overrides map[string]string) (*Scope, error) {
	sc := &Scope{
		stack: s, environment: e, lookup: l, parameters: map[string]any{}, conditions: map[string]*conditionState{}, created: map[string]Values{},
	}
	if err := sc.settle(overrides); err != nil {
		return nil, fmt.Errorf("stack %s: %w", s.Name, err)
	}
	return sc, nil
}

func (s *Scope) settle(overrides map[string]string) error {
	if t := s.stack.Template.Transform; t != nil {
		return fmt.Errorf("the local cloud does not carry out the transform %s", Text(t))
	}
	if err := s.setParameters(overrides); err != nil {
		return err
	}
	for name := range s.stack.Template.Conditions {
		if _, err := s.condition(name); err != nil {
			return err
		}
	}
	return s.checkRules()
}

// Resources are the stack's resources that its conditions keep, each after those that it needs.
func (s *Scope) Resources() ([]*Resource, error) {
	all, err := s.stack.Template.order()
	if err != nil {
		return nil, fmt.Errorf("stack %s: %w", s.stack.Name, err)
	}
	var kept []*Resource
	for _, r := range all {
		ok, err := s.kept(r.Condition)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r, err)
		}
		if ok {
			kept = append(kept, r)
		}
	}
	return kept, nil
}

// Created records what a resource answers from now on.
func (s *Scope) Created(r *Resource, v Values) { s.created[r.LogicalID] = v }

// Properties evaluates the properties of r. Its references must have been created.
func (s *Scope) Properties(r *Resource) (map[string]any, error) {
	v, err := s.value(r.Properties)
	if err == nil {
		v, err = s.dynamic(v, !strings.HasPrefix(r.Type, "Custom::") && r.Type != "AWS::CloudFormation::CustomResource")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r, err)
	}
	m, _ := v.(map[string]any)
	return m, nil
}

// Outputs evaluates the stack's outputs.
func (s *Scope) Outputs() (map[string]string, error) {
	out := map[string]string{}
	for name, o := range s.stack.Template.Outputs {
		keep, err := s.kept(o.Condition)
		if err != nil {
			return nil, fmt.Errorf("stack %s, output %s: %w", s.stack.Name, name, err)
		}
		if !keep {
			continue
		}
		v, err := s.value(o.Value)
		if err != nil {
			return nil, fmt.Errorf("stack %s, output %s: %w", s.stack.Name, name, err)
		}
		out[name] = Text(v)
	}
	return out, nil
}

func (s *Scope) kept(condition string) (bool, error) {
	if condition == "" {
		return true, nil
	}
	return s.condition(condition)
}

// noValue is what AWS::NoValue evaluates to: whatever holds it leaves it out.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
type noValue struct{}

func (s *Scope) pseudo(name string) (any, bool) {
	switch name {
	case "AWS::AccountId":
		return s.environment.Account, true
	case "AWS::Region":
		return s.environment.Region, true
	case "AWS::Partition":
		return partition, true
	case "AWS::URLSuffix":
		return "amazonaws.com", true
	case "AWS::StackName":
		return s.stack.Name, true
	case "AWS::StackId":
		return StackID(s.environment, s.stack.Name), true
	case "AWS::NotificationARNs":
		return []any{}, true
	case "AWS::NoValue":
		return noValue{}, true
	}
	return nil, false
}

// StackID is the ARN of a stack. Its last part is made from the name, so that it is the same in every run.
func StackID(e Environment, stack string) string {
	return fmt.Sprintf("arn:%s:cloudformation:%s:%s:stack/%s/%s", partition, e.Region, e.Account, stack, UUID(stack))
}

func (s *Scope) ref(name string) (any, error) {
	if v, ok := s.pseudo(name); ok {
		return v, nil
	}
	if v, ok := s.parameters[name]; ok {
		return v, nil
	}
	v, err := s.createdResource(name)
	return v.Ref, err
}

func (s *Scope) getAtt(name, attribute string) (any, error) {
	v, err := s.createdResource(name)
	if err != nil {
		return nil, err
	}
	if a, ok := v.Attributes[attribute]; ok {
		return a, nil
	}
	return nil, fmt.Errorf("the local cloud has no attribute %s of %s (%s)", attribute, name, s.stack.Template.Resources[name].Type)
}

func (s *Scope) createdResource(name string) (Values, error) {
	if v, ok := s.created[name]; ok {
		return v, nil
	}
	r := s.stack.Template.Resources[name]
	if r == nil {
		return Values{}, fmt.Errorf("there is no parameter or resource %s", name)
	}
	if r.Condition != "" {
		return Values{}, fmt.Errorf("resource %s is not created because its condition %s is false", name, r.Condition)
	}
	return Values{}, fmt.Errorf("resource %s cannot be referred to here", name)
}

func (s *Scope) setParameters(overrides map[string]string) error {
	for name, p := range s.stack.Template.Parameters {
		v, err := s.parameterValue(name, p, overrides)
		if err != nil {
			return fmt.Errorf("parameter %s: %w", name, err)
		}
		s.parameters[name] = v
	}
	return nil
}

func (s *Scope) parameterValue(name string, p Parameter, overrides map[string]string) (any, error) {
	given := p.Default
	if v, ok := s.stack.Parameters[name]; ok {
		given = v
	}
	if v, ok := overrides[name]; ok {
		given = v
	}
	if given == nil {
		return nil, errors.New("it has neither a default nor a value")
	}
	text := Text(given)
	if len(p.AllowedValues) > 0 && !slices.ContainsFunc(p.AllowedValues, func(a any) bool { return Text(a) == text }) {
		return nil, fmt.Errorf("%q is not an allowed value", text)
	}
	inner, fromStore := strings.CutPrefix(p.Type, "AWS::SSM::Parameter::Value<")
	if !fromStore {
		return typed(p.Type, text), nil
	}
	value, err := s.lookup.Parameter(text)
	if err != nil {
		return nil, fmt.Errorf("read %s from the parameter store: %w", text, err)
	}
	return typed(strings.TrimSuffix(inner, ">"), value), nil
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
