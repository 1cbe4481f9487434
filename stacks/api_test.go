package stacks_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/environment"
)

func TestTheAPIFunctionsEnvironment(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]map[string]any{
		environment.Prod:  {"DATABASE_TLS": "proxy", "DATABASE_MODE": "exec"},
		environment.Local: {"DATABASE_TLS": "disable", "DATABASE_MODE": "exec"},
		withoutProxy:      {"DATABASE_TLS": "instance", "DATABASE_MODE": "cache_statement", "MIYABI_ENVIRONMENT": "dev"},
	} {
		s := stackOf(t, name, "Api")
		expected := map[string]any{
			"MIYABI_ENVIRONMENT":  name,
			"LOG_LEVEL":           "info",
			"DATABASE_HOST":       map[string]any{"Ref": "DatabaseEndpoint"},
			"DATABASE_PORT":       map[string]any{"Ref": "DatabasePort"},
			"DATABASE_NAME":       "miyabi",
			"DATABASE_USER":       "miyabi_app",
			"DATABASE_AUTH":       "iam",
			"DATABASE_POOL_SIZE":  "2",
			"IDENTITY_SECRET_ARN": map[string]any{"Ref": s.only("AWS::SecretsManager::Secret")},
		}
		for key, value := range want {
			expected[key] = value
		}
		text, err := json.Marshal(expected)
		if err != nil {
			t.Fatal(err)
		}
		s.want(s.starting("AWS::Lambda::Function", "Api"), "Environment.Variables", string(text))
	}
}

func TestTheAPIFunctionMayReadItsSecretAndSignInToTheDatabaseOnly(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Api")
	s.want(s.starting("AWS::IAM::Policy", "ApiRole"), "PolicyDocument.Statement", `[
		{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": {"Ref": "`+s.only("AWS::SecretsManager::Secret")+`"}},
		{"Effect": "Allow", "Action": "rds-db:connect", "Resource": {"Fn::Join": ["", [
			"arn:aws:rds-db:us-east-1:", {"Ref": "AWS::AccountId"}, ":dbuser:", {"Ref": "DatabaseConnectResourceId"}, "/miyabi_app"]]}}]`)
}

func TestAuthRunsOutsideTheNetworkAndMayInvokeTheSessionAliasOnly(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Api")
	auth := s.starting("AWS::Lambda::Function", "Auth")
	session := s.starting("AWS::Lambda::Alias", "ApiAliassession")
	secret := s.only("AWS::SecretsManager::Secret")
	s.want(auth, "VpcConfig", `null`)
	s.want(auth, "Environment.Variables", `{
		"MIYABI_ENVIRONMENT": "prod",
		"LOG_LEVEL": "info",
		"SESSION_FUNCTION": {"Ref": "`+session+`"},
		"IDENTITY_SECRET_ARN": {"Ref": "`+secret+`"},
		"GITHUB_URL": {"Ref": "GitHubUrl"},
		"GITHUB_API_URL": {"Ref": "GitHubApiUrl"}}`)
	s.want(s.starting("AWS::IAM::Policy", "AuthRole"), "PolicyDocument.Statement", `[
		{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": {"Ref": "`+secret+`"}},
		{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": {"Ref": "`+session+`"}}]`)
	for _, permission := range s.IDs("AWS::Lambda::Permission") {
		if strings.Contains(s.text(permission), session) {
			t.Errorf("%s lets somebody else invoke the session alias", permission)
		}
	}
}

func TestGitHubIsAParameterWithTheEnvironmentsDefault(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]string{
		environment.Prod:  {"https://github.com", "https://api.github.com"},
		environment.Local: {"http://localhost:8080/_local/github", "http://localhost:8080/_local/github/api/v3"},
	} {
		s := stackOf(t, name, "Api")
		if got := [2]any{s.Parameters["GitHubUrl"]["Default"], s.Parameters["GitHubApiUrl"]["Default"]}; got != [2]any{want[0], want[1]} {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// The schemas of cfn-lint carry no list of the values of these properties.
func TestRoutesLeadToLiveAliasesThatOnlyTheyMayInvoke(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Api")
	api := s.starting("AWS::ApiGatewayV2::Api", "HttpApi")
	s.want(api, "ProtocolType", `"HTTP"`)
	s.want(api, "IpAddressType", `"dualstack"`)
	for path, prefix := range map[string]string{"api": "ApiAliaslive", "auth": "AuthAliaslive"} {
		alias := s.starting("AWS::Lambda::Alias", prefix)
		route := s.starting("AWS::ApiGatewayV2::Route", "HttpApiANY"+path+"proxy")
		integration := s.starting("AWS::ApiGatewayV2::Integration", "HttpApiANY"+path+"proxy")
		permission := s.starting("AWS::Lambda::Permission", "HttpApiANY"+path+"proxy")
		s.want(route, "RouteKey", `"ANY /`+path+`/{proxy+}"`)
		s.want(route, "AuthorizationType", `"NONE"`)
		s.want(route, "Target", `{"Fn::Join": ["", ["integrations/", {"Ref": "`+integration+`"}]]}`)
		s.want(integration, "IntegrationType", `"AWS_PROXY"`)
		s.want(integration, "IntegrationUri", `{"Ref": "`+alias+`"}`)
		s.want(integration, "PayloadFormatVersion", `"2.0"`)
		s.want(permission, "FunctionName", `{"Ref": "`+alias+`"}`)
		s.want(permission, "Principal", `"apigateway.amazonaws.com"`)
		if source := s.text(permission); !strings.Contains(source, `{"Ref":"`+api+`"}`) || !strings.Contains(source, "/"+path+"/{proxy+}") {
			t.Errorf("the permission holds for more than its route: %s", source)
		}
	}
}

func TestTheHTTPStageIsThrottledAndLogsJSONWithoutQueries(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Api")
	stage := s.starting("AWS::ApiGatewayV2::Stage", "HttpApi")
	s.want(stage, "StageName", `"$default"`)
	s.want(stage, "AutoDeploy", `true`)
	s.want(stage, "DefaultRouteSettings", `{"ThrottlingRateLimit": 200, "ThrottlingBurstLimit": 400}`)
	var format map[string]string
	text, _ := s.property(stage, "AccessLogSettings.Format").(string)
	if err := json.Unmarshal([]byte(text), &format); err != nil {
		t.Fatalf("the log format is no JSON: %q", text)
	}
	if format["requestId"] != "$context.requestId" || format["status"] != "$context.status" {
		t.Errorf("log format %v", format)
	}
	if strings.Contains(text, "query") {
		t.Errorf("the log would hold OAuth codes: %s", text)
	}
}

func TestOnlyCallersWithCredentialsConnectToTheWebSocketAPI(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Api")
	api := s.starting("AWS::ApiGatewayV2::Api", "WebSocketApi")
	s.want(api, "ProtocolType", `"WEBSOCKET"`)
	s.want(api, "IpAddressType", `"dualstack"`)
	route := s.starting("AWS::ApiGatewayV2::Route", "WebSocketApi")
	s.want(route, "RouteKey", `"$connect"`)
	s.want(route, "AuthorizationType", `"AWS_IAM"`)
	s.want(s.starting("AWS::ApiGatewayV2::Integration", "WebSocketApi"), "IntegrationType", `"MOCK"`)
	stage := s.starting("AWS::ApiGatewayV2::Stage", "WebSocketApi")
	s.want(stage, "StageName", `"live"`)
	s.want(stage, "AutoDeploy", `true`)
}

func TestTheIdentitySecretIsGeneratedWithPlacesForTheGitHubPair(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Api")
	secret := s.only("AWS::SecretsManager::Secret")
	s.want(secret, "Name", `"/miyabi/prod/identity"`)
	s.want(secret, "SecretString", `null`)
	s.want(secret, "GenerateSecretString", `{
		"SecretStringTemplate": "{\"github_client_id\":\"\",\"github_client_secret\":\"\"}",
		"GenerateStringKey": "jwt_key", "PasswordLength": 64, "ExcludePunctuation": true}`)
}

func TestVersionsAreKeptUnlessTheirDeploymentIsRolledBack(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Dev, "Api")
	versions := s.IDs("AWS::Lambda::Version")
	if len(versions) != 2 {
		t.Fatalf("versions: %v", versions)
	}
	for _, id := range versions {
		if got := s.attribute(id, "DeletionPolicy"); got != "RetainExceptOnCreate" {
			t.Errorf("%s has the deletion policy %v", id, got)
		}
	}
}

func TestConcurrencyIsBoundWithoutProxyOnly(t *testing.T) {
	t.Parallel()
	direct, proxied := stackOf(t, withoutProxy, "Api"), stackOf(t, environment.Prod, "Api")
	direct.want(direct.starting("AWS::Lambda::Function", "Api"), "ReservedConcurrentExecutions", `20`)
	proxied.want(proxied.starting("AWS::Lambda::Function", "Api"), "ReservedConcurrentExecutions", `null`)
}

func TestLocalFunctionsAreBuiltForTheHost(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Local, "Api")
	s.want(s.starting("AWS::Lambda::Function", "Api"), "Architectures", `["x86_64"]`)
}
