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

// addDeployRole lets workflows of the repository that run in the GitHub environment of this name deploy with the
// roles of CDK's bootstrap. The role itself can do nothing else but read what the phases have published.
func addDeployRole(stack awscdk.Stack, provider awsiam.OidcProviderNative, repository, name string) {
	role := awsiam.NewRole(stack, jsii.String("Deploy-"+name), &awsiam.RoleProps{
		RoleName:           jsii.String("Miyabi-" + name + "-deploy"),
		Description:        jsii.String("Assumed by GitHub Actions of " + repository + " in its environment " + name),
		MaxSessionDuration: awscdk.Duration_Hours(jsii.Number(1)),
		AssumedBy: awsiam.NewWebIdentityPrincipal(provider.OidcProviderArn(), &map[string]any{
			"StringEquals": map[string]any{
				githubIssuer + ":aud": "sts.amazonaws.com",
				githubIssuer + ":sub": "repo:" + repository + ":environment:" + name,
			},
		}),
	})
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:       jsii.String("AssumeBootstrapRoles"),
		Actions:   jsii.Strings("sts:AssumeRole"),
		Resources: bootstrapRoles(stack),
	}))
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:     jsii.String("ReadPublishedParameters"),
		Actions: jsii.Strings("ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"),
		Resources: jsii.Strings(*stack.FormatArn(&awscdk.ArnComponents{
			Service: jsii.String("ssm"), Resource: jsii.String("parameter"), ResourceName: jsii.String("miyabi/" + name + "/*"),
		})),
	}))
}

// bootstrapRoles are the roles of CDK's bootstrap that a deployment assumes: to start it, to upload its files and to look
// up what is there.
func bootstrapRoles(stack awscdk.Stack) *[]*string {
	var roles []*string
	for _, purpose := range []string{"deploy", "file-publishing", "lookup"} {
		roles = append(roles, stack.FormatArn(&awscdk.ArnComponents{
			Service: jsii.String("iam"), Region: jsii.String(""), Resource: jsii.String("role"),
			ResourceName: jsii.String("cdk-" + *awscdk.DefaultStackSynthesizer_DEFAULT_QUALIFIER() + "-" + purpose + "-role-" + *stack.Account() + "-" + *stack.Region()),
		}))
	}
	return &roles
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
