package stacks

import (
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
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
	MigrateFunction = "migrate"
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
	api := newAPIFunction(stack, settings, folders, identity)
	auth := newAuthFunction(stack, settings, folders, identity, api.Alias(sessionAlias))
	httpAPI := construct.NewHTTPAPI(stack, "HttpApi", construct.HTTPAPIProps{
		Settings:    settings,
		Name:        "http",
		Description: "Miyabi Society API and sign-in",
		Routes: []construct.Route{
			{Path: "/api/{proxy+}", Target: api.Alias(liveAlias)},
			{Path: "/auth/{proxy+}", Target: auth.Alias(liveAlias)},
		},
	})
	webSocketAPI := construct.NewWebSocketAPI(stack, "WebSocketApi", construct.WebSocketAPIProps{
		Settings:    settings,
		Name:        "live",
		Description: "Miyabi Society real-time updates",
	})
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
func newAPIFunction(stack awscdk.Stack, settings environment.Settings, folders environment.Folders, identity awssecretsmanager.Secret) construct.GoFunction {
	published := func(name string) *string {
		return construct.Published(stack, settings, construct.DatabasePhase, name)
	}
	vpc := construct.ImportFunctionNetwork(stack, settings)
	group := construct.NewFunctionSecurityGroup(stack, "ApiGroup", "Guards the api function", vpc, settings)
	tls, mode := clientModes(settings)
	api := construct.NewGoFunction(stack, "Api", construct.GoFunctionProps{
		Settings:            settings,
		Folder:              folders.Function(settings.Functions.Platform, APIFunction),
		Name:                APIFunction,
		Description:         "Serves the API on organizations and tasks",
		ReservedConcurrency: settings.Functions.ReservedConcurrency,
		VPC:                 vpc,
		SecurityGroup:       group,
		Environment: map[string]*string{
			"DATABASE_HOST":       published(construct.DatabaseEndpoint),
			"DATABASE_PORT":       published(construct.DatabasePort),
			"DATABASE_NAME":       jsii.String(construct.DatabaseName),
			"DATABASE_USER":       jsii.String(construct.AppUser),
			"DATABASE_AUTH":       jsii.String("iam"),
			"DATABASE_TLS":        jsii.String(tls),
			"DATABASE_MODE":       jsii.String(mode),
			"DATABASE_POOL_SIZE":  jsii.String(strconv.Itoa(settings.Database.PoolSize)),
			"IDENTITY_SECRET_ARN": identity.SecretArn(),
		},
	})
	api.Allow([]string{"secretsmanager:GetSecretValue"}, identity.SecretArn())
	api.Allow([]string{"rds-db:connect"}, stack.FormatArn(&awscdk.ArnComponents{
		Service:      jsii.String("rds-db"),
		Resource:     jsii.String("dbuser"),
		ResourceName: jsii.String(*published(construct.DatabaseConnectResource) + "/" + construct.AppUser),
		ArnFormat:    awscdk.ArnFormat_COLON_RESOURCE_NAME,
	}))
	api.Function.Node().AddDependency(construct.AllowPostgres(stack, group, published(construct.DatabaseEndpointGroup)))
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

// clientModes are the TLS mode and the query mode of a client of the database endpoint. The proxy has a certificate of
// Amazon's own roots and must not see named prepared statements.
func clientModes(settings environment.Settings) (tls, mode string) {
	mode = "cache_statement"
	if settings.Database.Proxy {
		tls, mode = "proxy", "exec"
	}
	if tls == "" || !settings.Database.TLS {
		tls = instanceTLS(settings)
	}
	return tls, mode
}
