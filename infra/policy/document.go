package policy

import (
	"fmt"
	"strings"
)

// Document is the page that says what is checked at a synthesis and what is excepted, in Markdown.
func Document() string {
	var page strings.Builder
	page.WriteString(introduction)
	page.WriteString("\n## Our rules\n\n| Rule | What holds | Why |\n|---|---|---|\n")
	for _, rule := range rules {
		fmt.Fprintf(&page, "| `%s` | %s | %s |\n", rule.Name, cell(rule.Holds), cell(rule.Why))
	}
	page.WriteString("\n## Exceptions\n\n" + exceptionsIntroduction + "\n")
	stack := ""
	for _, exception := range exceptions {
		if exception.Stack != stack {
			stack = exception.Stack
			fmt.Fprintf(&page, "\n### %s\n\n| Resource | Rule | What of it | Why it holds | Until |\n|---|---|---|---|---|\n", stack)
		}
		fmt.Fprintf(&page, "| `%s` | %s | %s | %s | %s |\n",
			exception.Resource, code(exception.Rules), exception.scope(), cell(exception.Reason), cell(exception.Until))
	}
	return page.String()
}

// scope says to what of the resource and to which environments the exception is limited.
func (e Exception) scope() string {
	var parts []string
	if len(e.Details) > 0 {
		parts = append(parts, code(e.Details))
	}
	if e.Where != nil {
		parts = append(parts, "only "+e.Where.Text)
	}
	return strings.Join(parts, "; ")
}

func code(texts []string) string {
	quoted := make([]string, 0, len(texts))
	for _, text := range texts {
		quoted = append(quoted, "`"+cell(text)+"`")
	}
	return strings.Join(quoted, " ")
}

// cell keeps a text within a cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", "\\|") }

const introduction = `# What every synthesis checks

<!-- Written by go test ./infra/policy -update from infra/policy; change it there. -->

` + "`make synth`, `make deploy` and the tests refuse stacks that break a rule, with a line for each place:" + `

` + "```" + `
infra: AwsSolutions-RDS2: Miyabi-prod-Database/Database/Instance/Resource does not pass cdk-nag: The RDS DB instance or Aurora DB cluster does not have storage encryption enabled.
infra: tags: Miyabi-prod-Api/HttpApi/Stage/Resource has the tag owner = "", want "platform"
infra: the stacks break a rule: mend them, or give the reason for an exception in infra/policy/exceptions.go (see docs/policy.md)
` + "```" + `

Four judges look at the same stacks:

1. **CDK's own validation** checks each template against CloudFormation's schemas.
2. **[cdk-nag](https://github.com/cdklabs/cdk-nag)**, rule pack AwsSolutions, judges the constructs. Errors and warnings fail alike, and so does a
   rule that cannot be tried. It does not see what is overridden in the template.
3. **Our rules** below judge the templates themselves, overrides included, against the environment's settings.
4. **cfn-lint** runs in ` + "`make test`" + `; what its schemas leave open is covered by the rules ` + "`known-values`, `engine-family` and `readable-dashboards`" + `.

Each of our rules is proven by weakening prod's real templates in one place: exactly that rule must break
(` + "`infra/assembly/weakened_test.go`" + `); cdk-nag by weakening resources of the real stacks (` + "`infra/assembly/nag_test.go`" + `). What an assembly needed is in its
` + "`policy-report.json`" + `.
`

const exceptionsIntroduction = `An exception is for one resource, one rule and, where the rule tells them apart, named parts of the resource. To add one, write it with the reason
that a reviewer would ask for, and with what would end it, into ` + "`infra/policy/exceptions.go`" + `, and run ` + "`go test ./infra/policy -update`" + `. A test fails for an
exception that nothing needs any more. Those of cdk-nag's rules are in the templates too, in the resource's metadata. ` + "`{env}` and `{region}`" + ` stand for the
environment's name and region.`
