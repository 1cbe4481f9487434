package policy

import (
	"slices"
	"strings"

	"github.com/miyabi-society/platform/infra/environment"
)

// Exception allows one resource to break one rule, for a reason.
type Exception struct {
	// Rules are the ids of cdk-nag's rules and the names of ours that the reason is about.
	Rules []string
	// Stack is the stack's name without product and environment, Resource the resource's path in it.
	Stack, Resource string
	// Details are the parts of the resource that may break the rule, where it can do so in several ways: cdk-nag's
	// findings, such as Action::s3:List*. {env} and {region} stand for the environment's. Without details the
	// rule has only one way to be broken.
	Details []string
	// Where limits the exception to some environments; nil means all.
	Where *Condition
	// Reason says why the rule need not hold here.
	Reason string
	// Until says what would end the exception.
	Until string
}

// Condition is a property of environments.
type Condition struct {
	// Text completes "only …".
	Text  string
	holds func(environment.Settings) bool
}

// appliesTo tells whether the exception is made in the environment.
func (e Exception) appliesTo(settings environment.Settings) bool {
	return e.Where == nil || e.Where.holds(settings)
}

// details are the details in the environment.
func (e Exception) details(settings environment.Settings) []string {
	replacer := strings.NewReplacer("{env}", settings.Name, "{region}", settings.Region)
	var details []string
	for _, detail := range e.Details {
		details = append(details, replacer.Replace(detail))
	}
	return details
}

// allows tells whether the exception is for the violation.
func (e Exception) allows(v Violation, settings environment.Settings) bool {
	return slices.Contains(e.Rules, v.Rule) && e.Stack == shortName(v.Stack) && e.Resource == v.Resource && e.appliesTo(settings) &&
		(v.Detail == "" && len(e.Details) == 0 || slices.Contains(e.details(settings), v.Detail))
}

// exceptionFor finds the exception that allows a violation.
func exceptionFor(v Violation, settings environment.Settings) (Exception, bool) {
	for _, exception := range exceptions {
		if exception.allows(v, settings) {
			return exception, true
		}
	}
	return Exception{}, false
}

// Exceptions lists all exceptions in the order in which they are documented.
func Exceptions() []Exception { return slices.Clone(exceptions) }
