package policy

import (
	"regexp"
	"slices"
	"strings"
)

var secretRules = []Rule{{
	Name:  "no-secrets",
	Holds: "No template holds a secret: not in a property, a variable, a parameter's default or an output.",
	Why: "Everyone who may read a stack or a function can read all of these. " +
		"https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html",
	find: in(noSecrets),
}, {
	Name:  "managed-master-password",
	Holds: "RDS makes, keeps and rotates the master's password itself, and IAM tokens sign in the application.",
	Why:   "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html",
	find:  in(managedMasterPassword),
}}

var (
	secretName  = regexp.MustCompile(`(?i)(password|passwd|secret|token|private_?key|jwt_?key|api_?key)`)
	secretValue = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}`)
	reference   = regexp.MustCompile(`(?i)(_?arn|_?id|_?name)$`)
)

func noSecrets(j *judge) {
	walk(j.Document, nil, func(path []string, value any) {
		text, _ := value.(string)
		if secretValue.MatchString(text) {
			j.report(owner(path), "holds a secret at %s: put it into Secrets Manager", strings.Join(path, "."))
		}
		if strings.Contains(text, "{{resolve:secretsmanager:") || strings.Contains(text, "{{resolve:ssm-secure:") {
			j.report(owner(path), "resolves a secret into the template at %s: let the function read it by its ARN", strings.Join(path, "."))
		}
	})
	j.secretVariables()
	for _, id := range j.IDs("AWS::SecretsManager::Secret") {
		if j.property(id, "SecretString") != nil {
			j.report(id, "has its value in the template: let Secrets Manager generate it, or write it by hand once")
		}
	}
	for id, parameter := range j.Parameters {
		isSecret := secretName.MatchString(id) && !reference.MatchString(id)
		if isSecret && parameter["NoEcho"] != true && parameter["NoEcho"] != "true" {
			j.report("", "shows its parameter %s to everyone: pass the ARN of a secret", id)
		}
	}
}

func (j *judge) secretVariables() {
	for _, id := range j.IDs("AWS::Lambda::Function") {
		variables, _ := j.property(id, "Environment.Variables").(map[string]any)
		var names []string
		for name := range variables {
			if secretName.MatchString(name) && !reference.MatchString(name) {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			j.report(id, "has the variable %s: pass the secret's ARN", name)
		}
	}
}

func managedMasterPassword(j *judge) {
	for _, id := range j.IDs("AWS::RDS::DBInstance") {
		if j.property(id, "ManageMasterUserPassword") != true || j.property(id, "MasterUserPassword") != nil {
			j.report(id, "does not leave the master's password to RDS: set ManageMasterUserPassword")
		}
		if j.property(id, "EnableIAMDatabaseAuthentication") != true {
			j.report(id, "takes no IAM tokens: set EnableIAMDatabaseAuthentication")
		}
	}
}
