package assembly

import "fmt"

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
	err         error // the first fault of what is being evaluated
}

// NewScope settles the parameters, of which the values in overrides replace the template's defaults (those that the
// template does not declare are ignored), checks the template's rules and evaluates its conditions.
func NewScope(s *Stack, e Environment, l Lookup, overrides map[string]string) (*Scope, error) {
	sc := &Scope{
		stack: s, environment: e, lookup: l, parameters: pseudoParameters(s, e), conditions: map[string]*bool{}, created: map[string]Values{},
	}
	sc.settle(overrides)
	if err := sc.fault(); err != nil {
		return nil, fmt.Errorf("stack %s: %w", s.Name, err)
	}
	return sc, nil
}

// bootstrapRule is the rule of every CDK template: that the account was bootstrapped. This machine has what that makes.
const bootstrapRule = "CheckBootstrapVersion"

func (s *Scope) settle(overrides map[string]string) {
	for name := range s.stack.Template.Rules {
		if name != bootstrapRule {
			s.fail("the local cloud does not check the rule %s", name)
		}
	}
	for name, p := range s.stack.Template.Parameters {
		s.parameters[name] = s.parameter(name, p, overrides)
	}
	for name := range s.stack.Template.Conditions {
		s.condition(name)
	}
}

// fail keeps the first fault of what is being evaluated, which goes on without a value.
func (s *Scope) fail(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf(format, args...)
	}
}

// in says where a fault is that comes up until the returned function is called.
func (s *Scope) in(place string) (leave func()) {
	before := s.err
	return func() {
		if before == nil && s.err != nil {
			s.err = fmt.Errorf("%s: %w", place, s.err)
		}
	}
}

// found is what a lookup gave.
func (s *Scope) found(value string, err error) string {
	if err != nil {
		s.fail("%w", err)
	}
	return value
}

// fault is the first fault since the last call.
func (s *Scope) fault() error {
	err := s.err
	s.err = nil
	return err
}

// Created records what a resource answers from now on.
func (s *Scope) Created(r *Resource, v Values) { s.created[r.LogicalID] = v }

// Properties evaluates the properties of r. Its references must have been created.
func (s *Scope) Properties(r *Resource) (map[string]any, error) {
	v := s.dynamic(s.evaluate(r.Properties), !r.Custom())
	if r.Custom() {
		v = stringified(v)
	}
	if err := s.fault(); err != nil {
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
		if s.kept(o.Condition) {
			value := s.text(s.evaluate(o.Value))
			if o.Export.Name != nil {
				exports[s.text(s.evaluate(o.Export.Name))] = value
			}
		}
		if err := s.fault(); err != nil {
			return nil, fmt.Errorf("stack %s, output %s: %w", s.stack.Name, name, err)
		}
	}
	return exports, nil
}

// evaluate gives a value of the template without conditions and intrinsic functions.
func (s *Scope) evaluate(v any) any { return s.value(s.chosen(v)) }

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

func (s *Scope) ref(name string) any {
	if v, ok := s.parameters[name]; ok {
		return v
	}
	return s.createdResource(name).Ref
}

func (s *Scope) getAtt(resource, attribute string) any {
	if resource == "" || attribute == "" {
		s.fail("it takes a logical id and an attribute")
	}
	a, ok := s.createdResource(resource).Attributes[attribute]
	if !ok {
		s.fail("the local cloud has no attribute %s of %s", attribute, s.stack.Template.Resources[resource])
	}
	return a
}

func (s *Scope) createdResource(name string) Values {
	v, ok := s.created[name]
	r := s.stack.Template.Resources[name]
	switch {
	case ok:
	case r == nil:
		s.fail("there is no parameter or resource %s", name)
	case r.Condition != "":
		s.fail("resource %s is not created because its condition %s is false", name, r.Condition)
	default:
		s.fail("resource %s cannot be referred to here", name)
	}
	return v
}
