package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodedeploy"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/environment"
)

// Deployments is the CodeDeploy application of an environment. It gives the requests of an alias to a new version only
// after the hook has found it sound and, where the environment shifts them gradually, only while no alarm goes off.
type Deployments struct {
	scope       constructs.Construct
	settings    environment.Settings
	application awscodedeploy.CfnApplication
	role        awsiam.Role
	hook        GoFunction
}

// NewDeployments makes the application and the role of CodeDeploy, and lets the hook report. CodeDeploy may invoke the
// hook, read the alarms and, by Shift, change one alias.
//
// The role holds what AWS's own policy AWSCodeDeployRoleForLambdaLimited holds for a deployment by CloudFormation, but
// for these functions only.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCodeDeployRoleForLambdaLimited.html
func NewDeployments(scope constructs.Construct, id string, settings environment.Settings, hook GoFunction) Deployments {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	d := Deployments{scope: scope, settings: settings, hook: hook}
	d.application = awscodedeploy.NewCfnApplication(scope, jsii.String("Application"), &awscodedeploy.CfnApplicationProps{
		ApplicationName: jsii.String("Miyabi-" + settings.Name),
		ComputePlatform: jsii.String("Lambda"),
	})
	d.role = awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String("codedeploy.amazonaws.com"), nil),
		Description: jsii.String("Lets CodeDeploy shift the requests of " + settings.Name + " to new versions"),
	})
	d.allow([]string{"lambda:InvokeFunction"}, hook.Function.FunctionArn())
	if settings.Deployment.Gradual() {
		d.allow([]string{"cloudwatch:DescribeAlarms"}, awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{
			// CloudWatch checks this action against all alarms of the region, whichever are asked for.
			Service: jsii.String("cloudwatch"), Resource: jsii.String("alarm"), ResourceName: jsii.String("*"), ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
		}))
	}
	return d
}

// Shift makes CodeDeploy change the alias of the function from now on. The group is named after the function. Alarms may
// be empty where the requests are shifted at once.
func (d Deployments) Shift(name string, function GoFunction, alias awslambda.Alias, alarms ...awscloudwatch.Alarm) {
	group := awscodedeploy.NewCfnDeploymentGroup(d.scope, jsii.String(pascal(name)), &awscodedeploy.CfnDeploymentGroupProps{
		ApplicationName:      d.application.Ref(),
		DeploymentGroupName:  jsii.String(name),
		DeploymentConfigName: jsii.String("CodeDeployDefault.Lambda" + d.settings.Deployment.Config),
		ServiceRoleArn:       d.role.RoleArn(),
		DeploymentStyle: &awscodedeploy.CfnDeploymentGroup_DeploymentStyleProperty{
			DeploymentType: jsii.String("BLUE_GREEN"), DeploymentOption: jsii.String("WITH_TRAFFIC_CONTROL"),
		},
		AlarmConfiguration:        alarmConfiguration(alarms),
		AutoRollbackConfiguration: rollbackConfiguration(alarms),
	})
	qualified := *function.Function.FunctionArn() + ":" + *alias.AliasName()
	d.allow([]string{"lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig"}, function.Function.FunctionArn(), &qualified)
	d.hook.Allow([]string{"codedeploy:PutLifecycleEventHookExecutionStatus"}, d.groupARN(name))
	alias.Node().DefaultChild().(awslambda.CfnAlias).CfnOptions().SetUpdatePolicy(&awscdk.CfnUpdatePolicy{
		CodeDeployLambdaAliasUpdate: &awscdk.CfnCodeDeployLambdaAliasUpdate{
			ApplicationName:        d.application.Ref(),
			DeploymentGroupName:    group.Ref(),
			BeforeAllowTrafficHook: d.hook.Function.FunctionName(),
		},
	})
	// CloudFormation follows no reference in an update policy, and the hook asks the versions that it was last told.
	alias.Node().AddDependency(group, d.role, d.hook.Function)
}

func (d Deployments) allow(actions []string, resources ...*string) {
	d.role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings(actions...), Resources: &resources}))
}

func (d Deployments) groupARN(name string) *string {
	return awscdk.Stack_Of(d.scope).FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("codedeploy"), Resource: jsii.String("deploymentgroup"), ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
		ResourceName: jsii.String("Miyabi-" + d.settings.Name + "/" + name),
	})
}

func alarmConfiguration(alarms []awscloudwatch.Alarm) *awscodedeploy.CfnDeploymentGroup_AlarmConfigurationProperty {
	if len(alarms) == 0 {
		return nil
	}
	var names []any
	for _, alarm := range alarms {
		names = append(names, map[string]any{"name": alarm.AlarmName()})
	}
	return &awscodedeploy.CfnDeploymentGroup_AlarmConfigurationProperty{
		Enabled: jsii.Bool(true), IgnorePollAlarmFailure: jsii.Bool(false), Alarms: names,
	}
}

func rollbackConfiguration(alarms []awscloudwatch.Alarm) *awscodedeploy.CfnDeploymentGroup_AutoRollbackConfigurationProperty {
	events := []string{"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"}
	if len(alarms) > 0 {
		events = append(events, "DEPLOYMENT_STOP_ON_ALARM")
	}
	return &awscodedeploy.CfnDeploymentGroup_AutoRollbackConfigurationProperty{Enabled: jsii.Bool(true), Events: jsii.Strings(events...)}
}
