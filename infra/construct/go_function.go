package construct

import (
	"maps"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/environment"
)

// GoFunctionProps describes one Lambda function that is a Go binary.
type GoFunctionProps struct {
	Settings environment.Settings
	// Folder holds the function's bootstrap.
	Folder string
	// Name is the function's name without the environment, such as api.
	Name        string
	Description string
	// Timeout in seconds; 0 means the environment's.
	Timeout int
	// ReservedConcurrency bounds the parallel processes; 0 leaves them to the account's limit.
	ReservedConcurrency int
	// Environment is what the function reads besides MIYABI_ENVIRONMENT and LOG_LEVEL. It is readable for everyone who
	// may read the function, so it never holds a secret.
	Environment map[string]*string
	// VPC and SecurityGroup put the function into the function subnets; without them it runs outside.
	VPC           awsec2.IVpc
	SecurityGroup awsec2.ISecurityGroup
}

// GoFunction is a Lambda function made from one static Go binary, with a log group and a role of its own.
type GoFunction struct {
	Function awslambda.Function
	Logs     awslogs.LogGroup
	// name is the function's name without the environment.
	name string
}

// NewGoFunction makes the function on provided.al2023 for the environment's processor architecture.
func NewGoFunction(scope constructs.Construct, id string, props GoFunctionProps) GoFunction {
	logs := NewLogGroup(scope, id+"Logs", props.Settings)
	config := &awslambda.FunctionProps{
		FunctionName:  jsii.String(props.functionName()),
		Description:   jsii.String(props.Description),
		Runtime:       awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:  architecture(props.Settings.Functions.Platform),
		Handler:       jsii.String("bootstrap"),
		Code:          awslambda.Code_FromAsset(jsii.String(props.Folder), &awss3assets.AssetOptions{}),
		MemorySize:    jsii.Number(props.Settings.Functions.MemoryMiB),
		Timeout:       awscdk.Duration_Seconds(jsii.Number(props.timeout())),
		Environment:   props.environment(),
		LogGroup:      logs,
		Role:          newFunctionRole(scope, id+"Role", props, logs),
		LoggingFormat: awslambda.LoggingFormat_JSON,
		// Versions stay, so that an alias can go back to one. One whose deployment is rolled back goes: Lambda makes no
		// second version of the same code, so that it could not be deployed again once the cause is mended.
		CurrentVersionOptions: &awslambda.VersionOptions{
			RemovalPolicy: awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE,
		},
	}
	if props.ReservedConcurrency > 0 {
		config.ReservedConcurrentExecutions = jsii.Number(props.ReservedConcurrency)
	}
	if props.VPC != nil {
		config.Vpc = props.VPC
		config.VpcSubnets = &awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PRIVATE_WITH_EGRESS}
		config.SecurityGroups = &[]awsec2.ISecurityGroup{props.SecurityGroup}
		config.Ipv6AllowedForDualStack = jsii.Bool(true)
	}
	function := awslambda.NewFunction(scope, jsii.String(id), config)
	if props.SecurityGroup != nil {
		// The group's rules are resources of their own; without them a first invocation would hang.
		function.Node().AddDependency(props.SecurityGroup)
	}
	return GoFunction{Function: function, Logs: logs, name: props.Name}
}

// newFunctionRole makes a role that may write the function's own log and, inside the network, carries the managed policy
// by which Lambda attaches the function to it. What the function may do besides is a policy of its own.
func newFunctionRole(scope constructs.Construct, id string, props GoFunctionProps, logs awslogs.LogGroup) awsiam.Role {
	config := &awsiam.RoleProps{
		AssumedBy:      awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
		Description:    jsii.String("What the " + props.Name + " function may do"),
		InlinePolicies: &map[string]awsiam.PolicyDocument{"Log": document(writeLog(logs))},
	}
	if props.VPC != nil {
		config.ManagedPolicies = &[]awsiam.IManagedPolicy{awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String("service-role/AWSLambdaVPCAccessExecutionRole"))}
		config.InlinePolicies = &map[string]awsiam.PolicyDocument{"LeaveInterfacesToLambda": document(leaveInterfaces(scope, props), leaveLogGroups())}
	}
	return awsiam.NewRole(scope, jsii.String(id), config)
}

func document(statements ...awsiam.PolicyStatement) awsiam.PolicyDocument {
	return awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements})
}

func writeLog(logs awslogs.LogGroup) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:   jsii.Strings("logs:CreateLogStream", "logs:PutLogEvents"),
		Resources: &[]*string{logs.LogGroupArn()},
	})
}

// leaveInterfaces denies the function's own code what Lambda does with the role: to make and remove network interfaces.
// https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
func leaveInterfaces(scope constructs.Construct, props GoFunctionProps) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Effect: awsiam.Effect_DENY,
		Actions: jsii.Strings("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
			"ec2:DetachNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
		Resources: jsii.Strings("*"),
		Conditions: &map[string]any{"ArnEquals": map[string]any{
			"lambda:SourceFunctionArn": awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{
				Service: jsii.String("lambda"), Resource: jsii.String("function"), ResourceName: jsii.String(props.functionName()),
				ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
			}),
		}},
	})
}

// leaveLogGroups denies what the managed policy allows: to make log groups. The function has one from its stack, and a late
// line of a function that is being deleted would bring it back, with a retention of its own: for ever.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
func leaveLogGroups() awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Effect: awsiam.Effect_DENY, Actions: jsii.Strings("logs:CreateLogGroup"), Resources: jsii.Strings("*"),
	})
}

// Alias is a named pointer to the version that this deployment publishes. Behind it, provisioned processes wait for
// requests; 0 for none.
func (f GoFunction) Alias(name string, provisioned int) awslambda.Alias {
	props := &awslambda.AliasProps{
		AliasName: jsii.String(name),
		Version:   f.Function.CurrentVersion(),
	}
	if provisioned > 0 {
		props.ProvisionedConcurrentExecutions = jsii.Number(provisioned)
	}
	return awslambda.NewAlias(f.Function, jsii.String("Alias-"+name), props)
}

// Allow lets the function's role do the actions on the resources.
func (f GoFunction) Allow(actions []string, resources ...*string) {
	f.Function.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:   jsii.Strings(actions...),
		Resources: &resources,
	}))
}

func (p GoFunctionProps) functionName() string { return "Miyabi-" + p.Settings.Name + "-" + p.Name }

// Deny keeps the function's role from the actions on the resources, whatever else allows them.
func (f GoFunction) Deny(actions []string, resources ...*string) {
	f.Function.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Effect:    awsiam.Effect_DENY,
		Actions:   jsii.Strings(actions...),
		Resources: &resources,
	}))
}

func (p GoFunctionProps) timeout() int {
	if p.Timeout > 0 {
		return p.Timeout
	}
	return p.Settings.Functions.TimeoutSeconds
}

func (p GoFunctionProps) environment() *map[string]*string {
	variables := map[string]*string{
		"MIYABI_ENVIRONMENT": jsii.String(p.Settings.Name),
		"LOG_LEVEL":          jsii.String(p.Settings.Functions.LogLevel),
	}
	maps.Copy(variables, p.Environment)
	return &variables
}

func architecture(platform environment.Platform) awslambda.Architecture {
	if platform.Architecture == "amd64" {
		return awslambda.Architecture_X86_64()
	}
	return awslambda.Architecture_ARM_64()
}
