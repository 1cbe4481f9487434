package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// environments are those that the stacks know.
var environments = []string{"local", "dev", "staging", "prod"}

// leastCoverage is what the tests of the store must reach of it, in percent of its statements.
const leastCoverage = 100

// steps are the parts of the suite, quick ones first.
func steps() []step {
	vitest, _ := filepath.Abs(".build/reports/vitest.json")
	return []step{
		{"tools", "the project's own build tools", goTest("tools", "./...")},
		{"migrations", "squawk's rules for changes to a database in use", lintMigrations},
		{"functions", "functions, migrations and the API document, on real PostgreSQL", goTestCovering("functions/internal/postgres", leastCoverage, "./functions/...", "./migrations/...")},
		{"local", "the local cloud, rule by rule", goTest(".", "./infra/local/...")},
		{"stacks", "the CDK app: settings, constructs, policy, synthesized stacks", goTest(".", "./infra", "./infra/assembly/...", "./infra/quiet", "./infra/environment/...", "./infra/construct/...", "./infra/policy/...", "./infra/cost", "./infra/criteria/...", "./stacks/...")},
		{"deploy", "the deploy command: releases, refusals, the emulated account", goTest(".", "./infra/deploy/...", "./infra/background/...")},
		{"dashboard", "components, edge functions and types of the dashboard", both(
			reported("vitest", command{dir: "frontend", name: "npm", args: []string{"test", "--", "--reporter=json", "--outputFile=" + vitest}}, vitest, readVitest),
			check("types, format and generated client", command{dir: "frontend", name: "npm", args: []string{"run", "check"}}),
		)},
		{"templates", "the templates of every environment: cfn-lint and the CDK CLI", templates},
		{"cloud", "the emulated AWS account: the CloudFormation engine, and the real CDK CLI on it", goTest("tests", "./cloud/...")},
		{"reproducible", "the same sources give the same bytes, in another folder too", reproducible},
		{"phases", "each phase deployed, asked, broken in drills and destroyed, without an AWS account (Terratest)", goTest("tests", "./phases")},
		{"browser", "the whole system in Chromium (Playwright)", browser},
	}
}

// templates synthesizes every environment, lints it and lets the pinned CDK CLI read it.
func templates(ctx context.Context) (total count) {
	lint := cfnLint()
	if lint == "" {
		fmt.Println("   skipped cfn-lint: it is not installed (python3 -m pip install -r tests/requirements.txt)")
		total.skipped += len(environments)
	}
	for _, env := range environments {
		dir := ".build/assembly/test-" + env
		total = total.plus(check("synthesize "+env, command{name: "make", args: []string{"--no-print-directory", "assembly", "ENV=" + env, "ASSEMBLY=" + dir}})(ctx))
		if lint != "" {
			total = total.plus(check("cfn-lint "+env, command{name: "sh", args: []string{"-c", lint + " -t " + dir + "/*.template.json"}})(ctx))
		}
		total = total.plus(check("cdk list "+env, command{name: "node_modules/.bin/cdk", env: []string{"CDK_DISABLE_CLI_TELEMETRY=1", "NODE_NO_WARNINGS=1"}, args: []string{"list", "--no-notices", "--app", dir}})(ctx))
	}
	return total
}

// cfnLint is the program, from the project's virtual environment if there is one; "" when it is nowhere.
func cfnLint() string {
	for _, program := range []string{filepath.Join(".build", "python", "bin", "cfn-lint"), "cfn-lint"} {
		if _, err := exec.LookPath(program); err == nil {
			return program
		}
	}
	return ""
}
