package policy

import (
	"fmt"
	"slices"
	"strings"
)

// inVPCActions are the actions that a function inside the network may have, because these services answer over IPv6 or
// over the gateway endpoint. Any other call would hang until its timeout.
var inVPCActions = []string{
	"lambda:InvokeFunction",
	"execute-api:ManageConnections",
	"secretsmanager:GetSecretValue",
	"rds-db:connect",
}

// inVPCServices are the services of which a function inside the network may have every action.
var inVPCServices = []string{"s3:"}

// inVPCManagedPolicy is the only managed policy of a function inside the network: Lambda itself uses it, outside the
// function, for the network interfaces and the logs.
const inVPCManagedPolicy = "service-role/AWSLambdaVPCAccessExecutionRole"

// inVPCRoles checks the role of each function inside the network.
func inVPCRoles(t Template) []string {
	var found []string
	for _, id := range t.IDs("AWS::Lambda::Function") {
		function := t.Resources[id]
		if function.Properties["VpcConfig"] == nil {
			continue
		}
		role := target(function.Properties["Role"])
		if t.Resources[role].Type != "AWS::IAM::Role" {
			found = append(found, id+" is inside the network with a role that is not in its template: it cannot be checked")
			continue
		}
		for _, problem := range t.roleProblems(role) {
			found = append(found, fmt.Sprintf("%s is inside the network, but its role %s", id, problem))
		}
	}
	return found
}

// roleProblems lists what a role has beyond the actions that work inside the network.
func (t Template) roleProblems(role string) []string {
	var found []string
	for _, managed := range list(t.Resources[role].Properties["ManagedPolicyArns"]) {
		if name := managedPolicy(managed); name != inVPCManagedPolicy {
			found = append(found, fmt.Sprintf("has the managed policy %s", name))
		}
	}
	for _, action := range t.allowedActions(role) {
		if !worksInVPC(action) {
			found = append(found, fmt.Sprintf("may %s, which cannot be reached from there", action))
		}
	}
	return found
}

// allowedActions lists the actions of the role's own policies and of the policies that the template attaches to it.
func (t Template) allowedActions(role string) []string {
	var actions []string
	for _, policy := range list(t.Resources[role].Properties["Policies"]) {
		properties, _ := policy.(map[string]any)
		actions = append(actions, documentActions(properties["PolicyDocument"])...)
	}
	for _, id := range t.IDs("") {
		resource := t.Resources[id]
		switch resource.Type {
		case "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy":
		default:
			continue
		}
		attached := append(list(resource.Properties["Roles"]), list(resource.Properties["RoleName"])...)
		if slices.ContainsFunc(attached, func(value any) bool { return target(value) == role }) {
			actions = append(actions, documentActions(resource.Properties["PolicyDocument"])...)
		}
	}
	return actions
}

// documentActions lists the actions that a policy document allows; NotAction allows nearly everything.
func documentActions(document any) []string {
	properties, _ := document.(map[string]any)
	var actions []string
	for _, item := range list(properties["Statement"]) {
		statement, _ := item.(map[string]any)
		if statement["Effect"] == "Deny" {
			continue
		}
		if statement["NotAction"] != nil {
			actions = append(actions, "*")
		}
		for _, action := range list(statement["Action"]) {
			actions = append(actions, fmt.Sprint(action))
		}
	}
	return actions
}

func worksInVPC(action string) bool {
	if slices.ContainsFunc(inVPCActions, func(allowed string) bool { return strings.EqualFold(allowed, action) }) {
		return true
	}
	return slices.ContainsFunc(inVPCServices, func(service string) bool {
		return strings.HasPrefix(strings.ToLower(action), service)
	})
}

// managedPolicy is the path and name of an AWS managed policy, from its ARN or from the Fn::Join that makes it.
func managedPolicy(arn any) string {
	var text strings.Builder
	walk(arn, nil, func(_ []string, value any) {
		if part, ok := value.(string); ok {
			text.WriteString(part)
		}
	})
	_, name, found := strings.Cut(text.String(), ":policy/")
	if !found {
		return fmt.Sprint(arn)
	}
	return name
}
