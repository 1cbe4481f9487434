package stacks_test

import (
	"fmt"
	"testing"

	"github.com/miyabi-society/platform/infra/environment"
)

func TestTheSweepRunsEveryHourInTheNetworkWithTheDaysOfItsEnvironment(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Api")
	sweep := s.starting("AWS::Lambda::Function", "Sweep")
	s.want(sweep, "Timeout", `300`)
	s.want(sweep, "Environment.Variables", `{
		"MIYABI_ENVIRONMENT": "prod", "LOG_LEVEL": "info",
		"DATABASE_HOST": {"Ref": "DatabaseEndpoint"}, "DATABASE_PORT": {"Ref": "DatabasePort"}, "DATABASE_NAME": "miyabi",
		"DATABASE_USER": "miyabi_app", "DATABASE_AUTH": "iam", "DATABASE_TLS": "proxy", "DATABASE_MODE": "exec", "DATABASE_POOL_SIZE": "1",
		"RETENTION_LOG_DAYS": "30", "RETENTION_ACTIVITY_DAYS": "90", "RETENTION_SESSION_DAYS": "7",
		"RETENTION_IDEMPOTENCY_KEY_DAYS": "1", "RETENTION_INVITATION_DAYS": "90"}`)
	if s.property(sweep, "VpcConfig.SubnetIds") == nil {
		t.Error("sweep is outside of the network")
	}
	rule := s.only("AWS::Events::Rule")
	s.want(rule, "ScheduleExpression", `"rate(1 hour)"`)
	s.want(rule, "State", `"ENABLED"`)
	arn := fmt.Sprintf(`{"Fn::GetAtt": [%q, "Arn"]}`, sweep)
	s.want(rule, "Targets.0.Arn", arn)
	permission := s.starting("AWS::Lambda::Permission", "SweepSchedule")
	s.want(permission, "FunctionName", arn)
	s.want(permission, "Principal", `"events.amazonaws.com"`)
	s.want(permission, "SourceArn", fmt.Sprintf(`{"Fn::GetAtt": [%q, "Arn"]}`, rule))
}

func TestTheSweepMaySignInToTheDatabaseAndLambdaTellOfItsFailureOnly(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Api")
	s.wantStatements("SweepRole", `[
		{"Effect": "Allow", "Action": "rds-db:connect", "Resource": {"Fn::Join": ["", [
			"arn:aws:rds-db:us-east-1:", {"Ref": "AWS::AccountId"}, ":dbuser:", {"Ref": "DatabaseConnectResourceId"}, "/miyabi_app"]]}},
		{"Effect": "Allow", "Action": "sns:Publish", "Resource": {"Ref": "FoundationAlarmTopicArn"}}]`)
}

func TestASweepThatIsGivenUpIsToldToTheAlarmTopic(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Api")
	s.wantFailuresTold("Sweep")
}
