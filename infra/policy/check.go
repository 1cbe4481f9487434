package policy

import (
	"fmt"
	"strings"
)

// Check reports the first places where templates break a rule, in one error of one line; nil when none does.
func Check(templates []Template) error {
	var found []string
	for _, template := range templates {
		for _, rule := range rules {
			for _, violation := range rule(template) {
				found = append(found, template.Name+": "+violation)
			}
		}
	}
	switch {
	case len(found) == 0:
		return nil
	case len(found) > 3:
		found = append(found[:3], fmt.Sprintf("and %d more", len(found)-3))
	}
	return fmt.Errorf("forbidden in a template: %s", strings.Join(found, "; "))
}

// rule returns a sentence for each violation in a template.
type rule func(Template) []string

// rules are all rules. Each has a test in which a template that breaks only this rule fails.
var rules = []rule{
	noExports,
	noNAT,
	onlyGoFunctions,
	noDualstackVariable,
	noSecrets,
	inVPCRoles,
	ownLogGroups,
	closedGroups,
}
