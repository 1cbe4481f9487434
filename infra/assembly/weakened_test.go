package assembly_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/policy"
)

// weakening changes one place of prod's real templates so that one rule, and no other, is broken.
type weakening struct {
	rule  string
	stack string
	// resource is the path of the changed resource; empty for the template itself or an added resource.
	resource string
	// property is the dotted path below the resource's properties, below the resource when it starts with a dot, or below the
	// template when there is no resource.
	property string
	// value takes the place of the property; nil removes it.
	value any
	// add is a resource that is added, as JSON, instead; more than once where times says so.
	add   string
	times int
}

var weakenings = []weakening{
	{rule: "no-exports", stack: "Schema", resource: "Migrate/Resource", property: "Environment.Variables.DATABASE_PORT", value: map[string]any{"Fn::ImportValue": "DatabasePort"}},
	{rule: "no-exports", stack: "Database", property: "Outputs.Endpoint.Export", value: map[string]any{"Name": "Endpoint"}},

	{rule: "no-nat", stack: "Foundation", add: `{"Type": "AWS::EC2::NatGateway", "Properties": {TAGS}}`},
	{rule: "no-nat", stack: "Foundation", add: `{"Type": "AWS::EC2::Instance", "Properties": {TAGS, "SourceDestCheck": false, "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": true}}]}}`},
	{rule: "no-nat", stack: "Foundation", resource: "Vpc/S3/Resource", property: "VpcEndpointType", value: "Interface"},
	{rule: "closed-groups", stack: "Database", resource: "Database/ProxyGroup/Resource", property: "SecurityGroupEgress"},
	{rule: "closed-groups", stack: "Api", resource: "ApiGroup/Resource", property: "SecurityGroupEgress.0", value: map[string]any{"CidrIp": "0.0.0.0/0"}},
	{rule: "closed-groups", stack: "Api", resource: "ApiGroup/Resource", property: "SecurityGroupEgress.0.FromPort", value: 0},
	{rule: "closed-groups", stack: "Database", resource: "Database/InstanceGroup/Resource", property: "SecurityGroupIngress", value: []any{map[string]any{"CidrIp": "0.0.0.0/0"}}},
	{rule: "closed-groups", stack: "Api", resource: "PostgresFromApiGroup", property: "CidrIp", value: "0.0.0.0/0"},
	{rule: "closed-groups", stack: "Database", resource: "Database/ProxyGroup/Resource", property: "SecurityGroupIngress", value: []any{
		map[string]any{"CidrIpv6": "::/0", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443},
	}},
	{rule: "closed-groups", stack: "Api", resource: "ApiGroup/Resource", property: "SecurityGroupEgress.0", value: map[string]any{
		"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
	}},
	{rule: "private-subnets", stack: "Foundation", resource: "Vpc/FunctionSubnet1/Subnet", property: "MapPublicIpOnLaunch", value: true},
	{rule: "flow-logs", stack: "Foundation", resource: "Vpc/FlowLog/FlowLog", property: "TrafficType", value: "REJECT"},

	{rule: "narrow-permissions", stack: "Api", resource: "AuthRole/Resource", property: "Policies.0.PolicyDocument.Statement.0.Action", value: "logs:*"},
	{rule: "narrow-permissions", stack: "Api", resource: "ApiRole/DefaultPolicy/Resource", property: "PolicyDocument.Statement.1.Resource", value: "*"},
	{rule: "narrow-permissions", stack: "Database", resource: "Database/ProxyRole/Resource", property: "Policies", value: []any{map[string]any{
		"PolicyDocument": map[string]any{"Statement": map[string]any{"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::one"}},
	}}},
	{rule: "narrow-permissions", stack: "Dashboard", resource: uploader + "/ServiceRole/DefaultPolicy/Resource", property: "PolicyDocument.Statement.0.Action", value: "s3:*"},
	{rule: "narrow-permissions", stack: "Account", resource: "Deploy-dev/DefaultPolicy/Resource", property: "PolicyDocument.Statement.6.Action", value: "iam:PassRole"},
	{rule: "narrow-permissions", stack: "Api", add: `{"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": {
		"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::one"}}}}`},
	{rule: "managed-policies", stack: "Api", resource: "AuthRole/Resource", property: "ManagedPolicyArns", value: []any{"arn:aws:iam::aws:policy/ReadOnlyAccess"}},
	{rule: "no-users", stack: "Account", add: `{"Type": "AWS::IAM::AccessKey", "Properties": {"UserName": "someone", TAGS}}`},
	{rule: "named-principals", stack: "Dashboard", resource: "Site/Bucket/Policy/Resource", property: "PolicyDocument.Statement.1.Principal", value: map[string]any{"AWS": "*"}},
	{rule: "named-principals", stack: "Foundation", resource: "Alarms/Policy/Resource", property: "PolicyDocument.Statement.1.Principal", value: "*"},
	{rule: "named-principals", stack: "Api", resource: "ApiRole/Resource", property: "AssumeRolePolicyDocument.Statement.0.Principal", value: map[string]any{"AWS": []any{"*"}}},
	{rule: "named-principals", stack: "Api", resource: apiPermission, property: "Principal", value: "*"},
	{rule: "named-principals", stack: "Api", add: `{"Type": "AWS::SecretsManager::ResourcePolicy", "Properties": {"ResourcePolicy": {
		"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]}}}`},
	{rule: "named-principals", stack: "Api", add: `{"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {
		"Statement": [{"Effect": "Allow", "NotPrincipal": {"AWS": "123456789012"}, "Action": "kms:Decrypt", "Resource": "*"}]}, TAGS}}`},
	{rule: "no-confused-deputy", stack: "Foundation", resource: "Alarms/Policy/Resource", property: "PolicyDocument.Statement.1.Condition"},
	{rule: "no-confused-deputy", stack: "Dashboard", resource: "Site/Bucket/Policy/Resource", property: "PolicyDocument.Statement.1.Condition"},
	{rule: "no-confused-deputy", stack: "Api", resource: apiPermission, property: "SourceArn"},
	{rule: "pinned-federation", stack: "Account", resource: "Deploy-prod/Resource", property: "AssumeRolePolicyDocument.Statement.0.Condition", value: map[string]any{
		"StringEquals": map[string]any{"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
		"StringLike":   map[string]any{"token.actions.githubusercontent.com:sub": "repo:miyabi-society/platform:*"},
	}},

	{rule: "go-functions", stack: "Schema", resource: "Migrate/Resource", property: "Runtime", value: "nodejs24.x"},
	{rule: "go-functions", stack: "Schema", resource: "Migrate/Resource", property: "Architectures", value: []any{"x86_64"}},
	{rule: "in-network-calls", stack: "Api", resource: "ApiRole/DefaultPolicy/Resource", property: "PolicyDocument.Statement.1.Action", value: "dynamodb:Query"},
	{rule: "in-network-calls", stack: "Api", resource: "ApiRole/DefaultPolicy/Resource", property: "PolicyDocument.Statement.1.Action", value: "sns:Publish"},
	{rule: "in-network-calls", stack: "Schema", resource: "MigrateRole/DefaultPolicy/Resource", property: "PolicyDocument.Statement.0.Action", value: []any{"ssm:GetParameter"}},
	{rule: "in-network-calls", stack: "Api", add: `{"Type": "AWS::IAM::ManagedPolicy", "Properties": {"Roles": [{"Ref": "ApiRole1873F438"}], "PolicyDocument": {
		"Statement": [{"Effect": "Allow", "Action": "dynamodb:Query", "Resource": "arn:aws:dynamodb:us-east-1:123456789012:table/t"}]}}}`},
	{rule: "in-network-calls", stack: "Api", resource: "ApiRole/Resource", property: "ManagedPolicyArns.0", value: "arn:aws:iam::123456789012:policy/ours"},
	{rule: "in-network-calls", stack: "Api", resource: "Api/Resource", property: "Role", value: "arn:aws:iam::123456789012:role/other"},
	{rule: "no-dualstack-variable", stack: "Api", resource: "Api/Resource", property: "Environment.Variables.AWS_USE_DUALSTACK_ENDPOINT", value: "true"},

	{rule: "no-secrets", stack: "Schema", resource: "Migrate/Resource", property: "Environment.Variables.DATABASE_PASSWORD", value: "x"},
	{rule: "no-secrets", stack: "Api", resource: "Api/Resource", property: "Environment.Variables.LOG_LEVEL", value: "-----BEGIN RSA PRIVATE KEY-----"},
	{rule: "no-secrets", stack: "Api", resource: "Api/Resource", property: "Description", value: "AKIAABCDEFGHIJKLMNOP"},
	{rule: "no-secrets", stack: "Api", resource: "Api/Resource", property: "Environment.Variables.LOG_LEVEL", value: "{{resolve:secretsmanager:x:SecretString:password}}"},
	{rule: "no-secrets", stack: "Api", resource: "Identity/Resource", property: "SecretString", value: "x"},
	{rule: "no-secrets", stack: "Api", property: "Parameters.GitHubToken", value: map[string]any{"Type": "String"}},
	{rule: "no-secrets", stack: "Api", property: "Outputs.Key", value: map[string]any{"Value": "github_pat_" + strings.Repeat("a", 22)}},
	{rule: "managed-master-password", stack: "Database", resource: "Database/Instance/Resource", property: "ManageMasterUserPassword", value: false},
	{rule: "managed-master-password", stack: "Database", resource: "Database/Instance/Resource", property: "EnableIAMDatabaseAuthentication", value: false},

	{rule: "private-data", stack: "Database", resource: "Database/Instance/Resource", property: "PubliclyAccessible"},
	{rule: "private-data", stack: "Dashboard", resource: "Site/Bucket/Resource", property: "PublicAccessBlockConfiguration.BlockPublicPolicy", value: false},
	{rule: "private-data", stack: "Dashboard", resource: "Site/Bucket/Resource", property: "AccessControl", value: "PublicRead"},
	{rule: "private-data", stack: "Dashboard", resource: "Site/Bucket/Resource", property: "OwnershipControls.Rules.0.ObjectOwnership", value: "ObjectWriter"},
	{rule: "encrypted-at-rest", stack: "Database", resource: "Database/Instance/Resource", property: "StorageEncrypted", value: false},
	{rule: "encrypted-at-rest", stack: "Dashboard", resource: "Site/Bucket/Resource", property: "BucketEncryption"},
	{rule: "encrypted-at-rest", stack: "Foundation", add: `{"Type": "AWS::EC2::Instance", "Properties": {TAGS}}`},
	{rule: "encrypted-at-rest", stack: "Foundation", add: `{"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": {"BlockDeviceMappings": [{"Ebs": {"Encrypted": false}}]}}}`},
	{rule: "point-in-time-recovery", stack: "Database", resource: "Database/Instance/Resource", property: "BackupRetentionPeriod", value: 0},
	{rule: "point-in-time-recovery", stack: "Database", resource: "Database/Instance/Resource", property: "BackupRetentionPeriod", value: 1},
	{rule: "point-in-time-recovery", stack: "Database", resource: "Database/Instance/Resource", property: "BackupRetentionPeriod", value: "1"},
	{rule: "kept-data", stack: "Database", resource: "Database/Instance/Resource", property: "DeletionProtection", value: false},
	{rule: "kept-data", stack: "Database", resource: "Database/Instance/Resource", property: "DeleteAutomatedBackups", value: true},
	{rule: "kept-data", stack: "Database", resource: "Database/Instance/Resource", property: ".DeletionPolicy", value: "Delete"},
	{rule: "kept-data", stack: "Database", resource: "Database/Instance/Resource", property: ".UpdateReplacePolicy"},
	{rule: "kept-data", stack: "Dashboard", resource: "Site/Bucket/Resource", property: ".DeletionPolicy", value: "Delete"},
	{rule: "kept-data", stack: "Api", resource: "ApiLogs/Resource", property: ".DeletionPolicy", value: "Delete"},

	{rule: "tls-to-the-database", stack: "Database", resource: "Database/Parameters/Resource", property: `Parameters.rds\.force_ssl`, value: "0"},
	{rule: "tls-to-the-database", stack: "Database", resource: "Database/Proxy/Resource", property: "RequireTLS", value: false},
	{rule: "tls-to-the-database", stack: "Database", resource: "Database/Proxy/Resource", property: "DefaultAuthScheme"},
	{rule: "tls-to-the-database", stack: "Api", resource: "Api/Resource", property: "Environment.Variables.DATABASE_TLS", value: "disable"},
	{rule: "tls-to-the-services", stack: "Dashboard", resource: "Site/Bucket/Policy/Resource", property: "PolicyDocument.Statement.0.Condition.Bool.aws:SecureTransport", value: "true"},
	{rule: "tls-to-the-services", stack: "Foundation", resource: "Alarms/Policy/Resource", property: "PolicyDocument.Statement.0.Condition"},
	{rule: "tls-to-the-services", stack: "Api", add: `{"Type": "AWS::SQS::Queue", "Properties": {"SqsManagedSseEnabled": true, TAGS}}`},
	{rule: "tls-to-the-site", stack: "Dashboard", resource: "Site/Distribution/Resource", property: "DistributionConfig.DefaultCacheBehavior.ViewerProtocolPolicy", value: "allow-all"},
	{rule: "tls-to-the-site", stack: "Dashboard", resource: "Site/Distribution/Resource", property: "DistributionConfig.Origins.1.CustomOriginConfig.OriginSSLProtocols", value: []any{"TLSv1"}},
	{rule: "tls-to-the-site", stack: "Dashboard", resource: "Site/Distribution/Resource", property: "DistributionConfig.CacheBehaviors.0.ViewerProtocolPolicy", value: "allow-all"},
	{rule: "private-origin", stack: "Dashboard", resource: "Site/Distribution/Resource", property: "DistributionConfig.Origins.0.OriginAccessControlId"},
	{rule: "private-origin", stack: "Dashboard", resource: "Site/Distribution/Origin1/S3OriginAccessControl/Resource", property: "OriginAccessControlConfig.SigningBehavior", value: "never"},

	{rule: "expiring-logs", stack: "Api", resource: "ApiLogs/Resource", property: "RetentionInDays"},
	{rule: "expiring-logs", stack: "Foundation", resource: "FlowLogs/Resource", property: "RetentionInDays", value: 365},
	{rule: "own-log-groups", stack: "Schema", resource: "Migrate/Resource", property: "LoggingConfig"},

	{rule: "throttled-stages", stack: "Api", resource: "HttpApi/Stage/Resource", property: "DefaultRouteSettings.ThrottlingRateLimit"},
	{rule: "throttled-stages", stack: "Api", resource: "WebSocketApi/Stage/Resource", property: "DefaultRouteSettings.ThrottlingBurstLimit", value: 10000},
	{rule: "logged-requests", stack: "Api", resource: "HttpApi/Stage/Resource", property: "AccessLogSettings"},
	{rule: "logged-requests", stack: "Api", resource: "WebSocketApi/Stage/Resource", property: "DefaultRouteSettings.DataTraceEnabled", value: true},
	{rule: "same-origin", stack: "Api", resource: "HttpApi/Resource", property: "CorsConfiguration", value: map[string]any{"AllowOrigins": []any{"*"}}},

	{rule: "tags", stack: "Database", resource: "Database/Instance/Resource", property: "Tags.0.Value", value: "someone-else"},
	{rule: "tags", stack: "Api", resource: "HttpApi/Stage/Resource", property: "Tags.owner"},
	{rule: "tags", stack: "Operations", add: `{"Type": "AWS::Events::Rule", "Properties": {}}`},

	{rule: "few-alarms", stack: "Operations", add: `{"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmActions": ["arn:aws:sns:us-east-1:123456789012:alarms"], TAGS}}`, times: 15},
	{rule: "few-metrics", stack: "Api", add: `{"Type": "AWS::Logs::MetricFilter", "Properties": {"MetricTransformations": [{"Dimensions": [{"Key": "route", "Value": "$.route"}]}]}}`},
	{rule: "few-metrics", stack: "Api", add: `{"Type": "AWS::Logs::MetricFilter", "Properties": {"MetricTransformations": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}}`},
	{rule: "heard-alarms", stack: "Operations", resource: "Monitoring/ServerErrors/Resource", property: "AlarmActions"},

	{rule: "known-values", stack: "Database", resource: "Database/Instance/Resource", property: "StorageType", value: "gp4"},
	{rule: "known-values", stack: "Api", resource: "HttpApi/Resource", property: "ProtocolType", value: "HTTPS"},
	{rule: "known-values", stack: "Api", resource: "WebSocketApi/$connect-Route/Resource", property: "AuthorizationType", value: "IAM"},
	{rule: "known-values", stack: "Foundation", resource: "Budget", property: "Budget.TimeUnit", value: "MONTH"},
	{rule: "known-values", stack: "Foundation", resource: "Budget", property: "Budget.BudgetType", value: "COSTS"},
	{rule: "known-values", stack: "Foundation", resource: "Budget", property: "NotificationsWithSubscribers.0.Notification.NotificationType", value: "REAL"},
	{rule: "known-values", stack: "Foundation", resource: "AlarmEmailSubscription", property: "Protocol", value: "mail"},
	{rule: "known-values", stack: "Api", add: `{"Type": "AWS::ApiGatewayV2::Authorizer", "Properties": {"AuthorizerType": "LAMBDA"}}`},
	{rule: "engine-family", stack: "Database", resource: "Database/Parameters/Resource", property: "Family", value: "postgres16"},
	{rule: "readable-dashboards", stack: "Operations", resource: "Monitoring/Dashboard/Resource", property: "DashboardBody", value: "{"},
	{rule: "readable-dashboards", stack: "Operations", resource: "Monitoring/Dashboard/Resource", property: "DashboardBody", value: `{"widgets": []}`},
	{rule: "readable-dashboards", stack: "Operations", resource: "Monitoring/Dashboard/Resource", property: "DashboardBody", value: `{"widgets": [{"type": "graph", "width": 8, "height": 6, "properties": {"metrics": []}}]}`},
	{rule: "readable-dashboards", stack: "Operations", resource: "Monitoring/Dashboard/Resource", property: "DashboardBody", value: `{"widgets": [{"type": "text", "width": 25, "height": 6, "properties": {"markdown": "x"}}]}`},
}

const (
	uploader      = "Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C256MiB"
	apiPermission = "HttpApi/ANY--api--{proxy+}/Integration-Permission"
	tags          = `"Tags": [{"Key": "project", "Value": "miyabi"}, {"Key": "env", "Value": "ENV"}, {"Key": "phase", "Value": "PHASE"}, {"Key": "owner", "Value": "platform"}, {"Key": "cost-center", "Value": "miyabi-ENV"}]`
)

// A real template that is weakened in one place must break exactly one rule, else a rule does not see what CDK really
// writes, or two rules say the same.
func TestAWeakenedTemplateBreaksExactlyItsRule(t *testing.T) {
	t.Parallel()
	settings := settingsOf(t, environment.Prod)
	for _, weaken := range weakenings {
		t.Run(weaken.rule+" "+weaken.stack+" "+weaken.resource+" "+weaken.property, func(t *testing.T) {
			t.Parallel()
			violations, _ := policy.Check(policy.Assembly{Settings: settings, Templates: weaken.apply(t)})
			if len(violations) == 0 {
				t.Fatal("no rule is broken")
			}
			for _, violation := range violations {
				if violation.Rule != weaken.rule || strings.Contains(violation.String(), "\n") {
					t.Errorf("breaks %s, want only %s", violation, weaken.rule)
				}
			}
		})
	}
}

func TestEachRuleIsProvenByAWeakenedTemplate(t *testing.T) {
	t.Parallel()
	proven := map[string]bool{}
	for _, weaken := range weakenings {
		proven[weaken.rule] = true
	}
	for _, rule := range policy.Rules() {
		if !proven[rule.Name] {
			t.Errorf("nothing breaks the rule %s", rule.Name)
		}
	}
}

// apply returns prod's templates with the one place changed.
func (w weakening) apply(t *testing.T) []policy.Template {
	t.Helper()
	all := templates(t, environment.Prod)
	for i, template := range all {
		if template.Name != "Miyabi-prod-"+w.stack && template.Name != "Miyabi-"+w.stack {
			continue
		}
		content, err := os.ReadFile(filepath.Join(root, environment.Prod, template.Name+".template.json"))
		if err != nil {
			t.Fatal(err)
		}
		var document map[string]any
		if err := json.Unmarshal(content, &document); err != nil {
			t.Fatal(err)
		}
		w.change(t, template, document)
		if content, err = json.Marshal(document); err != nil {
			t.Fatal(err)
		}
		if all[i], err = policy.ParseTemplate(template.Name, content); err != nil {
			t.Fatal(err)
		}
		return all
	}
	t.Fatalf("there is no stack %s", w.stack)
	return nil
}

func (w weakening) change(t *testing.T, template policy.Template, document map[string]any) {
	t.Helper()
	resources := document["Resources"].(map[string]any)
	if w.add != "" {
		for i := range max(1, w.times) {
			resources["Added"+strconv.Itoa(i)] = w.added(t)
		}
		return
	}
	if w.resource == "" {
		change(t, document, w.property, w.value)
		return
	}
	for _, id := range template.IDs("") {
		if template.Path(id) == w.resource {
			resource := resources[id].(map[string]any)
			if below, found := strings.CutPrefix(w.property, "."); found {
				change(t, resource, below, w.value)
			} else {
				change(t, resource["Properties"], w.property, w.value)
			}
			return
		}
	}
	t.Fatalf("%s has no %s", template.Name, w.resource)
}

// added is the resource to add; TAGS in it stands for the stack's tags.
func (w weakening) added(t *testing.T) any {
	t.Helper()
	env := "prod"
	if w.stack == "Account" {
		env = "shared"
	}
	text := strings.ReplaceAll(w.add, "TAGS", tags)
	text = strings.NewReplacer("ENV", env, "PHASE", strings.ToLower(w.stack)).Replace(text)
	var resource any
	if err := json.Unmarshal([]byte(text), &resource); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return resource
}

// change sets the value at a dotted path, or removes what is there when the value is nil. A dot that belongs to a key is
// written \.
func change(t *testing.T, node any, path string, value any) {
	t.Helper()
	keys := strings.Split(strings.ReplaceAll(path, `\.`, "\x00"), ".")
	for i, key := range keys {
		key = strings.ReplaceAll(key, "\x00", ".")
		isLast := i == len(keys)-1
		switch parent := node.(type) {
		case map[string]any:
			switch {
			case isLast && value == nil:
				if _, ok := parent[key]; !ok {
					t.Fatalf("there is no %s to remove", path)
				}
				delete(parent, key)
			case isLast:
				parent[key] = value
			default:
				node = parent[key]
			}
		case []any:
			index, err := strconv.Atoi(key)
			if err != nil || index >= len(parent) {
				t.Fatalf("there is no %s", path)
			}
			if isLast {
				parent[index] = value
			} else {
				node = parent[index]
			}
		default:
			t.Fatalf("there is no %s", path)
		}
	}
}

func settingsOf(t *testing.T, name string) environment.Settings {
	t.Helper()
	settings, err := loadSettings(name)
	if err != nil {
		t.Fatal(err)
	}
	return settings
}
