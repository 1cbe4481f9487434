package stacks_test

import (
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/environment"
)

func TestTheInstanceIsEncryptedRestorableAndHasNoPasswordInTheTemplate(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Database")
	instance := s.only("AWS::RDS::DBInstance")
	for path, want := range map[string]string{
		"Engine":                          `"postgres"`,
		"EngineVersion":                   `"15.17"`,
		"EngineLifecycleSupport":          `"open-source-rds-extended-support-disabled"`,
		"DBInstanceClass":                 `"db.t4g.small"`,
		"DBName":                          `"miyabi"`,
		"MasterUsername":                  `"miyabi_admin"`,
		"ManageMasterUserPassword":        `true`,
		"MasterUserPassword":              `null`,
		"EnableIAMDatabaseAuthentication": `true`,
		"AllocatedStorage":                `"20"`,
		"StorageType":                     `"gp3"`,
		"StorageEncrypted":                `true`,
		"PubliclyAccessible":              `false`,
		"BackupRetentionPeriod":           `14`,
		"DeletionProtection":              `true`,
		"DeleteAutomatedBackups":          `false`,
		"CopyTagsToSnapshot":              `true`,
	} {
		s.want(instance, path, want)
	}
	parameters := s.only("AWS::RDS::DBParameterGroup")
	s.want(parameters, "Family", `"postgres15"`)
	s.want(parameters, "Parameters", `{"rds.force_ssl": "1", "idle_in_transaction_session_timeout": "60000", "log_min_duration_statement": "1000"}`)
}

func TestTheInstanceLeavesASnapshotInProdAndNothingInDev(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{environment.Prod: "Snapshot", environment.Dev: "Delete"} {
		s := stackOf(t, name, "Database")
		instance := s.only("AWS::RDS::DBInstance")
		for _, attribute := range []string{"DeletionPolicy", "UpdateReplacePolicy"} {
			if got := s.attribute(instance, attribute); got != want {
				t.Errorf("%s: %s is %v, want %s", name, attribute, got, want)
			}
		}
	}
}

func TestTheProxyUsesIAMFromEndToEnd(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Database")
	proxy := s.only("AWS::RDS::DBProxy")
	s.want(proxy, "DefaultAuthScheme", `"IAM_AUTH"`)
	s.want(proxy, "RequireTLS", `true`)
	s.want(proxy, "EngineFamily", `"POSTGRESQL"`)
	s.want(proxy, "Auth", `null`)
	policy := s.only("AWS::IAM::Policy")
	s.want(policy, "PolicyDocument.Statement.0.Action", `"rds-db:connect"`)
	if text := s.text(policy); !strings.Contains(text, "DbiResourceId") || !strings.Contains(text, "/miyabi_app") {
		t.Errorf("the proxy's role cannot sign in as miyabi_app: %s", text)
	}
}

// EC2 refuses a rule that exists already, so that two rules for one pair of groups would fail the deployment.
func TestOnlyTheProxyReachesTheInstanceByOneRule(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Database")
	s.only("AWS::EC2::SecurityGroupEgress")
	ingress := s.only("AWS::EC2::SecurityGroupIngress")
	s.want(ingress, "SourceSecurityGroupId", `{"Fn::GetAtt": ["`+s.starting("AWS::EC2::SecurityGroup", "DatabaseProxyGroup")+`", "GroupId"]}`)
	for _, group := range s.IDs("AWS::EC2::SecurityGroup") {
		s.want(group, "SecurityGroupEgress.0.CidrIp", `"255.255.255.255/32"`)
		s.want(group, "SecurityGroupEgress.1", `null`)
	}
}

func TestFunctionsConnectToTheProxy(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Database")
	published := s.published()
	proxy := s.only("AWS::RDS::DBProxy")
	if got, want := published["/miyabi/prod/database/endpoint"], `{"Fn::GetAtt":["`+proxy+`","Endpoint"]}`; got != want {
		t.Errorf("endpoint is %s, want %s", got, want)
	}
	want := `{"Fn::Select":[6,{"Fn::Split":[":",{"Fn::GetAtt":["` + proxy + `","DBProxyArn"]}]}]}`
	if got := published["/miyabi/prod/database/connect-resource-id"]; got != want {
		t.Errorf("connect resource is %s, want %s", got, want)
	}
	if got := published["/miyabi/prod/database/instance-endpoint"]; !strings.Contains(got, "Endpoint.Address") {
		t.Errorf("instance endpoint is %s", got)
	}
}

func TestWithoutProxyFunctionsConnectToTheInstance(t *testing.T) {
	t.Parallel()
	s := stackOf(t, withoutProxy, "Database")
	if ids := s.IDs("AWS::RDS::DBProxy"); len(ids) > 0 {
		t.Fatalf("there is a proxy: %v", ids)
	}
	published := s.published()
	if published["/miyabi/dev/database/endpoint"] != published["/miyabi/dev/database/instance-endpoint"] {
		t.Errorf("endpoint is %s", published["/miyabi/dev/database/endpoint"])
	}
	if got := published["/miyabi/dev/database/connect-resource-id"]; !strings.Contains(got, "DbiResourceId") {
		t.Errorf("connect resource is %s", got)
	}
}

func TestAStandbyIsKeptWhereTheSettingAsksForOne(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{environment.Prod: `false`, withEverything: `true`} {
		s := stackOf(t, name, "Database")
		s.want(s.only("AWS::RDS::DBInstance"), "MultiAZ", want)
	}
}
