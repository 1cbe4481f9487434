package policy

import "slices"

// rules are all rules. Each has a test in which a real template, weakened in one place, breaks this rule and no other.
var rules = slices.Concat(
	stackRules,
	networkRules,
	permissionRules,
	functionRules,
	secretRules,
	dataRules,
	transportRules,
	logRules,
	apiRules,
	tagRules,
	limitRules,
	valueRules,
)

// Rules lists all rules in the order in which they are documented.
func Rules() []Rule { return slices.Clone(rules) }
