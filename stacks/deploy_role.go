package stacks

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/construct"
	"github.com/miyabi-society/platform/infra/environment"
)

// deployRole is the role of one environment's deployments while its rights are written down.
type deployRole struct {
	stack awscdk.Stack
	role  awsiam.Role
	// environment is the name of the environment.
	environment string
}

// addDeployRole lets workflows of the repository that run in the GitHub environment of this name deploy that environment:
// CloudFormation works with the roles of CDK's bootstrap, and the role itself keeps the releases, watches the stacks and
// tidies up behind them.
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
	d := deployRole{stack: stack, role: role, environment: name}
	d.allow("AssumeBootstrapRoles", []string{"sts:AssumeRole"}, d.bootstrapRoles()...)
	d.keepReleases()
	d.watchStacks()
	d.tidyUp()
}

// keepReleases lets a deployment read what the phases have published, and store and name their releases.
func (d deployRole) keepReleases() {
	parameter := func(path string) *string { return d.arn("ssm", "parameter", path) }
	d.allow("ReadPublishedParameters", []string{"ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:GetParameterHistory"},
		parameter("miyabi/"+d.environment+"/*"), parameter("cdk-bootstrap/"+qualifier()+"/version"))
	var releases []*string
	for _, phase := range []string{construct.FoundationPhase, construct.DatabasePhase, construct.APIPhase, construct.DashboardPhase, construct.OperationsPhase} {
		releases = append(releases, parameter("miyabi/"+d.environment+"/"+phase+"/release"))
	}
	d.allow("NameReleases", []string{"ssm:PutParameter", "ssm:DeleteParameter"}, releases...)
	bucket := "arn:aws:s3:::cdk-" + qualifier() + "-assets-" + *d.stack.Account() + "-" + *d.stack.Region()
	d.allow("StoreReleases", []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}, jsii.String(bucket+"/miyabi/"+d.environment+"/*"))
	d.role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("ListReleases"),
		Actions:    jsii.Strings("s3:ListBucket"),
		Resources:  jsii.Strings(bucket),
		Conditions: &map[string]any{"StringLike": map[string]any{"s3:prefix": "miyabi/" + d.environment + "/*"}},
	}))
}

// watchStacks lets a deployment see the state of its stacks and why one failed, and the account's room for functions.
func (d deployRole) watchStacks() {
	var stacks []*string
	for _, name := range []string{FoundationName, DatabaseName, SchemaName, APIName, DashboardName, OperationsName} {
		stacks = append(stacks, d.arn("cloudformation", "stack", "Miyabi-"+d.environment+"-"+name+"/*"))
	}
	d.allow("WatchStacks", []string{"cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents", "cloudformation:ListStackResources", "cloudformation:GetTemplate"}, stacks...)
	d.allow("ReadFunctionLimits", []string{"lambda:GetAccountSettings"}, jsii.String("*"))
}

// tidyUp lets a deployment remove old versions of the functions that have versions, never a function itself, and empty
// the site's bucket before the stack is deleted, never in prod.
func (d deployRole) tidyUp() {
	var functions, versions []*string
	for _, name := range []string{APIFunction, AuthFunction} {
		function := *d.stack.FormatArn(&awscdk.ArnComponents{
			Service: jsii.String("lambda"), Resource: jsii.String("function"), ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
			ResourceName: jsii.String("Miyabi-" + d.environment + "-" + name),
		})
		functions, versions = append(functions, &function), append(versions, jsii.String(function+":*"))
	}
	d.allow("ListVersions", []string{"lambda:ListVersionsByFunction", "lambda:ListAliases"}, functions...)
	d.allow("RemoveOldVersions", []string{"lambda:DeleteFunction"}, versions...)
	if d.environment == environment.Prod {
		return
	}
	// CloudFormation makes the bucket's name from the stack's.
	bucket := "arn:aws:s3:::" + strings.ToLower("Miyabi-"+d.environment+"-"+DashboardName) + "-*"
	d.allow("EmptyTheSite", []string{"s3:ListBucketVersions"}, &bucket)
	d.allow("EmptyTheSitesObjects", []string{"s3:DeleteObject", "s3:DeleteObjectVersion"}, jsii.String(bucket+"/*"))
}

// bootstrapRoles are the roles of CDK's bootstrap that a deployment assumes: to start it, to upload its files and to look
// up what is there.
func (d deployRole) bootstrapRoles() []*string {
	var roles []*string
	for _, purpose := range []string{"deploy", "file-publishing", "lookup"} {
		roles = append(roles, d.stack.FormatArn(&awscdk.ArnComponents{
			Service: jsii.String("iam"), Region: jsii.String(""), Resource: jsii.String("role"),
			ResourceName: jsii.String("cdk-" + qualifier() + "-" + purpose + "-role-" + *d.stack.Account() + "-" + *d.stack.Region()),
		}))
	}
	return roles
}

func (d deployRole) allow(sid string, actions []string, resources ...*string) {
	d.role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String(sid), Actions: jsii.Strings(actions...), Resources: &resources,
	}))
}

func (d deployRole) arn(service, resource, name string) *string {
	return d.stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String(service), Resource: jsii.String(resource), ResourceName: jsii.String(name)})
}

// qualifier is the name by which CDK's bootstrap marks what it makes.
func qualifier() string { return *awscdk.DefaultStackSynthesizer_DEFAULT_QUALIFIER() }
