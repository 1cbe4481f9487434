package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/construct"
	"github.com/miyabi-society/platform/infra/environment"
)

// The functions, by the names of their folders under functions/.
const (
	APIFunction     = "api"
	AuthFunction    = "auth"
	HookFunction    = "hook"
	MigrateFunction = "migrate"
	SweepFunction   = "sweep"
)

// The aliases. Live is what the HTTP API invokes; session is the api function's door for the auth function alone.
const (
	liveAlias    = "live"
	sessionAlias = "session"
)

// API is phase 2: the HTTP API, the WebSocket API and the functions behind them.
func API(scope constructs.Construct, settings environment.Settings, folders environment.Folders) awscdk.Stack {
	stack := newStack(scope, settings, APIName, "Miyabi Society, phase 2: HTTP and WebSocket API")
	identity := newIdentitySecret(stack, settings)
	vpc := construct.ImportFunctionNetwork(stack, settings)
	api := newAPIFunction(stack, settings, folders, vpc, identity)
	addSweep(stack, settings, folders, vpc)
	session := api.Alias(sessionAlias, 0)
	auth := newAuthFunction(stack, settings, folders, identity, session)
	apiLive, authLive := api.Alias(liveAlias, settings.Functions.ProvisionedConcurrency), auth.Alias(liveAlias, 0)
	httpAPI := construct.NewHTTPAPI(stack, "HttpApi", construct.HTTPAPIProps{
		Settings:    settings,
		Name:        "http",
		Description: "Miyabi Society API and sign-in",
		Routes: []construct.Route{
			{Path: "/api/{proxy+}", Target: apiLive},
			{Path: "/auth/{proxy+}", Target: authLive},
		},
	})
	webSocketAPI := construct.NewWebSocketAPI(stack, "WebSocketApi", construct.WebSocketAPIProps{
		Settings:    settings,
		Name:        "live",
		Description: "Miyabi Society real-time updates",
	})
	addDeployments(stack, settings, folders, httpAPI.ApiId(),
		target{name: APIFunction, variable: "API_VERSION_ARN", function: api, live: apiLive, closed: []awslambda.Alias{session}},
		target{name: AuthFunction, variable: "AUTH_VERSION_ARN", function: auth, live: authLive})
	publish := func(name string, value *string) {
		construct.Publish(stack, settings, construct.APIPhase, name, value)
	}
	publish(construct.HTTPAPIID, httpAPI.ApiId())
	publish(construct.WebSocketAPIID, webSocketAPI.ApiId())
	publish(construct.APIFunction, api.Function.FunctionName())
	publish(construct.AuthFunction, auth.Function.FunctionName())
	output(stack, "HttpApiEndpoint", "Base URL of the HTTP API", httpAPI.ApiEndpoint())
	output(stack, "WebSocketApiEndpoint", "Base URL of the WebSocket API", webSocketAPI.ApiEndpoint())
	return stack
}

// newIdentitySecret makes the secret with the JWT key, generated here, and the GitHub OAuth pair, which a person fills
// in once.
func newIdentitySecret(stack awscdk.Stack, settings environment.Settings) awssecretsmanager.Secret {
	return awssecretsmanager.NewSecret(stack, jsii.String("Identity"), &awssecretsmanager.SecretProps{
		SecretName:  jsii.String(settings.IdentitySecretName()),
		Description: jsii.String("JWT key and GitHub OAuth pair of Miyabi Society " + settings.Name),
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"github_client_id":"","github_client_secret":""}`),
			GenerateStringKey:    jsii.String("jwt_key"),
			PasswordLength:       jsii.Number(64),
			ExcludePunctuation:   jsii.Bool(true),
		},
	})
}

// newAPIFunction makes the function that serves every request on data. It lives in the network, where it reaches the
// database with an IAM token.
func newAPIFunction(stack awscdk.Stack, settings environment.Settings, folders environment.Folders, vpc awsec2.IVpc, identity awssecretsmanager.Secret) construct.GoFunction {
	group := construct.NewFunctionSecurityGroup(stack, "ApiGroup", "Guards the api function", vpc, settings)
	variables := databaseClient(stack, settings, settings.Database.PoolSize)
	variables["IDENTITY_SECRET_ARN"] = identity.SecretArn()
	api := construct.NewGoFunction(stack, "Api", construct.GoFunctionProps{
		Settings:            settings,
		Folder:              folders.Function(settings.Functions.Platform, APIFunction),
		Name:                APIFunction,
		Description:         "Serves the API on organizations and tasks",
		ReservedConcurrency: settings.Functions.ReservedConcurrency,
		VPC:                 vpc,
		SecurityGroup:       group,
		Environment:         variables,
	})
	api.Allow([]string{"secretsmanager:GetSecretValue"}, identity.SecretArn())
	allowDatabase(stack, settings, api, group)
	return api
}

// newAuthFunction makes the function that signs people in with GitHub. It runs outside the network, because GitHub has
// no IPv6 address, and reaches the database through the api function's session alias only.
func newAuthFunction(stack awscdk.Stack, settings environment.Settings, folders environment.Folders, identity awssecretsmanager.Secret, session awslambda.Alias) construct.GoFunction {
	auth := construct.NewGoFunction(stack, "Auth", construct.GoFunctionProps{
		Settings:    settings,
		Folder:      folders.Function(settings.Functions.Platform, AuthFunction),
		Name:        AuthFunction,
		Description: "Signs people in with GitHub",
		Environment: map[string]*string{
			"SESSION_FUNCTION":    session.FunctionArn(),
			"IDENTITY_SECRET_ARN": identity.SecretArn(),
			"GITHUB_URL":          urlParameter(stack, "GitHubUrl", "Where people sign in, without a trailing slash", settings.API.GitHubURL),
			"GITHUB_API_URL":      urlParameter(stack, "GitHubApiUrl", "Base of GitHub's REST API, without a trailing slash", settings.API.GitHubAPIURL),
		},
	})
	auth.Allow([]string{"secretsmanager:GetSecretValue"}, identity.SecretArn())
	auth.Allow([]string{"lambda:InvokeFunction"}, session.FunctionArn())
	return auth
}

// urlParameter lets a deployment replace an address that has a default in the environment.
func urlParameter(stack awscdk.Stack, name, description, value string) *string {
	return awscdk.NewCfnParameter(stack, jsii.String(name), &awscdk.CfnParameterProps{
		Type:        jsii.String("String"),
		Description: jsii.String(description),
		Default:     value,
	}).ValueAsString()
}
