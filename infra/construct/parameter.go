// Package construct holds the reusable parts of the stacks. Each part fixes what must hold everywhere (no secret in a
// template, own log groups, own security groups, least privilege) and leaves sizes to the environment.
package construct

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/environment"
)

// The phases, as they appear in Parameter Store paths and in the phase tag.
const (
	FoundationPhase = "foundation"
	DatabasePhase   = "database"
	SchemaPhase     = "schema"
	APIPhase        = "api"
	DashboardPhase  = "dashboard"
	OperationsPhase = "operations"
)

// What the foundation publishes.
const (
	VPCID           = "vpc-id"
	FunctionSubnet1 = "function-subnet-1"
	FunctionSubnet2 = "function-subnet-2"
	DatabaseSubnet1 = "database-subnet-1"
	DatabaseSubnet2 = "database-subnet-2"
	AlarmTopicARN   = "alarm-topic-arn"
)

// What the database publishes. The endpoint is the proxy where there is one, else the instance.
const (
	DatabaseEndpoint         = "endpoint"
	DatabaseEndpointGroup    = "endpoint-security-group-id"
	DatabaseConnectResource  = "connect-resource-id"
	DatabasePort             = "port"
	DatabaseInstance         = "instance-id"
	DatabaseInstanceEndpoint = "instance-endpoint"
	DatabaseInstanceGroup    = "instance-security-group-id"
	DatabaseMasterSecretARN  = "master-secret-arn"
)

// What the API publishes.
const (
	HTTPAPIID      = "http-api-id"
	WebSocketAPIID = "websocket-api-id"
	APIFunction    = "api-function-name"
	AuthFunction   = "auth-function-name"
)

// What the dashboard publishes. The domain is the one that people use; it leads to the distribution's.
const (
	SiteDomain         = "domain"
	SiteBucket         = "bucket-name"
	DistributionID     = "distribution-id"
	DistributionDomain = "distribution-domain"
)

// Publish writes an id of a phase to Parameter Store, where later phases find it. Phases share ids this way
// because a CloudFormation export would block every change of its producer.
func Publish(scope constructs.Construct, settings environment.Settings, phase, name string, value *string) {
	awsssm.NewStringParameter(scope, jsii.String("Published"+pascal(name)), &awsssm.StringParameterProps{
		ParameterName: jsii.String(settings.ParameterPath(phase, name)),
		StringValue:   value,
	})
}

// Published is the id that an earlier phase has published; CloudFormation reads it at each deployment of the stack.
func Published(stack awscdk.Stack, settings environment.Settings, phase, name string) *string {
	id := jsii.String(pascal(phase) + pascal(name))
	if existing, ok := stack.Node().TryFindChild(id).(awscdk.CfnParameter); ok {
		return existing.ValueAsString()
	}
	return awscdk.NewCfnParameter(stack, id, &awscdk.CfnParameterProps{
		Type:    jsii.String("AWS::SSM::Parameter::Value<String>"),
		Default: settings.ParameterPath(phase, name),
	}).ValueAsString()
}

// pascal turns a name with hyphens into one for a logical id: vpc-id becomes VpcId.
func pascal(name string) string {
	var id strings.Builder
	for word := range strings.SplitSeq(name, "-") {
		id.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return id.String()
}
