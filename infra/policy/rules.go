package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// noExports keeps phases deployable by themselves: an import would block every change of what it imports.
func noExports(t Template) []string {
	var found []string
	walk(t.Document, nil, func(path []string, _ any) {
		if last(path) == "Fn::ImportValue" {
			found = append(found, strings.Join(path, ".")+": read the value from Parameter Store instead of importing it")
		}
		if len(path) == 3 && path[0] == "Outputs" && path[2] == "Export" {
			found = append(found, strings.Join(path, ".")+": publish the value in Parameter Store instead of exporting it")
		}
	})
	return found
}

// noNAT keeps the network within the budget.
func noNAT(t Template) []string {
	var found []string
	for _, id := range t.IDs("AWS::EC2::NatGateway") {
		found = append(found, id+" is a NAT gateway: functions reach AWS over IPv6")
	}
	return found
}

// bucketDeployment marks the logical id of the one function that is CDK's own: it uploads the site.
const bucketDeployment = "CustomCDKBucketDeployment"

// onlyGoFunctions keeps other languages' runtimes out.
func onlyGoFunctions(t Template) []string {
	var found []string
	for _, id := range t.IDs("AWS::Lambda::Function") {
		runtime, _ := t.Resources[id].Properties["Runtime"].(string)
		isUpload := strings.HasPrefix(id, bucketDeployment) && strings.HasPrefix(runtime, "python")
		if runtime != "provided.al2023" && !isUpload {
			found = append(found, fmt.Sprintf("%s runs on %q: write it in Go for provided.al2023", id, runtime))
		}
	}
	return found
}

// noDualstackVariable keeps AWS_USE_DUALSTACK_ENDPOINT out of every process: with it, each client that has an endpoint
// of its own fails.
func noDualstackVariable(t Template) []string {
	var found []string
	walk(t.Document, nil, func(path []string, _ any) {
		if last(path) == "AWS_USE_DUALSTACK_ENDPOINT" {
			found = append(found, strings.Join(path, ".")+": turn dual stack on per client")
		}
	})
	return found
}

var (
	secretName  = regexp.MustCompile(`(?i)(password|passwd|secret|token|private_?key|jwt_?key|api_?key)`)
	secretValue = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}`)
	reference   = regexp.MustCompile(`(?i)(_arn|_id|_name)$`)
)

// noSecrets keeps secrets out of templates and out of functions' environments, where everyone who may read a function
// can read them. A secret is named by its ARN.
func noSecrets(t Template) []string {
	var found []string
	walk(t.Document, nil, func(path []string, value any) {
		text, isText := value.(string)
		if isText && secretValue.MatchString(text) {
			found = append(found, strings.Join(path, ".")+" holds a secret: put it into Secrets Manager")
		}
		if isText && strings.Contains(text, "{{resolve:secretsmanager:") {
			found = append(found, strings.Join(path, ".")+" resolves a secret into the template: let the function read it by its ARN")
		}
	})
	for _, id := range t.IDs("AWS::Lambda::Function") {
		environment, _ := t.Resources[id].Properties["Environment"].(map[string]any)
		variables, _ := environment["Variables"].(map[string]any)
		for name := range variables {
			if secretName.MatchString(name) && !reference.MatchString(name) {
				found = append(found, fmt.Sprintf("%s has the variable %s: pass the secret's ARN", id, name))
			}
		}
	}
	slices.Sort(found)
	return found
}

// ownLogGroups keeps functions from writing to groups that Lambda makes by itself, which nobody expires.
func ownLogGroups(t Template) []string {
	var found []string
	for _, id := range t.IDs("AWS::Lambda::Function") {
		config, _ := t.Resources[id].Properties["LoggingConfig"].(map[string]any)
		group, ok := t.Resources[target(config["LogGroup"])]
		if !ok || group.Type != "AWS::Logs::LogGroup" {
			found = append(found, id+" has no log group of the stack")
			continue
		}
		if group.Properties["RetentionInDays"] == nil {
			found = append(found, id+" logs to a group without retention")
		}
	}
	return found
}

// closedGroups keeps security groups from letting more out than they need. A group whose template names no egress rule
// would get EC2's own, which lets everything out.
func closedGroups(t Template) []string {
	var found []string
	for _, id := range t.IDs("AWS::EC2::SecurityGroup") {
		rules := list(t.Resources[id].Properties["SecurityGroupEgress"])
		if len(rules) == 0 {
			found = append(found, id+" names no egress rule, so EC2 lets everything out: close it")
		}
		for _, rule := range rules {
			found = append(found, openRule(id, rule)...)
		}
	}
	for _, kind := range []string{"AWS::EC2::SecurityGroupEgress", "AWS::EC2::SecurityGroupIngress"} {
		for _, id := range t.IDs(kind) {
			found = append(found, openRule(id, t.Resources[id].Properties)...)
		}
	}
	return found
}

// openRule reports a rule for all of IPv4, or for all of IPv6 beyond TLS.
func openRule(id string, rule any) []string {
	properties, _ := rule.(map[string]any)
	if properties["CidrIp"] == "0.0.0.0/0" {
		return []string{id + " opens all of IPv4: name the peer"}
	}
	tls := properties["IpProtocol"] == "tcp" && properties["FromPort"] == 443.0 && properties["ToPort"] == 443.0
	if properties["CidrIpv6"] == "::/0" && !tls {
		return []string{id + " opens all of IPv6: name the peer or keep to tcp/443"}
	}
	return nil
}

func last(path []string) string {
	if len(path) == 0 {
		return ""
	}
	return path[len(path)-1]
}
