package assembly

import (
	"errors"
	"fmt"
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
	// Export is what another stack exports under a name.
	Export func(name string) (string, error)
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
	parameters  map[string]any // with the pseudo parameters
	conditions  map[string]*bool
	created     map[string]Values
}

// NewScope settles the parameters, of which the values in overrides replace the template's defaults (those that the
// template does not declare are ignored), checks the template's rules and evaluates its conditions.
func NewScope(s *Stack, e Environment, l Lookup, overrides map[string]string) (*Scope, error) {
	sc := &Scope{
		stack: s, environment: e, lookup: l, parameters: pseudoParameters(s, e), conditions: map[string]*bool{}, created: map[string]Values{},
	}
	if err := sc.settle(overrides); err != nil {
		return nil, fmt.Errorf("stack %s: %w", s.Name, err)
	}
	return sc, nil
}

// bootstrapRule is the rule of every CDK template: that the account was bootstrapped. This machine has what that makes.
const bootstrapRule = "CheckBootstrapVersion"

func (s *Scope) settle(overrides map[string]string) error {
	if t := s.stack.Template.Transform; t != nil {
		return fmt.Errorf("the local cloud does not carry out the transform %s", Text(t))
	}
	for name := range s.stack.Template.Rules {
		if name != bootstrapRule {
			return fmt.Errorf("the local cloud does not check the rule %s", name)
		}
	}
	for name, p := range s.stack.Template.Parameters {
		v, err := s.parameter(name, p, overrides)
		if err != nil {
			return fmt.Errorf("parameter %s: %w", name, err)
		}
		s.parameters[name] = v
	}
	for name := range s.stack.Template.Conditions {
		if _, err := s.condition(name); err != nil {
			return err
		}
	}
	return nil
}

// Created records what a resource answers from now on.
func (s *Scope) Created(r *Resource, v Values) { s.created[r.LogicalID] = v }

// Properties evaluates the properties of r. Its references must have been created.
func (s *Scope) Properties(r *Resource) (map[string]any, error) {
	v, err := s.evaluate(r.Properties)
	if err == nil {
		v, err = s.dynamic(v, !r.Custom())
	}
	if err == nil && r.Custom() {
		v, err = stringified(v)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r, err)
	}
	m, _ := v.(map[string]any)
	return m, nil
}

// Exports evaluates the stack's outputs and gives those that other stacks can import, by the names of their exports.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html
func (s *Scope) Exports() (map[string]string, error) {
	exports := map[string]string{}
	for name, o := range s.stack.Template.Outputs {
		keep, err := s.kept(o.Condition)
		if err == nil && keep {
			err = s.export(o, exports)
		}
		if err != nil {
			return nil, fmt.Errorf("stack %s, output %s: %w", s.stack.Name, name, err)
		}
	}
	return exports, nil
}

func (s *Scope) export(o Output, exports map[string]string) error {
	v, err := s.evaluate(o.Value)
	if err != nil {
		return err
	}
	text, err := scalar(v)
	if err != nil || o.Export.Name == nil {
		return err
	}
	name, err := s.evaluate(o.Export.Name)
	exports[Text(name)] = text
	return err
}

// evaluate gives a value of the template without conditions and intrinsic functions.
func (s *Scope) evaluate(v any) (any, error) {
	v, err := s.chosen(v)
	if err != nil {
		return nil, err
	}
	return s.value(v)
}

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
func pseudoParameters(s *Stack, e Environment) map[string]any {
	return map[string]any{
		"AWS::AccountId": e.Account, "AWS::Region": e.Region, "AWS::Partition": partition, "AWS::URLSuffix": "amazonaws.com",
		"AWS::StackName": s.Name, "AWS::StackId": StackID(e, s.Name), "AWS::NotificationARNs": []any{}, "AWS::NoValue": noValue{},
	}
}

// StackID is the ARN of a stack. Its last part is made from the name, so that it is the same in every run.
func StackID(e Environment, stack string) string {
	return fmt.Sprintf("arn:%s:cloudformation:%s:%s:stack/%s/%s", partition, e.Region, e.Account, stack, UUID(stack))
}

func (s *Scope) ref(name string) (any, error) {
	if v, ok := s.parameters[name]; ok {
		return v, nil
	}
	v, err := s.createdResource(name)
	return v.Ref, err
}

// getAtt gives an attribute, whose name may be an intrinsic function.
func (s *Scope) getAtt(resource string, attribute any) (any, error) {
	name, err := s.value(attribute)
	if err != nil {
		return nil, err
	}
	if resource == "" || Text(name) == "" {
		return nil, errors.New("it takes a logical id and an attribute")
	}
	v, err := s.createdResource(resource)
	if err != nil {
		return nil, err
	}
	if a, ok := v.Attributes[Text(name)]; ok {
		return a, nil
	}
	return nil, fmt.Errorf("the local cloud has no attribute %s of %s (%s)", Text(name), resource, s.stack.Template.Resources[resource].Type)
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
