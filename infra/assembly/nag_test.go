package assembly

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/assembly/fixture"
	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/policy"
	"github.com/miyabi-society/platform/stacks"
)

// nagCases weaken one resource of a real stack of prod, so that cdk-nag finds just this.
var nagCases = map[string]struct {
	stack, resource string
	weaken          func(constructs.IConstruct)
}{
	"AwsSolutions-RDS2": {stacks.DatabaseName, "Database/Instance/Resource", func(c constructs.IConstruct) {
		c.(awsrds.CfnDBInstance).SetStorageEncrypted(jsii.Bool(false))
	}},
	"AwsSolutions-RDS10": {stacks.DatabaseName, "Database/Instance/Resource", func(c constructs.IConstruct) {
		c.(awsrds.CfnDBInstance).SetDeletionProtection(jsii.Bool(false))
	}},
	"AwsSolutions-RDS13": {stacks.DatabaseName, "Database/Instance/Resource", func(c constructs.IConstruct) {
		c.(awsrds.CfnDBInstance).SetBackupRetentionPeriod(jsii.Number(0))
	}},
	"AwsSolutions-EC23": {stacks.DatabaseName, "Database/InstanceGroup/Resource", func(c constructs.IConstruct) {
		c.(awsec2.CfnSecurityGroup).SetSecurityGroupIngress([]any{&awsec2.CfnSecurityGroup_IngressProperty{
			CidrIp: jsii.String("0.0.0.0/0"), IpProtocol: jsii.String("tcp"), FromPort: jsii.Number(5432), ToPort: jsii.Number(5432),
		}})
	}},
	"AwsSolutions-IAM5[Action::s3:*]": {stacks.DatabaseName, "Database/ProxyRole/DefaultPolicy", func(c constructs.IConstruct) {
		c.(awsiam.Policy).AddStatements(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: jsii.Strings("s3:*"), Resources: jsii.Strings("arn:aws:s3:::one"),
		}))
	}},
	"AwsSolutions-VPC7": {stacks.FoundationName, "Vpc/FlowLog/FlowLog", func(c constructs.IConstruct) {
		c.(awsec2.CfnFlowLog).SetResourceId(jsii.String("vpc-of-somebody-else"))
	}},
	"AwsSolutions-SNS3": {stacks.FoundationName, "Alarms", func(c constructs.IConstruct) {
		awssns.NewTopic(awscdk.Stack_Of(c), jsii.String("Other"), nil)
	}},
	"AwsSolutions-SMG4": {stacks.APIName, "Identity", func(c constructs.IConstruct) {
		awssecretsmanager.NewSecret(awscdk.Stack_Of(c), jsii.String("Other"), nil)
	}},
	"AwsSolutions-APIG4": {stacks.APIName, "HttpApi", func(c constructs.IConstruct) {
		awsapigatewayv2.NewCfnRoute(awscdk.Stack_Of(c), jsii.String("Open"), &awsapigatewayv2.CfnRouteProps{
			ApiId: c.(awsapigatewayv2.HttpApi).ApiId(), RouteKey: jsii.String("GET /open"),
		})
	}},
	"AwsSolutions-L1": {stacks.APIName, "Api/Resource", func(c constructs.IConstruct) {
		c.(awslambda.CfnFunction).SetRuntime(jsii.String("nodejs18.x"))
	}},
	"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/ReadOnlyAccess]": {stacks.APIName, "AuthRole", func(c constructs.IConstruct) {
		c.(awsiam.Role).AddManagedPolicy(awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String("ReadOnlyAccess")))
	}},
	"AwsSolutions-S2": {stacks.DashboardName, "Site/Bucket/Resource", func(c constructs.IConstruct) {
		c.(awss3.CfnBucket).SetPublicAccessBlockConfiguration(&awss3.CfnBucket_PublicAccessBlockConfigurationProperty{BlockPublicAcls: jsii.Bool(false)})
	}},
	"AwsSolutions-S5": {stacks.DashboardName, "Site/Bucket/Resource", func(c constructs.IConstruct) {
		c.(awss3.CfnBucket).SetWebsiteConfiguration(&awss3.CfnBucket_WebsiteConfigurationProperty{IndexDocument: jsii.String("index.html")})
	}},
}

// CDK's runtime serves one caller at a time, so a test that uses it does not run beside others.
func TestNagFindsAWeakenedResource(t *testing.T) {
	folders, err := fixture.Folders(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	settings, err := environment.Load(environment.Prod, fixture.Host)
	if err != nil {
		t.Fatal(err)
	}
	build := map[string]func(awscdk.App) awscdk.Stack{
		stacks.FoundationName: func(app awscdk.App) awscdk.Stack { return stacks.Foundation(app, settings) },
		stacks.DatabaseName:   func(app awscdk.App) awscdk.Stack { return stacks.Database(app, settings) },
		stacks.APIName:        func(app awscdk.App) awscdk.Stack { return stacks.API(app, settings, folders) },
		stacks.DashboardName:  func(app awscdk.App) awscdk.Stack { return stacks.Dashboard(app, settings, folders) },
	}
	for want, weakened := range nagCases {
		t.Run(want, func(t *testing.T) {
			findings := nagFindings(t, func(app awscdk.App) {
				stack := build[weakened.stack](app)
				policy.ApplyExceptions(stack, settings)
				var construct constructs.IConstruct = stack
				for id := range strings.SplitSeq(weakened.resource, "/") {
					construct = construct.Node().FindChild(jsii.String(id))
				}
				weakened.weaken(construct)
			})
			if !slices.Equal(findings, []string{want}) {
				t.Errorf("cdk-nag finds %v", findings)
			}
		})
	}
}

// nagFindings synthesizes an app and lists what cdk-nag finds without an exception.
func nagFindings(t *testing.T, build func(awscdk.App)) []string {
	t.Helper()
	output := t.TempDir()
	context, err := fixture.Context(filepath.Join("..", "..", "cdk.json"))
	if err != nil {
		t.Fatal(err)
	}
	context["@aws-cdk/core:validateAgainstDefaultRules"] = false
	app := newApp(output, context)
	build(app)
	policy.AddNag(app)
	app.Synth(nil)
	violations, err := checkReport(output, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	var findings []string
	for _, violation := range violations {
		finding := violation.Rule
		if violation.Detail != "" {
			finding += "[" + violation.Detail + "]"
		}
		findings = append(findings, finding)
	}
	slices.Sort(findings)
	return slices.Compact(findings)
}
