package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	deploy "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// released is a function with a version and an alias. The version's logical id changes with the code, as CDK has it.
// The hooks are functions that do what they are told, "" for no hook.
func released(label, before, after string) string {
	hook := func(name, act string) (resource, policy string) {
		if act == "" {
			return "", ""
		}
		resource = fmt.Sprintf(`
  %s:
    Type: AWS::Lambda::Function
    Properties: {Code: {S3Bucket: %s, S3Key: actor.zip}, Role: !GetAtt ActorRole.Arn, Runtime: provided.al2023, Handler: bootstrap, Timeout: 10, Environment: {Variables: {ACT: %s}}}`, name, codeBucket, act)
		return resource, fmt.Sprintf(", %sAllowTrafficHook: !Ref %s", name, name)
	}
	beforeResource, beforePolicy := hook("Before", before)
	afterResource, afterPolicy := hook("After", after)
	return withActor + fmt.Sprintf(`      Environment: {Variables: {LABEL: %s}}
  Version%s: {Type: AWS::Lambda::Version, DeletionPolicy: Retain, UpdateReplacePolicy: Retain, Properties: {FunctionName: !Ref Actor}}
  Alias:
    Type: AWS::Lambda::Alias
    UpdatePolicy: {CodeDeployLambdaAliasUpdate: {ApplicationName: !Ref Application, DeploymentGroupName: !Ref Group%s%s}}
    Properties: {FunctionName: !Ref Actor, FunctionVersion: !GetAtt Version%s.Version, Name: live}
  Application: {Type: AWS::CodeDeploy::Application, Properties: {ComputePlatform: Lambda}}
  Group:
    Type: AWS::CodeDeploy::DeploymentGroup
    Properties:
      ApplicationName: !Ref Application
      ServiceRoleArn: !GetAtt ActorRole.Arn
      DeploymentConfigName: CodeDeployDefault.LambdaCanary10Percent5Minutes
      AlarmConfiguration: {Alarms: [{Name: an-alarm}], Enabled: true}
      AutoRollbackConfiguration: {Enabled: true, Events: [DEPLOYMENT_FAILURE]}
      DeploymentStyle: {DeploymentOption: WITH_TRAFFIC_CONTROL, DeploymentType: BLUE_GREEN}
`, label, label, beforePolicy, afterPolicy, label) + beforeResource + afterResource
}

// live invokes the alias and returns the version and label that answer.
func (s *stack) live() (version, label string) {
	s.Helper()
	out, err := lambda.NewFromConfig(s.config()).Invoke(context.Background(), &lambda.InvokeInput{FunctionName: aws.String(s.physical("Actor")), Qualifier: aws.String("live"), Payload: []byte("{}")})
	if err != nil {
		s.Fatal(err)
	}
	if out.FunctionError != nil {
		s.Fatalf("%s: %s", *out.FunctionError, out.Payload)
	}
	var answer struct{ Version, Label, ARN string }
	if err := json.Unmarshal(out.Payload, &answer); err != nil {
		s.Fatal(err)
	}
	if !strings.HasSuffix(answer.ARN, ":function:"+s.physical("Actor")+":live") {
		s.Errorf("the function was told that it is %s", answer.ARN)
	}
	return answer.Version, answer.Label
}

// deployments are the statuses of the stack's deployments, newest first.
func (s *stack) deployments() (statuses []deploy.DeploymentStatus) {
	s.Helper()
	api := codedeploy.NewFromConfig(s.config())
	out, err := api.ListDeployments(context.Background(), &codedeploy.ListDeploymentsInput{ApplicationName: aws.String(s.physical("Application")), DeploymentGroupName: aws.String(s.physical("Group"))})
	if err != nil {
		s.Fatal(err)
	}
	for _, id := range out.Deployments {
		d, err := api.GetDeployment(context.Background(), &codedeploy.GetDeploymentInput{DeploymentId: aws.String(id)})
		if err != nil {
			s.Fatal(err)
		}
		statuses = append(statuses, d.DeploymentInfo.Status)
	}
	return statuses
}

func TestAnAliasMovesToTheNewVersion(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusCreateComplete, released("one", "succeed", "succeed"))
	if v, l := s.live(); v != "1" || l != "one" {
		t.Errorf("live is version %s, %s", v, l)
	}
	s.must(types.StackStatusUpdateComplete, released("two", "succeed", "succeed"))
	if v, l := s.live(); v != "2" || l != "two" {
		t.Errorf("live is version %s, %s", v, l)
	}
	if got := s.deployments(); len(got) != 1 || got[0] != deploy.DeploymentStatusSucceeded {
		t.Errorf("deployments: %v", got)
	}
}

func TestAHookThatFailsKeepsTheAlias(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ before, after, told string }{
		"before traffic":            {"fail", "", "BeforeAllowTraffic hook"},
		"after traffic":             {"succeed", "fail", "AfterAllowTraffic hook"},
		"one that crashes":          {"crash", "", "ended without saying how it went"},
		"one that says nothing":     {"silent", "", "ended without saying how it went"},
		"one that answers an error": {"throw", "", "the actor was told to fail"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStack(t)
			s.must(types.StackStatusCreateComplete, released("one", "", ""))
			s.must(types.StackStatusUpdateRollbackComplete, released("two", c.before, c.after))
			s.logged("Alias", "UPDATE_FAILED", c.told)
			if v, l := s.live(); v != "1" || l != "one" {
				t.Errorf("live is version %s, %s", v, l)
			}
			if got := s.deployments(); len(got) != 1 || got[0] != deploy.DeploymentStatusFailed {
				t.Errorf("deployments: %v", got)
			}
			s.must(types.StackStatusUpdateComplete, released("three", "succeed", "succeed"))
			if _, l := s.live(); l != "three" {
				t.Errorf("after the next release, live is %s", l)
			}
		})
	}
}

func TestAFunctionThatHasNotChangedGetsNoSecondVersion(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusCreateComplete, released("one", "", ""))
	again := strings.ReplaceAll(strings.ReplaceAll(released("one", "", ""), "Versionone", "Versionagain"), "LABEL: again", "LABEL: one")
	s.must(types.StackStatusUpdateRollbackComplete, again)
	s.logged("Versionagain", "CREATE_FAILED", "A version for this Lambda function exists ( 1 ). Modify the function to create a new version.")
}

func TestCodeDeployTellsADeploymentGroupAsItWasConfigured(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusCreateComplete, released("one", "", ""))
	out, err := codedeploy.NewFromConfig(s.config()).GetDeploymentGroup(context.Background(), &codedeploy.GetDeploymentGroupInput{ApplicationName: aws.String(s.physical("Application")), DeploymentGroupName: aws.String(s.physical("Group"))})
	if err != nil {
		t.Fatal(err)
	}
	g := out.DeploymentGroupInfo
	if aws.ToString(g.DeploymentConfigName) != "CodeDeployDefault.LambdaCanary10Percent5Minutes" || len(g.AlarmConfiguration.Alarms) != 1 || !g.AutoRollbackConfiguration.Enabled || g.ComputePlatform != deploy.ComputePlatformLambda {
		t.Errorf("%+v", g)
	}
}

func TestAHookCannotSpeakTwiceOrForAnother(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	_, err := codedeploy.NewFromConfig(s.config()).PutLifecycleEventHookExecutionStatus(context.Background(), &codedeploy.PutLifecycleEventHookExecutionStatusInput{
		DeploymentId: aws.String("d-NOBODY"), LifecycleEventHookExecutionId: aws.String("x"), Status: deploy.LifecycleEventStatusSucceeded,
	})
	if err == nil {
		t.Error("a status for a deployment that does not exist is taken")
	}
}
