package policy

import (
	"slices"
	"strings"

	"github.com/miyabi-society/platform/infra/environment"
)

var functionRules = []Rule{{
	Name:  "go-functions",
	Holds: "Each function is a Go binary on provided.al2023, for arm64.",
	Why: "One language to patch and to read, no runtime that AWS ends; arm64 costs a fifth less. " +
		"https://aws.amazon.com/lambda/pricing/",
	find: in(goFunctions),
}, {
	Name:  "in-network-calls",
	Holds: "A function inside the network may do only what can be reached from there.",
	Why: "Any other call hangs until its timeout: there is no way out but IPv6 and the S3 endpoint. " +
		"https://docs.aws.amazon.com/vpc/latest/userguide/aws-ipv6-support.html",
	find: in(inNetworkCalls),
}, {
	Name:  "no-dualstack-variable",
	Holds: "No function has the variable AWS_USE_DUALSTACK_ENDPOINT.",
	Why: "With it every AWS client that has an endpoint of its own fails (\"Dualstack and custom endpoint are not supported\"); " +
		"dual stack is turned on per client.",
	find: in(noDualstackVariable),
}}

func goFunctions(j *judge) {
	for _, id := range j.IDs("AWS::Lambda::Function") {
		if runtime := j.property(id, "Runtime"); runtime != "provided.al2023" {
			j.reportDetail(id, "Runtime", "runs on %s: write it in Go for provided.al2023", orNone(runtime))
		}
		architectures := list(j.property(id, "Architectures"))
		if !slices.Equal(architectures, []any{architecture(j.settings)}) {
			j.reportDetail(id, "Architectures", "is not for %s alone: set its architecture", architecture(j.settings))
		}
	}
}

// architecture is what Lambda calls the processors of the environment; only on a developer's machine may it be Intel's.
func architecture(settings environment.Settings) string {
	if settings.IsLocal() && settings.Functions.Platform.Architecture == "amd64" {
		return "x86_64"
	}
	return "arm64"
}

func noDualstackVariable(j *judge) {
	walk(j.Document, nil, func(path []string, _ any) {
		if last(path) == "AWS_USE_DUALSTACK_ENDPOINT" {
			j.report(owner(path), "has the variable AWS_USE_DUALSTACK_ENDPOINT: turn dual stack on per client")
		}
	})
}

// inNetworkActions are the actions that a function inside the network may have, because these services answer over IPv6 or
// over the gateway endpoint.
var inNetworkActions = []string{
	"lambda:InvokeFunction",
	"execute-api:ManageConnections",
	"secretsmanager:GetSecretValue",
	"rds-db:connect",
}

// lambdasOwnActions are what Lambda itself does with the role, outside of the function's process.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
var lambdasOwnActions = []string{
	"logs:CreateLogStream",
	"logs:PutLogEvents",
	"ec2:CreateNetworkInterface",
	"ec2:DescribeNetworkInterfaces",
	"ec2:DescribeSubnets",
	"ec2:DeleteNetworkInterface",
	"ec2:AssignPrivateIpAddresses",
	"ec2:UnassignPrivateIpAddresses",
}

// inNetworkServices are the services of which a function inside the network may have every action.
var inNetworkServices = []string{"s3:"}

// inNetworkManagedPolicy is the only managed policy of a function inside the network: Lambda itself uses it, outside the
// function, for the network interfaces and the logs.
const inNetworkManagedPolicy = ":iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"

func inNetworkCalls(j *judge) {
	for _, id := range j.IDs("AWS::Lambda::Function") {
		if j.property(id, "VpcConfig") == nil {
			continue
		}
		role := target(j.property(id, "Role"))
		if j.Resources[role].Type != "AWS::IAM::Role" {
			j.report(id, "is inside the network with a role that is not in its template: it cannot be checked")
			continue
		}
		j.checkInNetworkRole(id, role)
	}
}

// checkInNetworkRole reports what a role has beyond the actions that work inside the network.
func (j *judge) checkInNetworkRole(function, role string) {
	for _, managed := range list(j.property(role, "ManagedPolicyArns")) {
		if arn := flatten(managed); !strings.HasSuffix(arn, inNetworkManagedPolicy) {
			j.report(function, "is inside the network, but its role has the managed policy %s", arn)
		}
	}
	for _, action := range j.allowedActions(role) {
		// Lambda publishes the events that the function could not handle, outside of its process.
		if action == "sns:Publish" && j.tellsOfFailures(function) {
			continue
		}
		if !worksInNetwork(action) {
			j.report(function, "is inside the network, but its role may %s, which cannot be reached from there", action)
		}
	}
}

// tellsOfFailures tells whether the events that the function could not handle go somewhere.
func (j *judge) tellsOfFailures(function string) bool {
	return slices.ContainsFunc(j.IDs("AWS::Lambda::EventInvokeConfig"), func(id string) bool {
		return target(j.property(id, "FunctionName")) == function && j.property(id, "DestinationConfig.OnFailure.Destination") != nil
	})
}

// allowedActions lists the actions of the role's own policies and of the policies that the template attaches to it.
func (j *judge) allowedActions(role string) []string {
	var actions []string
	for id, documents := range j.identityPolicies() {
		attached := append(list(j.property(id, "Roles")), list(j.property(id, "RoleName"))...)
		isOf := func(value any) bool { return target(value) == role }
		if id != role && !slices.ContainsFunc(attached, isOf) {
			continue
		}
		for _, document := range documents {
			for _, statement := range statements(document) {
				if statement.allows() {
					actions = append(actions, statement.actions()...)
				}
			}
		}
	}
	slices.Sort(actions)
	return actions
}

func worksInNetwork(action string) bool {
	allowed := slices.Concat(inNetworkActions, lambdasOwnActions)
	if slices.ContainsFunc(allowed, func(name string) bool { return strings.EqualFold(name, action) }) {
		return true
	}
	return slices.ContainsFunc(inNetworkServices, func(service string) bool {
		return strings.HasPrefix(strings.ToLower(action), service)
	})
}
