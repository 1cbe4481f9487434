package policy_test

import (
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/policy"
)

// sound is a template that keeps every rule: a function inside the network with its role, group and log group.
const sound = `{
  "Resources": {
    "Function": {"Type": "AWS::Lambda::Function", "Properties": {
      "Runtime": "provided.al2023",
      "Role": {"Fn::GetAtt": ["Role", "Arn"]},
      "VpcConfig": {"SubnetIds": ["subnet-1"]},
      "LoggingConfig": {"LogGroup": {"Ref": "Logs"}},
      "Environment": {"Variables": {"IDENTITY_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:1:secret:x", "LOG_LEVEL": "info"}}
    }},
    "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}},
    "Role": {"Type": "AWS::IAM::Role", "Properties": {
      "ManagedPolicyArns": [{"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"]]}],
      "Policies": []
    }},
    "Policy": {"Type": "AWS::IAM::Policy", "Properties": {
      "Roles": [{"Ref": "Role"}],
      "PolicyDocument": {"Statement": [
        {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"},
        {"Effect": "Allow", "Action": ["lambda:InvokeFunction", "rds-db:connect", "execute-api:ManageConnections", "s3:GetObject"], "Resource": "*"},
        {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}
      ]}
    }},
    "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"SecurityGroupEgress": [
      {"CidrIpv6": "::/0", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    ]}},
    "CustomCDKBucketDeployment8693": {"Type": "AWS::Lambda::Function", "Properties": {
      "Runtime": "python3.13", "LoggingConfig": {"LogGroup": {"Ref": "Logs"}}
    }},
    "MarkerForNewResources": {"Type": "AWS::SNS::Topic", "Properties": {}}
  },
  "Outputs": {"Url": {"Value": "https://example.org"}}
}`

func check(t *testing.T, document string) error {
	t.Helper()
	template, err := policy.ParseTemplate("Miyabi-test-Api", []byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return policy.Check([]policy.Template{template})
}

func TestASoundTemplatePasses(t *testing.T) {
	t.Parallel()
	if err := check(t, sound); err != nil {
		t.Error(err)
	}
}

// Each case weakens the sound template in one place; marker stands for resources that are added.
func TestAWeakenedTemplateFails(t *testing.T) {
	t.Parallel()
	const marker = `"MarkerForNewResources": {`
	for name, weaken := range map[string]struct{ from, to, want string }{
		"import":                            {`"LOG_LEVEL": "info"`, `"LOG_LEVEL": {"Fn::ImportValue": "x"}`, "read the value from Parameter Store"},
		"export":                            {`{"Value": "https://example.org"}`, `{"Value": "x", "Export": {"Name": "x"}}`, "publish the value in Parameter Store"},
		"NAT gateway":                       {marker, `"Nat": {"Type": "AWS::EC2::NatGateway"}, ` + marker, "Nat is a NAT gateway"},
		"nodejs function":                   {`"provided.al2023"`, `"nodejs22.x"`, `Function runs on "nodejs22.x"`},
		"python function beyond the upload": {`"provided.al2023"`, `"python3.13"`, `Function runs on "python3.13"`},
		"nodejs function that looks like the upload": {`"python3.13"`, `"nodejs22.x"`, "CustomCDKBucketDeployment8693 runs on"},
		"dual-stack variable":                        {`"LOG_LEVEL": "info"`, `"AWS_USE_DUALSTACK_ENDPOINT": "true"`, "turn dual stack on per client"},
		"secret variable":                            {`"LOG_LEVEL": "info"`, `"JWT_KEY": "x"`, "Function has the variable JWT_KEY"},
		"resolved secret":                            {`"info"`, `"{{resolve:secretsmanager:x:SecretString:password}}"`, "resolves a secret"},
		"private key":                                {`"info"`, `"-----BEGIN RSA PRIVATE KEY-----"`, "holds a secret"},
		"AWS access key":                             {`"info"`, `"AKIAABCDEFGHIJKLMNOP"`, "holds a secret"},
		"action that hangs in the network":           {`"rds-db:connect"`, `"dynamodb:PutItem"`, "may dynamodb:PutItem"},
		"every action":                               {`"rds-db:connect"`, `"*"`, "may *"},
		"every action but some":                      {`"Action": "secretsmanager:GetSecretValue"`, `"NotAction": "iam:*"`, "may *"},
		"action in an inline policy":                 {`"Policies": []`, `"Policies": [{"PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "sqs:SendMessage"}}}]`, "may sqs:SendMessage"},
		"action in a managed policy of the template": {marker, `"Managed": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"Roles": [{"Ref": "Role"}], "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "sns:Publish"}]}}}, ` + marker, "may sns:Publish"},
		"other managed policy":                       {"AWSLambdaVPCAccessExecutionRole", "AWSLambdaSQSQueueExecutionRole", "has the managed policy service-role/AWSLambdaSQSQueueExecutionRole"},
		"role of elsewhere":                          {`{"Fn::GetAtt": ["Role", "Arn"]}`, `"arn:aws:iam::1:role/other"`, "it cannot be checked"},
		"no log group":                               {`"LoggingConfig": {"LogGroup": {"Ref": "Logs"}},`, ``, "Function has no log group"},
		"log group without retention":                {`"RetentionInDays": 7`, `"KmsKeyId": "x"`, "without retention"},
		"group without egress rule":                  {`"SecurityGroupEgress": [`, `"SecurityGroupIngress": [`, "names no egress rule"},
		"group open to IPv4":                         {`"CidrIpv6": "::/0"`, `"CidrIp": "0.0.0.0/0"`, "opens all of IPv4"},
		"group open to IPv6":                         {`"FromPort": 443`, `"FromPort": 0`, "opens all of IPv6"},
		"rule open to IPv4":                          {marker, `"Rule": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {"CidrIp": "0.0.0.0/0"}}, ` + marker, "Rule opens all of IPv4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if strings.Count(sound, weaken.from) != 1 {
				t.Fatalf("%q is in the sound template %d times", weaken.from, strings.Count(sound, weaken.from))
			}
			err := check(t, strings.Replace(sound, weaken.from, weaken.to, 1))
			if err == nil || !strings.Contains(err.Error(), weaken.want) {
				t.Fatalf("Check = %v, want %q in it", err, weaken.want)
			}
			if !strings.Contains(err.Error(), "Miyabi-test-Api: ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("the error does not name the stack in one line: %v", err)
			}
		})
	}
}

func TestCheckShowsTheFirstViolationsAndCountsTheRest(t *testing.T) {
	t.Parallel()
	err := check(t, `{"Resources": {
		"A": {"Type": "AWS::EC2::NatGateway"}, "B": {"Type": "AWS::EC2::NatGateway"}, "C": {"Type": "AWS::EC2::NatGateway"},
		"D": {"Type": "AWS::EC2::NatGateway"}, "E": {"Type": "AWS::EC2::NatGateway"}}}`)
	if err == nil || !strings.HasSuffix(err.Error(), "and 2 more") {
		t.Errorf("Check = %v", err)
	}
}

func TestReadTemplatesRefusesAFolderWithout(t *testing.T) {
	t.Parallel()
	if _, err := policy.ReadTemplates(t.TempDir()); err == nil || !strings.Contains(err.Error(), "synthesize first") {
		t.Errorf("ReadTemplates = %v", err)
	}
}

func TestParseTemplateNamesTheStackOfABrokenTemplate(t *testing.T) {
	t.Parallel()
	if _, err := policy.ParseTemplate("Miyabi-dev-Api", []byte("{")); err == nil || !strings.Contains(err.Error(), "Miyabi-dev-Api") {
		t.Errorf("ParseTemplate = %v", err)
	}
}
