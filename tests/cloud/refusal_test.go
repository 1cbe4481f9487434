package cloud

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

func TestATemplateThatCannotBeIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ template, told string }{
		"no template":               {"just text", "Template format error"},
		"no resources":              {"Resources: {}", "At least one Resources member must be defined"},
		"an unknown section":        {"Resources: {A: {Type: AWS::SNS::Topic}}\nResource: {}", "Invalid template property or properties [Resource]"},
		"a type that is unknown":    {"Resources: {A: {Type: AWS::SNS::Topik}}", "Unrecognized resource types: [AWS::SNS::Topik]"},
		"a type we cannot make":     {"Resources: {A: {Type: AWS::EKS::Cluster}}", "Unrecognized resource types: [AWS::EKS::Cluster]"},
		"an unknown member":         {"Resources: {A: {Type: AWS::SNS::Topic, Propertys: {}}}", "Invalid template resource property 'Propertys'"},
		"an unknown policy":         {"Resources: {A: {Type: AWS::SNS::Topic, DeletionPolicy: Keep}}", "unrecognized DeletionPolicy Keep"},
		"a Ref to nothing":          {"Resources: {A: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref B}}}", "Unresolved resource dependencies [B]"},
		"a Sub of nothing":          {"Resources: {A: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Sub 'x${B.Arn}'}}}", "Unresolved resource dependencies [B]"},
		"a DependsOn of nothing":    {"Resources: {A: {Type: AWS::SNS::Topic, DependsOn: B}}", "Unresolved resource dependencies [B]"},
		"an attribute that is none": {"Resources: {A: {Type: AWS::SNS::Topic}, B: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt A.Color}}}", "resource A does not support attribute type Color"},
		"resources in a circle": {
			"Resources: {A: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref B}}, B: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref A}}}",
			"Circular dependency between resources: [A, B]",
		},
		"a condition of nothing":    {"Resources: {A: {Type: AWS::SNS::Topic, Condition: C}}", "Unresolved condition dependency C"},
		"a transform":               {"Transform: AWS::Serverless-2016-10-31\nResources: {A: {Type: AWS::SNS::Topic}}", "transforms are not supported"},
		"a parameter without value": {"Parameters: {P: {Type: String}}\nResources: {A: {Type: AWS::SNS::Topic}}", "Parameters: [P] must have values"},
		"a stored parameter that is not there": {
			"Parameters: {P: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /not/there}}\nResources: {A: {Type: AWS::SNS::Topic}}",
			"Unable to fetch parameters [/not/there] from parameter store",
		},
		"a rule that does not hold": {
			"Parameters: {V: {Type: String, Default: '5'}}\nRules: {R: {Assertions: [{Assert: {'Fn::Not': [{'Fn::Contains': [['4', '5'], !Ref V]}]}, AssertDescription: version 6 is needed}]}}\nResources: {A: {Type: AWS::SNS::Topic}}",
			"version 6 is needed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStack(t)
			s.refused(c.template, c.told)
			if d := s.describe(); d != nil {
				t.Errorf("a stack is left behind: %s", d.StackStatus)
			}
		})
	}
}

func TestPropertiesThatDoNotFitFailTheChangeSetBeforeAnythingIsTouched(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ properties, path, told string }{
		"unknown":          {"Colour: red", "/Resources/Bad/Properties/Colour", "extraneous key [Colour] is not permitted"},
		"unknown, nested":  {"BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: AES256, Key: x}}]}", "/ServerSideEncryptionByDefault/Key", "extraneous key [Key]"},
		"missing":          {"BucketEncryption: {}", "/Resources/Bad/Properties/BucketEncryption", "required key [ServerSideEncryptionConfiguration] not found"},
		"of another type":  {"PublicAccessBlockConfiguration: everything", "/PublicAccessBlockConfiguration", "expected type: object, found: String"},
		"not a number":     {"LifecycleConfiguration: {Rules: [{Status: Enabled, ExpirationInDays: soon}]}", "/Rules/0", "expected type: integer, found: String"},
		"none of the enum": {"VersioningConfiguration: {Status: On}", "/VersioningConfiguration/Status", "is not a valid enum value"},
		"read only":        {"Arn: 'arn:aws:s3:::x'", "/Resources/Bad/Properties/Arn", "read-only property Arn"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStack(t)
			change, err := s.plan("Resources:\n  Good: {Type: AWS::SNS::Topic}\n  Bad: {Type: AWS::S3::Bucket, Properties: {"+c.properties+"}}", nil)
			if err != nil {
				t.Fatal(err)
			}
			if change.Status != types.ChangeSetStatusFailed || !strings.Contains(aws.ToString(change.StatusReason), "AWS::EarlyValidation") {
				t.Fatalf("the change set is %s: %s", change.Status, aws.ToString(change.StatusReason))
			}
			faults, err := s.api.DescribeEvents(context.Background(), &cloudformation.DescribeEventsInput{ChangeSetName: change.ChangeSetId, StackName: aws.String(s.name)})
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, e := range faults.OperationEvents {
				found = found || aws.ToString(e.LogicalResourceId) == "Bad" && strings.Contains(aws.ToString(e.ValidationPath), c.path) && strings.Contains(aws.ToString(e.ValidationStatusReason), c.told)
			}
			if !found {
				t.Errorf("no fault at %s with %q in %+v", c.path, c.told, faults.OperationEvents)
			}
			if made := s.happened("", "CREATE_IN_PROGRESS"); len(made) != 0 {
				t.Errorf("touched: %v", made)
			}
		})
	}
}

func TestAPropertyThatTurnsOutWrongWhileDeployingFailsItsResource(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusRollbackComplete, `
Resources:
  Topic: {Type: AWS::SNS::Topic}
  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !Ref Topic}}`)
	s.logged("Logs", "CREATE_FAILED", "Properties validation failed for resource Logs", "expected type: integer, found: String")
}

func TestAStackThatDoesNotExistIsNamed(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	_, err := s.api.DescribeStacks(context.Background(), &cloudformation.DescribeStacksInput{StackName: aws.String("nobody")})
	if err == nil || !strings.Contains(err.Error(), "ValidationError: Stack with id nobody does not exist") {
		t.Error(err)
	}
	_, err = s.api.DescribeChangeSet(context.Background(), &cloudformation.DescribeChangeSetInput{ChangeSetName: aws.String("nothing")})
	var missing *types.ChangeSetNotFoundException
	if err == nil || !strings.Contains(err.Error(), "ChangeSet [nothing] does not exist") {
		t.Errorf("%v, want %T", err, missing)
	}
	if _, err := s.api.DeleteStack(context.Background(), &cloudformation.DeleteStackInput{StackName: aws.String("nobody")}); err != nil {
		t.Errorf("deleting what is not there: %v", err)
	}
}

func TestIAMNeedsToBeAcknowledged(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	_, err := s.api.CreateStack(context.Background(), &cloudformation.CreateStackInput{StackName: aws.String(s.name), TemplateBody: aws.String(withActor)})
	if err == nil || !strings.Contains(err.Error(), "Requires capabilities : [CAPABILITY_IAM]") {
		t.Error(err)
	}
}
