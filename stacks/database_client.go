package stacks

import (
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/construct"
	"github.com/miyabi-society/platform/infra/environment"
)

// databaseClient is what a function that serves data reads of its environment: where the database is, and how to sign in
// there with an IAM token.
func databaseClient(stack awscdk.Stack, settings environment.Settings, poolSize int) map[string]*string {
	published := func(name string) *string {
		return construct.Published(stack, settings, construct.DatabasePhase, name)
	}
	tls, mode := clientModes(settings)
	return map[string]*string{
		"DATABASE_HOST":      published(construct.DatabaseEndpoint),
		"DATABASE_PORT":      published(construct.DatabasePort),
		"DATABASE_NAME":      jsii.String(construct.DatabaseName),
		"DATABASE_USER":      jsii.String(construct.AppUser),
		"DATABASE_AUTH":      jsii.String("iam"),
		"DATABASE_TLS":       jsii.String(tls),
		"DATABASE_MODE":      jsii.String(mode),
		"DATABASE_POOL_SIZE": jsii.String(strconv.Itoa(poolSize)),
	}
}

// allowDatabase lets a function with this group reach the database endpoint and sign in as the app role.
func allowDatabase(stack awscdk.Stack, settings environment.Settings, function construct.GoFunction, group awsec2.SecurityGroup) {
	published := func(name string) *string {
		return construct.Published(stack, settings, construct.DatabasePhase, name)
	}
	function.Allow([]string{"rds-db:connect"}, stack.FormatArn(&awscdk.ArnComponents{
		Service:      jsii.String("rds-db"),
		Resource:     jsii.String("dbuser"),
		ResourceName: jsii.String(*published(construct.DatabaseConnectResource) + "/" + construct.AppUser),
		ArnFormat:    awscdk.ArnFormat_COLON_RESOURCE_NAME,
	}))
	function.Function.Node().AddDependency(construct.AllowPostgres(stack, group, published(construct.DatabaseEndpointGroup)))
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
