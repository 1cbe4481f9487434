package stacks_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/assembly"
	"github.com/miyabi-society/platform/infra/assembly/fixture"
	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/policy"
)

// The assemblies of environments with other settings than their own.
const (
	withoutProxy    = "dev without proxy"
	withNATGateway  = "dev with a NAT gateway"
	withNATInstance = "dev with a NAT instance"
	withEverything  = "prod with all that costs more"
	abroad          = "a test's environment in Tokyo"
)

const (
	domain      = "dashboard.example.com"
	certificate = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
)

// variants are the environment and the settings of each such assembly.
var variants = map[string]struct{ environment, settings string }{
	withoutProxy:    {environment.Dev, "proxy=false"},
	withNATGateway:  {environment.Dev, "egress=nat-gateway"},
	withNATInstance: {environment.Dev, "egress=nat-instance"},
	withEverything:  {environment.Prod, "multiAZ=true,provisionedConcurrency=2,domain=" + domain + ",certificate=" + certificate},
	abroad:          {"test-ci42", "region=ap-northeast-1"},
}

// synthesized holds the templates of each assembly by the stacks' short names.
var synthesized = map[string]map[string]policy.Template{}

func TestMain(m *testing.M) {
	os.Exit(func() int {
		root, err := os.MkdirTemp("", "stacks")
		if err != nil {
			panic(err)
		}
		defer func() { _ = os.RemoveAll(root) }()
		defer jsii.Close()
		if err := synthesizeAll(root); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

func synthesizeAll(root string) error {
	folders, err := fixture.Folders(root)
	if err != nil {
		return err
	}
	names := append(slices.Sorted(maps.Keys(variants)), environment.Names()...)
	for _, name := range names {
		settings, err := settingsOf(name)
		if err != nil {
			return err
		}
		output := filepath.Join(root, "assembly", strings.ReplaceAll(name, " ", "-"))
		if err := synthesize(settings, folders, output); err != nil {
			return fmt.Errorf("synthesize %s: %w", name, err)
		}
		templates, err := policy.ReadTemplates(output)
		if err != nil {
			return err
		}
		synthesized[name] = map[string]policy.Template{}
		for _, template := range templates {
			synthesized[name][template.Name[strings.LastIndex(template.Name, "-")+1:]] = template
		}
	}
	return nil
}

func synthesize(settings environment.Settings, folders environment.Folders, output string) error {
	context, err := fixture.Context(filepath.Join("..", "cdk.json"))
	if err != nil {
		return err
	}
	return assembly.Synthesize(assembly.Options{Settings: settings, Folders: folders, Output: output, Context: context})
}

func settingsOf(name string) (environment.Settings, error) {
	variant, ok := variants[name]
	if !ok {
		return environment.Load(name, fixture.Host)
	}
	settings, err := environment.Load(variant.environment, fixture.Host)
	if err != nil {
		return environment.Settings{}, err
	}
	return settings.With(environment.Assignments(variant.settings)...)
}

// environmentOf is the environment of an assembly.
func environmentOf(assembly string) string {
	if variant, ok := variants[assembly]; ok {
		return variant.environment
	}
	return assembly
}

// stack is a template under test with the questions that the tests ask.
type stack struct {
	policy.Template
	t *testing.T
}

func stackOf(t *testing.T, assembly, name string) stack {
	t.Helper()
	template, ok := synthesized[assembly][name]
	if !ok {
		t.Fatalf("assembly %s has no stack %s", assembly, name)
	}
	return stack{template, t}
}

// only is the logical id of the one resource of the type.
func (s stack) only(resourceType string) string {
	s.t.Helper()
	ids := s.IDs(resourceType)
	if len(ids) != 1 {
		s.t.Fatalf("%s has %d resources of type %s, want 1: %v", s.Name, len(ids), resourceType, ids)
	}
	return ids[0]
}

// starting is the logical id of the one resource of the type whose id starts so.
func (s stack) starting(resourceType, prefix string) string {
	s.t.Helper()
	ids := slices.DeleteFunc(s.IDs(resourceType), func(id string) bool { return !strings.HasPrefix(id, prefix) })
	if len(ids) != 1 {
		s.t.Fatalf("%s has %d resources of type %s that start with %s, want 1: %v", s.Name, len(ids), resourceType, prefix, ids)
	}
	return ids[0]
}

// want compares a property, given by a dotted path, with what the JSON text holds.
func (s stack) want(id, path, wantJSON string) {
	s.t.Helper()
	var want any
	if err := json.Unmarshal([]byte(wantJSON), &want); err != nil {
		s.t.Fatalf("%s: %v", wantJSON, err)
	}
	if got := s.property(id, path); !reflect.DeepEqual(got, want) {
		text, _ := json.Marshal(got)
		s.t.Errorf("%s: %s.%s is %s, want %s", s.Name, id, path, text, wantJSON)
	}
}

// wantStatements compares what a role's policy allows and denies beyond what every function's role does: to write its log
// and, inside the network, to leave the interfaces to Lambda.
func (s stack) wantStatements(role, wantJSON string) {
	s.t.Helper()
	var want any
	if err := json.Unmarshal([]byte(wantJSON), &want); err != nil {
		s.t.Fatalf("%s: %v", wantJSON, err)
	}
	id := s.starting("AWS::IAM::Policy", role)
	statements := slices.DeleteFunc(slices.Clone(s.property(id, "PolicyDocument.Statement").([]any)), func(value any) bool {
		text := fmt.Sprint(value)
		return strings.Contains(text, "logs:PutLogEvents") || strings.Contains(text, "LeaveInterfacesToLambda")
	})
	if !reflect.DeepEqual(any(statements), want) {
		text, _ := json.Marshal(statements)
		s.t.Errorf("%s: %s is %s, want %s", s.Name, id, text, wantJSON)
	}
}

// property is the value at a dotted path of a resource's properties; nil where there is none.
func (s stack) property(id, path string) any {
	var value any = s.Resources[id].Properties
	for key := range strings.SplitSeq(path, ".") {
		switch node := value.(type) {
		case map[string]any:
			value = node[key]
		case []any:
			var i int
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(node) {
				return nil
			}
			value = node[i]
		default:
			return nil
		}
	}
	return value
}

// text is the template part as JSON, for tests of what it must or must not mention.
func (s stack) text(id string) string {
	s.t.Helper()
	content, err := json.Marshal(s.Resources[id].Properties)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(content)
}

// attribute is an attribute of the resource beside its properties, such as DeletionPolicy.
func (s stack) attribute(id, name string) any {
	return s.Document["Resources"].(map[string]any)[id].(map[string]any)[name]
}

// published maps the Parameter Store paths that the stack writes to their values as JSON.
func (s stack) published() map[string]string {
	s.t.Helper()
	paths := map[string]string{}
	for _, id := range s.IDs("AWS::SSM::Parameter") {
		value, err := json.Marshal(s.property(id, "Value"))
		if err != nil {
			s.t.Fatal(err)
		}
		paths[s.property(id, "Name").(string)] = string(value)
	}
	return paths
}

func TestEveryPublishedParameterThatIsReadIsWrittenByAnEarlierPhase(t *testing.T) {
	t.Parallel()
	for assembly := range synthesized {
		written := map[string]bool{"/cdk-bootstrap/hnb659fds/version": true}
		for _, name := range []string{"Foundation", "Database", "Schema", "Api", "Dashboard", "Operations"} {
			s := stackOf(t, assembly, name)
			for id, parameter := range s.Parameters {
				path, _ := parameter["Default"].(string)
				if parameter["Type"] == "AWS::SSM::Parameter::Value<String>" && !written[path] {
					t.Errorf("%s: %s reads %s, which no earlier phase writes", s.Name, id, path)
				}
			}
			for path := range s.published() {
				if !strings.HasPrefix(path, "/miyabi/"+environmentOf(assembly)+"/"+strings.ToLower(name)+"/") {
					t.Errorf("%s publishes %s outside its own path", s.Name, path)
				}
				written[path] = true
			}
		}
	}
}

func TestEveryTaggableResourceCarriesTheTags(t *testing.T) {
	t.Parallel()
	for name, template := range synthesized[environment.Prod] {
		want := map[string]string{"project": "miyabi", "env": "prod", "phase": strings.ToLower(name), "owner": "platform", "cost-center": "miyabi-prod"}
		if name == "Account" {
			want["env"], want["cost-center"] = "shared", "miyabi-shared"
		}
		for _, id := range template.IDs("") {
			tags, ok := template.Resources[id].Properties["Tags"].([]any)
			if !ok {
				continue
			}
			got := map[string]string{}
			for _, tag := range tags {
				pair := tag.(map[string]any)
				got[pair["Key"].(string)], _ = pair["Value"].(string)
			}
			for key, value := range want {
				if got[key] != value {
					t.Errorf("%s: tag %s of %s is %q, want %q", template.Name, key, id, got[key], value)
				}
			}
		}
	}
}

// The list is what the local cloud must run or know; a new type is a decision, not an accident.
func TestResourceTypes(t *testing.T) {
	t.Parallel()
	want := []string{
		"AWS::ApiGateway::Account", "AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::Route",
		"AWS::ApiGatewayV2::Stage", "AWS::Budgets::Budget", "AWS::CloudFront::Distribution", "AWS::CloudFront::Function",
		"AWS::CloudFront::OriginAccessControl", "AWS::CloudFront::ResponseHeadersPolicy", "AWS::CloudWatch::Alarm",
		"AWS::CloudWatch::Dashboard", "AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup", "AWS::EC2::EgressOnlyInternetGateway", "AWS::EC2::FlowLog", "AWS::EC2::Route",
		"AWS::EC2::RouteTable", "AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupEgress", "AWS::EC2::SecurityGroupIngress",
		"AWS::EC2::Subnet", "AWS::EC2::SubnetRouteTableAssociation", "AWS::EC2::VPC", "AWS::EC2::VPCCidrBlock",
		"AWS::EC2::VPCEndpoint", "AWS::Events::Rule", "AWS::IAM::OIDCProvider", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::Lambda::Alias",
		"AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Function", "AWS::Lambda::LayerVersion", "AWS::Lambda::Permission", "AWS::Lambda::Version",
		"AWS::Logs::LogGroup", "AWS::RDS::DBInstance", "AWS::RDS::DBParameterGroup", "AWS::RDS::DBProxy",
		"AWS::RDS::DBProxyTargetGroup", "AWS::RDS::DBSubnetGroup", "AWS::S3::Bucket", "AWS::S3::BucketPolicy",
		"AWS::SNS::Subscription", "AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::SSM::Parameter",
		"AWS::SecretsManager::Secret", "Custom::CDKBucketDeployment", "Custom::Migration",
	}
	ways := map[string][]string{
		withNATGateway: {"AWS::EC2::EIP", "AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::VPCGatewayAttachment"},
		withNATInstance: {
			"AWS::EC2::Instance", "AWS::EC2::InternetGateway", "AWS::EC2::VPCGatewayAttachment", "AWS::IAM::InstanceProfile",
		},
		withoutProxy: nil, withEverything: nil, abroad: nil,
		environment.Local: nil, environment.Dev: nil, environment.Staging: nil, environment.Prod: nil,
	}
	for name, more := range ways {
		want := slices.Sorted(slices.Values(slices.Concat(want, more)))
		if name == withoutProxy {
			want = slices.DeleteFunc(want, func(kind string) bool { return strings.HasPrefix(kind, "AWS::RDS::DBProxy") })
		}
		var got []string
		for _, template := range synthesized[name] {
			for _, id := range template.IDs("") {
				got = append(got, template.Resources[id].Type)
			}
		}
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Errorf("%s has the types\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestLogsOutliveADeletedStackInProdOnly(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{environment.Prod: "Retain", environment.Dev: "Delete"} {
		for _, template := range synthesized[name] {
			s := stack{template, t}
			for _, id := range s.IDs("AWS::Logs::LogGroup") {
				got, _ := s.attribute(id, "DeletionPolicy").(string)
				if !strings.HasPrefix(got, want) {
					t.Errorf("%s: %s has the deletion policy %q, want %s", s.Name, id, got, want)
				}
			}
		}
	}
}
