package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/environment"
)

// githubIssuer is the OIDC issuer of GitHub Actions.
// https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/configuring-openid-connect-in-amazon-web-services
const githubIssuer = "token.actions.githubusercontent.com"

// Account is what an AWS account needs once per region, deployed by a person with admin rights: the trust in GitHub
// Actions with a deploy role per environment, and API Gateway's role for writing logs. It is the same for every
// environment.
func Account(scope constructs.Construct, settings environment.Settings) awscdk.Stack {
	stack := awscdk.NewStack(scope, jsii.String("Miyabi-"+AccountName), &awscdk.StackProps{
		Description:           jsii.String("Miyabi Society: what an AWS account needs once per region"),
		Env:                   &awscdk.Environment{Region: jsii.String(settings.Region)},
		TerminationProtection: jsii.Bool(true),
	})
	provider := awsiam.NewOidcProviderNative(stack, jsii.String("GitHub"), &awsiam.OidcProviderNativeProps{
		Url:       jsii.String("https://" + githubIssuer),
		ClientIds: jsii.Strings("sts.amazonaws.com"),
	})
	for _, name := range environment.Deployed() {
		addDeployRole(stack, provider, settings.Repository, name)
	}
	addAPIGatewayLogging(stack)
	return stack
}

// addAPIGatewayLogging gives API Gateway the role that WebSocket APIs need for their logs. The setting holds for the
// whole account and region, so deleting this stack leaves both behind.
func addAPIGatewayLogging(stack awscdk.Stack) {
	role := awsiam.NewRole(stack, jsii.String("ApiGatewayLogs"), &awsiam.RoleProps{
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String("apigateway.amazonaws.com"), nil),
		Description: jsii.String("Lets API Gateway write to CloudWatch Logs"),
		ManagedPolicies: &[]awsiam.IManagedPolicy{
			awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String("service-role/AmazonAPIGatewayPushToCloudWatchLogs")),
		},
	})
	role.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN)
	awsapigateway.NewCfnAccount(stack, jsii.String("ApiGatewayAccount"), &awsapigateway.CfnAccountProps{
		CloudWatchRoleArn: role.RoleArn(),
	}).ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
}
