package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/policy/policyreport"
)

// Rule is something that must be true of every environment's stacks.
type Rule struct {
	// Name is how reports and exceptions call it.
	Name string
	// Holds is what is true, in one sentence.
	Holds string
	// Why is the reason, with its source where there is one.
	Why  string
	find func(Assembly) []Violation
}

// Assembly is what the rules judge: all templates of one environment.
type Assembly struct {
	Settings  environment.Settings
	Templates []Template
}

// Violation is one place in which a rule does not hold.
type Violation struct {
	// Rule is the name of one of our rules, or the id of one of cdk-nag's.
	Rule string
	// Stack is the stack's name and Resource the resource's path in it; both are empty for a rule on all stacks together.
	Stack, Resource string
	// Detail says which part of the resource it is, where a resource can break the rule in several ways.
	Detail string
	// Problem says what is wrong and what to do.
	Problem string
}

// String is the violation in one line.
func (v Violation) String() string {
	rule := v.Rule
	if v.Detail != "" {
		rule += "[" + v.Detail + "]"
	}
	place := strings.Trim(v.Stack+"/"+v.Resource, "/")
	if place == "" {
		place = "all stacks"
	}
	return fmt.Sprintf("%s: %s %s", rule, place, v.Problem)
}

// Check judges the templates of an environment by every rule. It returns what breaks a rule without an exception, and
// where an exception was needed.
func Check(assembly Assembly) (Violations, []policyreport.Use) {
	var broken Violations
	var used []policyreport.Use
	for _, rule := range rules {
		for _, violation := range rule.find(assembly) {
			violation.Rule = rule.Name
			exception, ok := exceptionFor(violation, assembly.Settings)
			if ok {
				used = append(used, policyreport.Use{
					Rule: rule.Name, Stack: violation.Stack, Resource: violation.Resource, Detail: violation.Detail,
					Reason: exception.Reason + " Until: " + exception.Until,
				})
				continue
			}
			broken = append(broken, violation)
		}
	}
	return broken, used
}

// Violations is an error with a line for each violation.
type Violations []Violation

// Error lists the violations, one a line.
func (v Violations) Error() string {
	lines := make([]string, 0, len(v)+1)
	for _, violation := range v {
		lines = append(lines, violation.String())
	}
	slices.Sort(lines)
	return strings.Join(append(slices.Compact(lines), "the stacks break a rule: mend them, or give the reason for an exception in infra/policy/exceptions.go (see docs/policy.md)"), "\n")
}

// With adds violations. One that says the same of the same part of a resource is left out: a rule of ours that repeats
// one of cdk-nag's also sees what was overridden in the template, where cdk-nag does not look.
func (v Violations) With(others Violations) Violations {
	all := slices.Clone(v)
	for _, other := range others {
		known := slices.ContainsFunc(v, func(one Violation) bool {
			return other.Detail != "" && one.Stack == other.Stack && one.Resource == other.Resource && one.Detail == other.Detail
		})
		if !known {
			all = append(all, other)
		}
	}
	return all
}

// Err is the violations as an error; nil when there are none.
func (v Violations) Err() error {
	if len(v) == 0 {
		return nil
	}
	return v
}

// judge is the template that a rule looks at, with what it found there.
type judge struct {
	Template
	settings environment.Settings
	found    []Violation
}

// in makes a rule of one that looks at a template at a time.
func in(look func(*judge)) func(Assembly) []Violation {
	return func(assembly Assembly) []Violation {
		var found []Violation
		for _, template := range assembly.Templates {
			j := judge{Template: template, settings: assembly.Settings}
			look(&j)
			found = append(found, j.found...)
		}
		return found
	}
}

// report notes a violation of the resource; an empty id stands for the template as a whole.
func (j *judge) report(id, format string, values ...any) {
	j.reportDetail(id, "", format, values...)
}

// reportDetail notes a violation of one part of the resource.
func (j *judge) reportDetail(id, detail, format string, values ...any) {
	resource := ""
	if id != "" {
		resource = j.Path(id)
	}
	j.found = append(j.found, Violation{Stack: j.Name, Resource: resource, Detail: detail, Problem: fmt.Sprintf(format, values...)})
}

// require notes a violation of each resource of the type whose property has none of the values.
func (j *judge) require(resourceType, path string, problem string, allowed ...any) {
	for _, id := range j.IDs(resourceType) {
		if value := j.property(id, path); !slices.Contains(allowed, value) {
			j.report(id, "has %s %s: %s", path, orNone(value), problem)
		}
	}
}

func orNone(value any) string {
	if value == nil {
		return "not set"
	}
	return fmt.Sprintf("%q", flatten(value))
}
