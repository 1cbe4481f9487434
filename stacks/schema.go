package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/construct"
	"github.com/miyabi-society/platform/infra/environment"
)

// migrationSeconds is how long CloudFormation waits for a migration. The function ends before it, so that it can still
// answer that it failed.
const migrationSeconds = 600

// Schema is phase 1, second half: the migrate function and the custom resource that runs it whenever the migrations
// have changed. A migration that fails fails this stack only.
func Schema(scope constructs.Construct, settings environment.Settings, folders environment.Folders) (awscdk.Stack, error) {
	migrations, err := folders.MigrationsHash()
	if err != nil {
		return nil, err
	}
	stack := newStack(scope, settings, SchemaName, "Miyabi Society, phase 1: schema and its migrations")
	migrate := newMigrateFunction(stack, settings, folders)
	awscdk.NewCustomResource(stack, jsii.String("Migration"), &awscdk.CustomResourceProps{
		ResourceType:   jsii.String("Custom::Migration"),
		ServiceToken:   migrate.Function.FunctionArn(),
		ServiceTimeout: awscdk.Duration_Seconds(jsii.Number(migrationSeconds)),
		Properties:     &map[string]any{"Migrations": migrations},
	})
	return stack, nil
}

// newMigrateFunction makes the function that reaches the instance itself, because a migration's locks would pin a
// proxied connection.
func newMigrateFunction(stack awscdk.Stack, settings environment.Settings, folders environment.Folders) construct.GoFunction {
	published := func(name string) *string {
		return construct.Published(stack, settings, construct.DatabasePhase, name)
	}
	vpc := construct.ImportFunctionNetwork(stack, settings)
	group := construct.NewFunctionSecurityGroup(stack, "MigrateGroup", "Guards the migrate function", vpc, settings)
	migrate := construct.NewGoFunction(stack, "Migrate", construct.GoFunctionProps{
		Settings:      settings,
		Folder:        folders.Function(settings.Functions.Platform, MigrateFunction),
		Name:          MigrateFunction,
		Description:   "Brings the database schema to the state of this release",
		Timeout:       migrationSeconds - 30,
		VPC:           vpc,
		SecurityGroup: group,
		Environment: map[string]*string{
			"DATABASE_HOST":       published(construct.DatabaseInstanceEndpoint),
			"DATABASE_PORT":       published(construct.DatabasePort),
			"DATABASE_NAME":       jsii.String(construct.DatabaseName),
			"DATABASE_TLS":        jsii.String(instanceTLS(settings)),
			"DATABASE_SECRET_ARN": published(construct.DatabaseMasterSecretARN),
			"DATABASE_APP_USER":   jsii.String(construct.AppUser),
		},
	})
	migrate.Allow([]string{"secretsmanager:GetSecretValue"}, published(construct.DatabaseMasterSecretARN))
	migrate.Function.Node().AddDependency(construct.AllowPostgres(stack, group, published(construct.DatabaseInstanceGroup)))
	return migrate
}

// instanceTLS is the mode in which a client connects to the instance itself.
func instanceTLS(settings environment.Settings) string {
	if !settings.Database.TLS {
		return "disable"
	}
	return "instance"
}
