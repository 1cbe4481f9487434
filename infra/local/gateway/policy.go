package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/miyabi-society/platform/infra/local/wildcard"
)

// policy is the IAM policy that a Lambda authorizer answers (page apigateway-lambda-authorizer-output).
type policy struct {
	Statement List[statement]
}

type statement struct {
	Effect    string
	Action    List[string]
	Resource  List[string]
	Condition json.RawMessage
}

// List takes one value as a list of it, as IAM policies and tokens mean it.
type List[T any] []T

// UnmarshalJSON reads both forms.
func (l *List[T]) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '[' {
		return json.Unmarshal(raw, (*[]T)(l))
	}
	var one T
	if err := json.Unmarshal(raw, &one); err != nil {
		return err
	}
	*l = List[T]{one}
	return nil
}

func (p policy) check() error {
	for _, s := range p.Statement {
		switch {
		case s.Effect != "Allow" && s.Effect != "Deny":
			return fmt.Errorf("a statement of the policy has the effect %q: use Allow or Deny", s.Effect)
		case len(s.Condition) > 0:
			return errors.New("a statement of the policy has a condition, which the local cloud does not evaluate")
		case len(s.Action) == 0 || len(s.Resource) == 0:
			return errors.New("a statement of the policy lacks Action or Resource")
		}
	}
	return nil
}

// allows evaluates the policy for execute-api:Invoke on a method's ARN: a Deny wins, and nothing is allowed by default.
// Actions are not case-sensitive.
func (p policy) allows(resource string) bool {
	allowed := false
	for _, s := range p.Statement {
		action := func(pattern string) bool { return wildcard.Match(strings.ToLower(pattern), "execute-api:invoke") }
		method := func(pattern string) bool { return wildcard.Match(pattern, resource) }
		if !slices.ContainsFunc(s.Action, action) || !slices.ContainsFunc(s.Resource, method) {
			continue
		}
		if s.Effect == "Deny" {
			return false
		}
		allowed = true
	}
	return allowed
}
