package stacks_test

import (
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/environment"
)

func TestEachDeployRoleTrustsItsGitHubEnvironmentOnly(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Account")
	s.want(s.only("AWS::IAM::OIDCProvider"), "Url", `"https://token.actions.githubusercontent.com"`)
	for _, name := range environment.Deployed() {
		role := s.starting("AWS::IAM::Role", "Deploy"+name)
		s.want(role, "AssumeRolePolicyDocument.Statement.0.Action", `"sts:AssumeRoleWithWebIdentity"`)
		s.want(role, "AssumeRolePolicyDocument.Statement.0.Condition", `{"StringEquals": {
			"token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
			"token.actions.githubusercontent.com:sub": "repo:miyabi-society/platform:environment:`+name+`"}}`)
		if policy := s.text(s.starting("AWS::IAM::Policy", "Deploy"+name)); !strings.Contains(policy, ":parameter/miyabi/"+name+"/*") {
			t.Errorf("the role of %s cannot read its own parameters: %s", name, policy)
		}
	}
}

func TestAPIGatewaysLogRoleOutlivesTheStack(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Dev, "Account")
	for _, id := range []string{s.only("AWS::ApiGateway::Account"), s.starting("AWS::IAM::Role", "ApiGatewayLogs")} {
		if got := s.attribute(id, "DeletionPolicy"); got != "Retain" {
			t.Errorf("%s has the deletion policy %v", id, got)
		}
	}
}
