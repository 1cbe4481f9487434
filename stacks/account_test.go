package stacks_test

import (
	"fmt"
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
		policy := s.text(s.starting("AWS::IAM::Policy", "Deploy"+name))
		if !strings.Contains(policy, ":parameter/miyabi/"+name+"/*") {
			t.Errorf("the role of %s cannot read its own parameters: %s", name, policy)
		}
		for _, other := range environment.Deployed() {
			if other != name && (strings.Contains(policy, "/"+other+"/") || strings.Contains(strings.ToLower(policy), "miyabi-"+other)) {
				t.Errorf("the role of %s reaches into %s: %s", name, other, policy)
			}
		}
	}
}

// A deployment tidies up versions and may destroy what is not prod, but never the data behind it.
func TestADeployRoleRemovesVersionsAndEmptiesTheSiteOutsideOfProdOnly(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Account")
	for _, name := range environment.Deployed() {
		empties := false
		for _, value := range s.property(s.starting("AWS::IAM::Policy", "Deploy"+name), "PolicyDocument.Statement").([]any) {
			statement := value.(map[string]any)
			text := fmt.Sprint(statement["Resource"])
			switch statement["Sid"] {
			case "RemoveOldVersions":
				if strings.Count(text, ":*") != strings.Count(text, ":function:") || statement["Action"] != "lambda:DeleteFunction" {
					t.Errorf("%s may remove a function itself: %s", name, text)
				}
			case "NameReleases":
				if strings.Contains(text, "*") || strings.Count(text, "/release") != 5 {
					t.Errorf("%s may write %s", name, text)
				}
			case "EmptyTheSite", "EmptyTheSitesObjects":
				empties = true
			case "ReadFunctionLimits":
				if statement["Action"] != "lambda:GetAccountSettings" {
					t.Errorf("%s may %v on everything", name, statement["Action"])
				}
			}
		}
		if empties == (name == environment.Prod) {
			t.Errorf("%s may empty its site: %v", name, empties)
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
