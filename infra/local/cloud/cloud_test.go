package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/miyabi-society/platform/infra/local/assembly"
)

// codeDir holds the bootstrap that TestMain builds from testdata/function.
var codeDir string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "cloud-test-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	codeDir = dir
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", filepath.Join(dir, "bootstrap"), "./testdata/function")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the test function: %v\n%s", err, out)
		return 1
	}
	code := m.Run()
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// machine is a state folder on which a test deploys one assembly after another.
type machine struct {
	t     *testing.T
	state string
	// record is the file that the test function writes custom resource requests to.
	record     string
	site, code string
	// environment is that of the stacks.
	environment string
	parameters  map[string]string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	dir := t.TempDir()
	site := filepath.Join(dir, "site")
	if err := os.MkdirAll(site, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(site, "index.html"), []byte("<title>hello</title>"), 0o600); err != nil {
		t.Fatal(err)
	}
	return &machine{t: t, state: filepath.Join(dir, "state"), record: filepath.Join(dir, "record"), site: site, code: codeDir}
}

// assembly writes one whose stacks are named S0, S1 and so on, each depending on the one before. In a template
// CODE and SITE stand for the assets of the function and of the site, and RECORDFILE for the record.
func (m *machine) assembly(templates ...string) *assembly.Assembly {
	m.t.Helper()
	dir := m.t.TempDir()
	write := func(name string, v any) {
		b, err := json.Marshal(v)
		if err != nil {
			m.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			m.t.Fatal(err)
		}
	}
	artifacts := map[string]any{"assets": map[string]any{"type": "cdk:asset-manifest", "properties": map[string]any{"file": "assets.json"}}}
	fill := strings.NewReplacer("CODE", `{"S3Bucket": "assets", "S3Key": "code.zip"}`, "SITE", `"site.zip"`, "RECORDFILE", m.record)
	for i, t := range templates {
		name, file := fmt.Sprintf("S%d", i), fmt.Sprintf("S%d.template.json", i)
		artifacts[name] = map[string]any{
			"type": "aws:cloudformation:stack", "environment": m.environment, "properties": map[string]any{"templateFile": file}, "dependencies": []string{"assets", fmt.Sprintf("S%d", i-1)},
		}
		write(file, json.RawMessage(fill.Replace(t)))
	}
	file := func(path, packaging, key string) map[string]any {
		return map[string]any{
			"source":       map[string]any{"path": path, "packaging": packaging},
			"destinations": map[string]any{"d": map[string]any{"bucketName": "assets", "objectKey": key}},
		}
	}
	relative := func(path string) string {
		r, err := filepath.Rel(dir, path)
		if err != nil {
			m.t.Fatal(err)
		}
		return r
	}
	write("assets.json", map[string]any{"files": map[string]any{
		"c": file(relative(m.code), "zip", "code.zip"), "s": file(relative(m.site), "zip", "site.zip"), "f": file("manifest.json", "file", "file.zip"),
	}})
	write("manifest.json", map[string]any{"artifacts": artifacts})
	a, err := assembly.Load(dir)
	if err != nil {
		m.t.Fatal(err)
	}
	return a
}

// deploy deploys stacks of the given templates until the test ends.
func (m *machine) deploy(templates ...string) (*Cloud, error) {
	m.t.Helper()
	c, err := Deploy(context.Background(), Config{Assembly: m.assembly(templates...), StateDir: m.state, Parameters: m.parameters, Log: testLog{m.t}})
	if err == nil {
		m.t.Cleanup(func() {
			if err := c.Close(); err != nil {
				m.t.Error(err)
			}
		})
	}
	return c, err
}

func (m *machine) must(templates ...string) *Cloud {
	m.t.Helper()
	c, err := m.deploy(templates...)
	if err != nil {
		m.t.Fatal(err)
	}
	return c
}

func (m *machine) refused(part string, templates ...string) {
	m.t.Helper()
	_, err := m.deploy(templates...)
	if err == nil || !strings.Contains(err.Error(), part) {
		m.t.Errorf("error is %v, want one with %q", err, part)
	}
}

// testLog shows the log of a failed test.
type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Logf("%s", strings.TrimSuffix(string(p), "\n"))
	return len(p), nil
}

func get(t *testing.T, h http.Handler, url string) (status int, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, url, nil))
	b, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(b)
}

func TestAnUnknownTypeIsNamedWithItsStackAndLogicalID(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.refused("stack S0, resource Q (AWS::SQS::Queue): the local cloud does not know the type AWS::SQS::Queue",
		`{"Resources": {"A": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "/a", "SecretString": "1"}}, "Q": {"Type": "AWS::SQS::Queue"}}}`)
	if b, err := os.ReadFile(filepath.Join(m.state, "secrets", "secrets.json")); err == nil && strings.Contains(string(b), "/a") {
		t.Error("a resource of the stack was made before the unknown type was seen")
	}
}

func TestAPropertyThatItsTypeDoesNotHaveIsNamed(t *testing.T) {
	t.Parallel()
	newMachine(t).refused("stack S0, resource L (AWS::Logs::LogGroup): AWS::Logs::LogGroup has no property Retention",
		`{"Resources": {"L": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/l", "Retention": 7}}}}`)
	for kind := range runs {
		if _, ok := schema[kind]; !ok && !strings.HasPrefix(kind, "Custom::") {
			t.Errorf("the properties of %s are not known", kind)
		}
	}
	for kind := range inert {
		if _, ok := schema[kind]; !ok && kind != "AWS::CDK::Metadata" && !strings.HasPrefix(kind, "Custom::") {
			t.Errorf("the properties of %s are not known", kind)
		}
	}
}

func TestAConditionKeepsAnUnknownTypeOut(t *testing.T) {
	t.Parallel()
	newMachine(t).must(`{"Conditions": {"No": {"Fn::Equals": ["a", "b"]}}, "Resources": {"Q": {"Type": "AWS::SQS::Queue", "Condition": "No"}}}`)
}

func TestAStackReadsWhatTheOneBeforePublished(t *testing.T) {
	t.Parallel()
	c := newMachine(t).must(
		`{"Resources": {"V": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
			"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/vpc", "Type": "String", "Value": {"Ref": "V"}}}}}`,
		`{"Parameters": {"Vpc": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/vpc"}, "BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/x/version"}},
			"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/copy", "Type": "String", "Value": {"Fn::Sub": "${Vpc} ${BootstrapVersion}"}}}}}`)
	if v, err := c.parameter("/copy"); err != nil || !strings.HasPrefix(v, "vpc-") || !strings.HasSuffix(v, " 30") {
		t.Errorf("the second stack read %q, %v", v, err)
	}
}

func TestAParameterKeepsItsAllowedPattern(t *testing.T) {
	t.Parallel()
	parameter := func(value string) string {
		return resources(`"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "AllowedPattern": "^\\d+$", "Value": "` + value + `"}}`)
	}
	newMachine(t).must(parameter("12"))
	newMachine(t).refused(`cannot be validated against AllowedPattern ^\d+$`, parameter("1x"))
}

func TestNamesAreMadeAsEachTypeMakesThem(t *testing.T) {
	t.Parallel()
	c := newMachine(t).must(`{"Resources": {"S": {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "s"}}, "P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "p"}},
		"B": {"Type": "AWS::S3::Bucket"}, "Names": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/names", "Type": "String", "Value": {"Fn::Sub": "${S} ${P} ${B}"}}}}}`)
	names, err := c.parameter("/names")
	if want := `^arn:aws:secretsmanager:us-east-1:000000000000:secret:S-\w{12}-\w{6} CFN-P-\w{12} s0-b-\w{12}$`; err != nil || !regexp.MustCompile(want).MatchString(names) {
		t.Errorf("names are %q, %v, want %s", names, err, want)
	}
}

func TestAStackKnowsItsAccountAndRegion(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.environment = "aws://210987654321/eu-west-1"
	c := m.must(resources(function, httpAPI, mayInvoke,
		`"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/p", "Type": "String", "Value": {"Fn::Sub": "${AWS::AccountId} ${F.Arn}"}}}`))
	if v, err := c.parameter("/p"); err != nil || !strings.HasPrefix(v, "210987654321 arn:aws:lambda:eu-west-1:210987654321:function:S0-F-") {
		t.Errorf("parameter is %q, %v", v, err)
	}
	if host := c.APIs()[0].Host; !strings.HasSuffix(host, ".execute-api.eu-west-1.amazonaws.com") {
		t.Errorf("the API is %s", host)
	}
}

func TestAStackImportsWhatTheOneBeforeExports(t *testing.T) {
	t.Parallel()
	const exports = `{"Resources": {"V": {"Type": "AWS::EC2::VPC"}}, "Outputs": {"Vpc": {"Value": {"Ref": "V"}, "Export": {"Name": "the-vpc"}}}}`
	const imports = `{"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/copy", "Type": "String", "Value": {"Fn::ImportValue": "the-vpc"}}}}}`
	if v, err := newMachine(t).must(exports, imports).parameter("/copy"); err != nil || !strings.HasPrefix(v, "vpc-") {
		t.Errorf("the second stack read %q, %v", v, err)
	}
	newMachine(t).refused("stack S0, resource P (AWS::SSM::Parameter): Fn::ImportValue: no stack of the assembly before this one exports the-vpc", imports)
	newMachine(t).refused("two stacks export the-vpc", exports, exports)
}

func TestAParameterOfAnAbsentStackIsNamed(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	const publishes = `{"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/vpc", "Type": "String", "Value": "v"}}}}`
	const needs = `{"Parameters": {"Vpc": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/vpc"}}, "Resources": {"V": {"Type": "AWS::EC2::VPC"}}}`
	m.must(publishes, needs)
	m.refused("stack S0: parameter Vpc: read /vpc from the parameter store: parameter /vpc: no stack of the assembly", needs)
}

func TestAGeneratedSecretStaysFromOneDeploymentToTheNext(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	const template = `{"Resources": {"S": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "/s", "GenerateSecretString": {"PasswordLength": 40, "ExcludePunctuation": true}}},
		"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/arn", "Type": "String", "Value": {"Ref": "S"}}},
		"R": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/value", "Type": "String", "Value": {"Fn::Sub": "{{resolve:secretsmanager:${S}}}"}}}}}`
	first, err := m.must(template).secret("/s", "", "")
	if err != nil || len(first) != 40 {
		t.Fatalf("secret is %q, %v", first, err)
	}
	c := m.must(template)
	again, err := c.secret("/s", "AWSCURRENT", "")
	if err != nil || again != first {
		t.Errorf("second deployment has %q, %v", again, err)
	}
	if v, err := c.parameter("/value"); err != nil || v != first {
		t.Errorf("the reference gives %q, %v", v, err)
	}
	if v, err := c.parameter("/arn"); err != nil || !strings.HasPrefix(v, "arn:aws:secretsmanager:us-east-1:000000000000:secret:/s-") {
		t.Errorf("Ref is %q, %v", v, err)
	}
}

func TestAGeneratedSecretHasCloudFormationsDefaults(t *testing.T) {
	t.Parallel()
	for generate, form := range map[string]string{
		`{}`:                          `^(.*[a-z].*[A-Z].*|.*[A-Z].*[a-z].*)$`,
		`{"ExcludeCharacters": "ab"}`: `^[^ab]{32}$`,
		`{"PasswordLength": "40", "RequireEachIncludedType": "false", "ExcludeNumbers": true}`:  `^[^0-9]{40}$`,
		`{"PasswordLength": 2, "RequireEachIncludedType": false, "ExcludePunctuation": "true"}`: `^[0-9A-Za-z]{2}$`,
	} {
		c := newMachine(t).must(`{"Resources": {"S": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "s", "GenerateSecretString": ` + generate + `}}}}`)
		if v, err := c.secret("s", "", ""); err != nil || !regexp.MustCompile(form).MatchString(v) {
			t.Errorf("%s makes %q, %v", generate, v, err)
		}
	}
	newMachine(t).refused("either SecretString or GenerateSecretString",
		`{"Resources": {"S": {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "s", "GenerateSecretString": {}}}}}`)
	newMachine(t).refused(`unknown field "PasswordLengh"`,
		`{"Resources": {"S": {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": {"PasswordLengh": 40}}}}}`)
	newMachine(t).refused("GenerateSecretString has a whole number as PasswordLength",
		`{"Resources": {"S": {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": {"PasswordLength": "many"}}}}}`)
}

func TestParametersOfTheConfigurationReplaceDefaults(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.parameters = map[string]string{"Url": "http://localhost:1"}
	c := m.must(`{"Parameters": {"Url": {"Type": "String", "Default": "https://x"}}, "Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/u", "Type": "String", "Value": {"Ref": "Url"}}}}}`)
	if v, _ := c.parameter("/u"); v != "http://localhost:1" {
		t.Errorf("value is %q", v)
	}
}

func TestEveryInertTypeHasItsRefAndAttributesFilledIn(t *testing.T) {
	t.Parallel()
	c := &Cloud{here: assembly.Environment{Account: "000000000000", Region: "us-east-1"}}
	r := request{&assembly.Resource{Stack: "Miyabi-local-X", LogicalID: "Thing"}, propertiesOf(map[string]any{
		"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "Ipv6CidrBlock": "2600::/64", "AvailabilityZone": "us-east-1a", "Bucket": "b", "TopicArn": "arn:t",
	})}
	for kind, inertType := range inert {
		v, err := inertType.create(context.Background(), c, r)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		for name, value := range v.Attributes {
			if list, ok := value.([]any); ok {
				value = list[0]
			}
			if s, ok := value.(string); !ok || s == "" || strings.Contains(s, "$") {
				t.Errorf("%s: attribute %s is %v", kind, name, value)
			}
		}
		if s, ok := v.Ref.(string); !ok || s == "" || strings.Contains(s, "$") {
			t.Errorf("%s: Ref is %v", kind, v.Ref)
		}
		if runs[kind] != nil {
			t.Errorf("%s is both run and inert", kind)
		}
	}
}

func TestAnInertResourceKeepsItsGivenName(t *testing.T) {
	t.Parallel()
	c := &Cloud{here: assembly.Environment{Account: "000000000000", Region: "us-east-1"}}
	r := request{&assembly.Resource{Stack: "S", LogicalID: "Logs"}, propertiesOf(map[string]any{"LogGroupName": "/aws/x"})}
	v, _ := inert["AWS::Logs::LogGroup"].create(context.Background(), c, r)
	if v.Ref != "/aws/x" || v.Attributes["Arn"] != "arn:aws:logs:us-east-1:000000000000:log-group:/aws/x:*" {
		t.Errorf("values are %+v", v)
	}
}

func TestACancelledDeploymentLeavesNothing(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Deploy(ctx, Config{Assembly: m.assembly(`{"Resources": {"V": {"Type": "AWS::EC2::VPC"}}}`), StateDir: m.state})
	if err == nil {
		t.Error("deployed although cancelled")
	}
}
