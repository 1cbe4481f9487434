package policy

import "strings"

var stackRules = []Rule{{
	Name:  "no-exports",
	Holds: "No stack imports a value of another one or exports one.",
	Why: "CloudFormation refuses to change or delete an exported value while it is imported, which would tie the phases to each other; " +
		"they share ids through Parameter Store. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html",
	find: in(noExports),
}}

func noExports(j *judge) {
	walk(j.Document, nil, func(path []string, _ any) {
		if last(path) == "Fn::ImportValue" {
			j.report(owner(path), "imports at %s: read the value from Parameter Store instead", strings.Join(path, "."))
		}
		if len(path) == 3 && path[0] == "Outputs" && path[2] == "Export" {
			j.report("", "exports the output %s: publish the value in Parameter Store instead", path[1])
		}
	})
}

// owner is the logical id of the resource in which a path of the document lies; empty outside of resources.
func owner(path []string) string {
	if len(path) > 1 && path[0] == "Resources" {
		return path[1]
	}
	return ""
}
