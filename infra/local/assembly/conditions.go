package assembly

// kept tells whether a part of the template that has this condition stays; without one it does.
func (s *Scope) kept(condition string) bool { return condition == "" || s.condition(condition) }

// condition evaluates a named condition.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html
func (s *Scope) condition(name string) bool {
	if value, seen := s.conditions[name]; seen {
		if value == nil {
			s.fail("condition %s refers to itself", name)
			return false
		}
		return *value
	}
	expression, ok := s.stack.Template.Conditions[name]
	if !ok {
		s.fail("there is no condition %s", name)
		return false
	}
	defer s.in("condition " + name)()
	s.conditions[name] = nil // while it is evaluated
	value := s.truth(expression)
	s.conditions[name] = &value
	return value
}

// conditionFunctions holds how many arguments each condition function takes, at least and at most.
var conditionFunctions = map[string][2]int{"Fn::And": {2, 10}, "Fn::Equals": {2, 2}, "Fn::Not": {1, 1}, "Fn::Or": {2, 10}}

// truth evaluates a condition function.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html
func (s *Scope) truth(expression any) bool {
	name, argument := single(expression)
	if name == "Condition" {
		return s.condition(Text(argument))
	}
	count, known := conditionFunctions[name]
	list, _ := argument.([]any)
	switch {
	case !known:
		s.fail("%s is not Fn::And, Fn::Equals, Fn::Not, Fn::Or or Condition", Text(expression))
		return false
	case len(list) < count[0] || len(list) > count[1]:
		s.fail("%s takes a list of %d to %d", name, count[0], count[1])
		return false
	case name == "Fn::Equals":
		return Text(s.value(list[0])) == Text(s.value(list[1]))
	}
	held := 0
	for _, e := range list {
		if s.truth(e) {
			held++
		}
	}
	switch name {
	case "Fn::Not":
		return held == 0
	case "Fn::And":
		return held == len(list)
	}
	return held > 0
}

// chosen puts the value that its condition chooses in the place of every Fn::If in v.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html
func (s *Scope) chosen(v any) any {
	name, argument := single(v)
	if name != "Fn::If" {
		return Each(v, s.chosen)
	}
	list, _ := argument.([]any)
	if len(list) != 3 {
		s.fail("Fn::If: it takes a condition and two values")
		return nil
	}
	if s.condition(Text(list[0])) {
		return s.chosen(list[1])
	}
	return s.chosen(list[2])
}
