// Package iam evaluates the policies that the local cloud carries out: those of Lambda authorizers and of buckets.
//
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
package iam

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/miyabi-society/platform/infra/local/wildcard"
)

// Policy is a policy document.
type Policy struct {
	Statement List[Statement]
}

// Statement is a statement of a policy. Those of an identity have no principal.
type Statement struct {
	Effect           string
	Principal        Principals
	Action, Resource List[string]
	Condition        map[string]map[string]List[any] // values by operator and key

	NotPrincipal, NotAction, NotResource any // are not evaluated
}

// Principals are lists of names by kind, such as Service.
type Principals map[string]List[string]

// UnmarshalJSON reads "*", which stands for everyone, as well.
func (p *Principals) UnmarshalJSON(raw []byte) error {
	if string(raw) == `"*"` {
		*p = Principals{"AWS": {"*"}}
		return nil
	}
	return json.Unmarshal(raw, (*map[string]List[string])(p))
}

// List takes one value as a list of it, as policies and tokens mean it.
type List[T any] []T

// UnmarshalJSON reads both forms.
func (l *List[T]) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '[' {
		return json.Unmarshal(raw, (*[]T)(l))
	}
	var one T
	err := json.Unmarshal(raw, &one)
	*l = List[T]{one}
	return err
}

// Of is the policy with the statements that are about a service, or about everyone.
func (p Policy) Of(service string) Policy {
	others := func(s Statement) bool {
		return s.NotPrincipal == nil && !slices.Contains(s.Principal["AWS"], "*") && !slices.Contains(s.Principal["Service"], service)
	}
	return Policy{slices.DeleteFunc(slices.Clone(p.Statement), others)}
}

// Request is what a policy allows or does not.
type Request struct {
	Action, Resource string
	Context          map[string]string // values of condition keys, which are in lower case
}

// operators compare a value of a condition with that of the request.
var operators = map[string]func(value, actual string) bool{
	"ArnEquals": wildcard.Match, "ArnLike": wildcard.Match, "Bool": strings.EqualFold, "NumericLessThan": isMore,
	"StringEquals": func(value, actual string) bool { return value == actual }, "StringLike": wildcard.Match,
}

func isMore(value, actual string) bool {
	v, noValue := strconv.ParseFloat(value, 64)
	a, noActual := strconv.ParseFloat(actual, 64)
	return noValue == nil && noActual == nil && v > a
}

// Check refuses what cannot be evaluated. keys are the condition keys that requests have, in lower case.
func (p Policy) Check(keys ...string) error {
	for _, s := range p.Statement {
		switch {
		case s.Effect != "Allow" && s.Effect != "Deny":
			return fmt.Errorf("a statement of the policy has the effect %q: use Allow or Deny", s.Effect)
		case s.NotPrincipal != nil || s.NotAction != nil || s.NotResource != nil:
			return errors.New("a statement of the policy has NotPrincipal, NotAction or NotResource, which the local cloud does not evaluate")
		case len(s.Action) == 0 || len(s.Resource) == 0:
			return errors.New("a statement of the policy lacks Action or Resource")
		}
		for operator, values := range s.Condition {
			for key := range values {
				if operators[operator] == nil || !slices.Contains(keys, strings.ToLower(key)) {
					return fmt.Errorf("a statement of the policy has the condition %s of %s, which the local cloud does not evaluate", operator, key)
				}
			}
		}
	}
	return nil
}

// Allows evaluates the policy: a Deny wins, and nothing is allowed by default.
func (p Policy) Allows(r Request) bool {
	allowed := false
	for _, s := range p.Statement {
		if s.covers(r) {
			if s.Effect == "Deny" {
				return false
			}
			allowed = true
		}
	}
	return allowed
}

// covers is not case-sensitive in actions.
func (s Statement) covers(r Request) bool {
	action := func(pattern string) bool { return wildcard.Match(strings.ToLower(pattern), strings.ToLower(r.Action)) }
	resource := func(pattern string) bool { return wildcard.Match(pattern, r.Resource) }
	return slices.ContainsFunc(s.Action, action) && slices.ContainsFunc(s.Resource, resource) && s.holds(r.Context)
}

// holds reports whether every condition does, each for one of its values.
func (s Statement) holds(context map[string]string) bool {
	for operator, values := range s.Condition {
		for key, list := range values {
			actual := context[strings.ToLower(key)]
			if !slices.ContainsFunc(list, func(v any) bool { return operators[operator](fmt.Sprint(v), actual) }) {
				return false
			}
		}
	}
	return true
}
