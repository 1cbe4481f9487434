package stacks_test

import (
	"slices"
	"testing"

	"github.com/miyabi-society/platform/infra/environment"
)

func TestMigrationsRunWhenTheyHaveChangedAndEndInTime(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Schema")
	migration := s.only("Custom::Migration")
	function := s.only("AWS::Lambda::Function")
	s.want(migration, "ServiceToken", `{"Fn::GetAtt": ["`+function+`", "Arn"]}`)
	s.want(migration, "ServiceTimeout", `"600"`)
	if hash, _ := s.property(migration, "Migrations").(string); len(hash) != 64 {
		t.Errorf("the hash of the migrations is %q", hash)
	}
	if timeout := s.property(function, "Timeout").(float64); timeout >= 600 {
		t.Errorf("the function may run %v seconds, longer than CloudFormation waits", timeout)
	}
}

func TestMigrateReachesTheInstanceAsMasterByTheSecretsARN(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Schema")
	s.want(s.only("AWS::Lambda::Function"), "Environment.Variables", `{
		"MIYABI_ENVIRONMENT": "prod",
		"LOG_LEVEL": "info",
		"DATABASE_HOST": {"Ref": "DatabaseInstanceEndpoint"},
		"DATABASE_PORT": {"Ref": "DatabasePort"},
		"DATABASE_NAME": "miyabi",
		"DATABASE_TLS": "instance",
		"DATABASE_SECRET_ARN": {"Ref": "DatabaseMasterSecretArn"},
		"DATABASE_APP_USER": "miyabi_app"}`)
	s.want(s.only("AWS::IAM::Policy"), "PolicyDocument.Statement", `[
		{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": {"Ref": "DatabaseMasterSecretArn"}}]`)
}

// Without its rules the function could neither reach the database nor answer CloudFormation.
func TestMigrateWaitsForTheRulesOfItsSecurityGroup(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Schema")
	dependsOn := s.attribute(s.only("AWS::Lambda::Function"), "DependsOn").([]any)
	for _, rule := range append(s.IDs("AWS::EC2::SecurityGroupEgress"), s.IDs("AWS::EC2::SecurityGroupIngress")...) {
		if !slices.Contains(dependsOn, any(rule)) {
			t.Errorf("the function does not depend on %s", rule)
		}
	}
}

func TestTheSecurityGroupLetsOutWhatTheFunctionNeedsOnly(t *testing.T) {
	t.Parallel()
	for _, one := range []struct{ stack, function, database string }{
		{"Schema", "Migrate", "DatabaseInstanceSecurityGroupId"},
		{"Api", "Api", "DatabaseEndpointSecurityGroupId"},
		{"Api", "Sweep", "DatabaseEndpointSecurityGroupId"},
	} {
		s, database := stackOf(t, environment.Prod, one.stack), one.database
		group := s.starting("AWS::EC2::SecurityGroup", one.function)
		s.want(group, "SecurityGroupIngress", `null`)
		s.want(group, "SecurityGroupEgress", `[
			{"CidrIpv6": "::/0", "Description": "AWS service endpoints over IPv6", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443},
			{"DestinationSecurityGroupId": {"Ref": "`+database+`"}, "Description": "PostgreSQL", "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}]`)
		s3 := s.starting("AWS::EC2::SecurityGroupEgress", one.function)
		s.want(s3, "DestinationPrefixListId", `"pl-63a5400a"`)
		s.want(s3, "FromPort", `443`)
		ingress := s.starting("AWS::EC2::SecurityGroupIngress", "PostgresFrom"+one.function)
		s.want(ingress, "GroupId", `{"Ref": "`+database+`"}`)
		s.want(ingress, "SourceSecurityGroupId", `{"Fn::GetAtt": ["`+group+`", "GroupId"]}`)
		s.want(ingress, "FromPort", `5432`)
	}
}

func TestInNetworkFunctionsUseIPv6InTheFunctionSubnets(t *testing.T) {
	t.Parallel()
	for function, name := range map[string]string{"Migrate": "Schema", "Api": "Api", "Sweep": "Api"} {
		s := stackOf(t, environment.Prod, name)
		id := s.starting("AWS::Lambda::Function", function)
		s.want(id, "VpcConfig.Ipv6AllowedForDualStack", `true`)
		s.want(id, "VpcConfig.SubnetIds", `[{"Ref": "FoundationFunctionSubnet1"}, {"Ref": "FoundationFunctionSubnet2"}]`)
		s.want(id, "Runtime", `"provided.al2023"`)
		s.want(id, "Architectures", `["arm64"]`)
		s.want(id, "Handler", `"bootstrap"`)
	}
}

func TestTheCodeOfAnInNetworkFunctionMakesNeitherInterfacesNorLogGroups(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Schema")
	role := s.starting("AWS::IAM::Role", "MigrateRole")
	s.want(role, "Policies.0.PolicyDocument.Statement.0.Effect", `"Deny"`)
	s.want(role, "Policies.0.PolicyDocument.Statement.0.Condition.ArnEquals", `{"lambda:SourceFunctionArn":{"Fn::Join":["",["arn:aws:lambda:us-east-1:",{"Ref":"AWS::AccountId"},":function:Miyabi-prod-migrate"]]}}`)
	s.want(role, "Policies.0.PolicyDocument.Statement.1", `{"Effect":"Deny","Action":"logs:CreateLogGroup","Resource":"*"}`)
}
