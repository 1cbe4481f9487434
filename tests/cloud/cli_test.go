package cloud

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// cli is the real CDK CLI on one account. Its cache of accounts is its own: see CDK_HOME in the README.
type cli struct {
	*testing.T
	url, home string
}

func newCLI(t *testing.T, url string) *cli {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root(), "node_modules/.bin/cdk")); err != nil {
		t.Skip("the CDK CLI is not installed: run `npm ci` in the project's root")
	}
	return &cli{t, url, t.TempDir()}
}

// run runs a command of the CLI and returns what it prints and whether it succeeds.
func (c *cli) run(args ...string) (string, bool) {
	c.Helper()
	command := exec.Command(filepath.Join(root(), "node_modules/.bin/cdk"), append(args, "--no-notices", "--ci")...)
	command.Dir = c.home
	command.Env = append(os.Environ(),
		"AWS_ENDPOINT_URL="+c.url, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION="+region, "AWS_DEFAULT_REGION="+region,
		"AWS_EC2_METADATA_DISABLED=true", "CDK_HOME="+c.home, "CDK_DISABLE_CLI_TELEMETRY=1", "NODE_NO_WARNINGS=1", "NO_COLOR=1",
	)
	out, err := command.CombinedOutput()
	return string(out), err == nil
}

// must runs a command and fails the test unless it succeeds or fails as wanted and prints all the parts.
func (c *cli) must(succeed bool, args []string, parts ...string) {
	c.Helper()
	out, ok := c.run(args...)
	if ok != succeed {
		c.Fatalf("cdk %s: success is %v:\n%s", strings.Join(args, " "), ok, out)
	}
	flat := strings.Join(strings.Fields(out), " ")
	for _, part := range parts {
		if !strings.Contains(flat, part) {
			c.Errorf("cdk %s does not print %q:\n%s", strings.Join(args, " "), part, out)
		}
	}
}

// assembly writes a cloud assembly with one stack, which needs no bootstrap.
func assembly(t *testing.T, name string, resources map[string]any) string {
	t.Helper()
	dir := t.TempDir()
	write := func(file string, content any) {
		b, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("stack.template.json", map[string]any{"Resources": resources, "Outputs": map[string]any{"Topic": map[string]any{"Value": map[string]any{"Ref": "Topic"}}}})
	write("manifest.json", map[string]any{"version": "48.0.0", "artifacts": map[string]any{name: map[string]any{
		"type": "aws:cloudformation:stack", "environment": "aws://" + account + "/" + region,
		"properties": map[string]any{"templateFile": "stack.template.json", "validateOnSynth": false},
	}}})
	return dir
}

func topic(display string) map[string]any {
	return map[string]any{"Type": "AWS::SNS::Topic", "Properties": map[string]any{"DisplayName": display}}
}

func deployOf(dir string) []string {
	return []string{"deploy", "--all", "--app", dir, "--require-approval", "never", "--progress", "events"}
}

func TestTheCLIDeploysDiffsAndDestroys(t *testing.T) {
	t.Parallel()
	c := newCLI(t, use(t).name)
	one := assembly(t, "CLIWhole", map[string]any{"Topic": topic("one")})
	c.must(true, deployOf(one), "CREATE_COMPLETE | AWS::SNS::Topic", "✅ CLIWhole", "CLIWhole.Topic = arn:aws:sns:")
	c.must(true, deployOf(one), "✅ CLIWhole (no changes)")
	two := assembly(t, "CLIWhole", map[string]any{"Topic": topic("two")})
	c.must(false, []string{"diff", "--app", two, "--fail"}, "DisplayName", "[-] one", "[+] two", "Number of stacks with differences: 1")
	c.must(true, deployOf(two), "UPDATE_COMPLETE | AWS::SNS::Topic", "✅ CLIWhole")
	c.must(true, []string{"diff", "--app", two, "--fail"}, "There were no differences")
	c.must(true, []string{"destroy", "--all", "--force", "--app", two}, "CLIWhole: destroyed")
}

func TestTheCLIFailsOnAFailingResourceAndSaysWhy(t *testing.T) {
	t.Parallel()
	c := newCLI(t, use(t).name)
	database := map[string]any{"Type": "AWS::RDS::DBInstance", "DependsOn": "Topic", "Properties": map[string]any{
		"Engine": "postgres", "DBInstanceClass": "db.t4g.small", "AllocatedStorage": "20", "MasterUsername": "admin", "ManageMasterUserPassword": true,
	}}
	good := assembly(t, "CLIFailing", map[string]any{"Topic": topic("one")})
	bad := assembly(t, "CLIFailing", map[string]any{"Topic": topic("two"), "Database": database})
	c.must(false, deployOf(bad), "CREATE_FAILED | AWS::RDS::DBInstance", "no PostgreSQL for this instance", "ROLLBACK_COMPLETE")
	c.must(true, deployOf(good), "✅ CLIFailing")
	c.must(false, deployOf(bad), "CREATE_FAILED | AWS::RDS::DBInstance", "UPDATE_ROLLBACK_COMPLET")
	c.must(true, deployOf(good), "✅ CLIFailing (no changes)")
}

func TestTheCLINamesAPropertyThatDoesNotFitBeforeAnythingIsTouched(t *testing.T) {
	t.Parallel()
	c := newCLI(t, use(t).name)
	bad := topic("one")
	bad["Properties"].(map[string]any)["Colour"] = "red"
	c.must(false, deployOf(assembly(t, "CLIRefused", map[string]any{"Topic": bad})), "extraneous key [Colour] is not permitted", "/Resources/Topic/Properties/Colour")
	c.must(false, deployOf(assembly(t, "CLIRefused", map[string]any{"Topic": map[string]any{"Type": "AWS::SNS::Topik"}})), "Unrecognized resource types: [AWS::SNS::Topik]")
	c.must(true, deployOf(assembly(t, "CLIRefused", map[string]any{"Topic": topic("one")})), "✅ CLIRefused")
}
