package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/miyabi-society/platform/infra/construct"
	"github.com/miyabi-society/platform/infra/environment"
)

// Database is phase 1, first half: PostgreSQL and its proxy. It changes rarely; the schema inside has a stack of its own.
func Database(scope constructs.Construct, settings environment.Settings) awscdk.Stack {
	stack := newStack(scope, settings, DatabaseName, "Miyabi Society, phase 1: PostgreSQL")
	db := construct.NewDatabase(stack, "Database", construct.DatabaseProps{
		Settings: settings,
		VPC:      construct.ImportDatabaseNetwork(stack, settings),
	})
	publish := func(name string, value *string) {
		construct.Publish(stack, settings, construct.DatabasePhase, name, value)
	}
	publish(construct.DatabaseEndpoint, db.Endpoint())
	publish(construct.DatabaseEndpointGroup, db.EndpointGroup().SecurityGroupId())
	publish(construct.DatabaseConnectResource, db.ConnectResourceID())
	publish(construct.DatabasePort, db.Instance.DbInstanceEndpointPort())
	publish(construct.DatabaseInstance, db.Instance.InstanceIdentifier())
	publish(construct.DatabaseInstanceEndpoint, db.Instance.DbInstanceEndpointAddress())
	publish(construct.DatabaseInstanceGroup, db.InstanceGroup.SecurityGroupId())
	publish(construct.DatabaseMasterSecretARN, db.Instance.Secret().SecretArn())
	output(stack, "Endpoint", "Host name that the functions connect to", db.Endpoint())
	return stack
}
