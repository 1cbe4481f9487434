package policy

import (
	"fmt"
	"slices"
	"strings"
)

var permissionRules = []Rule{{
	Name:  "narrow-permissions",
	Holds: "No role may do an action or use a resource given by a wildcard, beyond those listed as exceptions.",
	Why: "A wildcard grants what nobody has thought of, today and whenever AWS adds an action. " +
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
	find: in(narrowPermissions),
}, {
	Name:  "managed-policies",
	Holds: "No role carries a managed policy, beyond those listed as exceptions.",
	Why: "AWS widens its managed policies without asking. " +
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html",
	find: in(managedPolicies),
}, {
	Name:  "no-users",
	Holds: "There is no IAM user, no group and no access key.",
	Why: "A long-lived key leaks sooner or later; people and workflows assume roles. " +
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-workloads-use-roles",
	find: in(noUsers),
}, {
	Name:  "named-principals",
	Holds: "Nothing may be used by everyone: each policy of a resource and each trust of a role names who it is for.",
	Why:   "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status",
	find:  in(namedPrincipals),
}, {
	Name:  "no-confused-deputy",
	Holds: "A service that may use a resource of ours may do so only for our account or for one resource of ours.",
	Why: "Else anyone could make the service use it for them. " +
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
	find: in(noConfusedDeputy),
}, {
	Name:  "pinned-federation",
	Holds: "A role that an identity provider may assume names the audience and the exact subject.",
	Why: "Without the subject every repository of GitHub could deploy. " +
		"https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/configuring-openid-connect-in-amazon-web-services",
	find: in(pinnedFederation),
}}

func narrowPermissions(j *judge) {
	policies := j.identityPolicies()
	for _, id := range j.IDs("") {
		for _, document := range policies[id] {
			for _, statement := range statements(document) {
				if statement.allows() {
					j.wildcards(id, statement)
				}
			}
		}
	}
}

func (j *judge) wildcards(id string, statement statement) {
	for _, action := range statement.actions() {
		if strings.Contains(action, "*") {
			j.reportDetail(id, "Action::"+action, "allows %s: name the actions", action)
		}
	}
	for _, resource := range statement.resources() {
		if resource == "*" {
			actions := strings.Join(statement.actions(), ", ")
			j.reportDetail(id, actions+" on *", "allows %s on everything: name the resources", actions)
		} else if strings.Contains(resource, "*") {
			j.reportDetail(id, "Resource::"+resource, "allows its actions on %s: name the resources", resource)
		}
	}
}

func managedPolicies(j *judge) {
	for _, id := range j.IDs("AWS::IAM::Role") {
		for _, managed := range list(j.property(id, "ManagedPolicyArns")) {
			arn := flatten(managed)
			if strings.Contains(arn, ":aws:policy/") {
				j.reportDetail(id, "Policy::"+arn, "has the managed policy %s: allow the needed actions only", arn)
			}
		}
	}
}

func noUsers(j *judge) {
	for _, kind := range []string{"AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::AccessKey", "AWS::IAM::UserToGroupAddition"} {
		for _, id := range j.IDs(kind) {
			j.report(id, "is a %s: let people and workflows assume a role", kind)
		}
	}
}

func namedPrincipals(j *judge) {
	documents := j.resourcePolicies()
	for _, id := range j.IDs("AWS::IAM::Role") {
		documents[id] = j.property(id, "AssumeRolePolicyDocument")
	}
	for _, id := range j.IDs("") {
		for _, statement := range statements(documents[id]) {
			everyone := slices.ContainsFunc(statement.principals(), func(name string) bool { return strings.HasSuffix(name, ":*") })
			if statement.allows() && everyone {
				j.report(id, "allows everyone %s: name the principal", strings.Join(statement.actions(), ", "))
			}
		}
	}
	for _, id := range j.IDs("AWS::Lambda::Permission") {
		if j.property(id, "Principal") == "*" {
			j.report(id, "lets everyone invoke the function: name the principal")
		}
	}
}

func noConfusedDeputy(j *judge) {
	documents := j.resourcePolicies()
	for _, id := range j.IDs("") {
		for _, statement := range statements(documents[id]) {
			for _, principal := range statement.principals() {
				if statement.allows() && strings.HasPrefix(principal, "Service:") && !statement.namesSource() {
					j.report(id, "lets %s act for anyone: add a condition on aws:SourceArn or aws:SourceAccount", principal)
				}
			}
		}
	}
	for _, id := range j.IDs("AWS::Lambda::Permission") {
		service := strings.HasSuffix(fmt.Sprint(j.property(id, "Principal")), ".amazonaws.com")
		if service && j.property(id, "SourceArn") == nil && j.property(id, "SourceAccount") == nil {
			j.report(id, "lets a service invoke the function for anyone: name the SourceArn")
		}
	}
}

// namesSource tells whether the statement holds for one source only.
func (s statement) namesSource() bool {
	for _, operator := range []string{"StringEquals", "ArnEquals", "ArnLike", "StringLike"} {
		for _, key := range []string{"aws:SourceArn", "aws:SourceAccount"} {
			if s.condition(operator, key) != nil {
				return true
			}
		}
	}
	return false
}

func pinnedFederation(j *judge) {
	for _, id := range j.IDs("AWS::IAM::Role") {
		for _, statement := range statements(j.property(id, "AssumeRolePolicyDocument")) {
			federated := slices.ContainsFunc(statement.principals(), func(name string) bool { return strings.HasPrefix(name, "Federated:") })
			if statement.allows() && federated && !statement.pinsSubject() {
				j.report(id, "trusts an identity provider without the exact audience and subject: compare :aud and :sub by StringEquals")
			}
		}
	}
}

func (s statement) pinsSubject() bool {
	exact, _ := at(s["Condition"], "StringEquals").(map[string]any)
	pinned := map[string]bool{}
	for key, value := range exact {
		text := flatten(value)
		if text != "" && !strings.Contains(text, "*") {
			pinned[key[strings.LastIndex(key, ":")+1:]] = true
		}
	}
	return pinned["aud"] && pinned["sub"]
}
