package policy

import "github.com/miyabi-society/platform/infra/environment"

// The conditions of exceptions.
var (
	oneZone        = &Condition{"where the database runs in one zone", func(s environment.Settings) bool { return !s.Database.MultiAZ }}
	unprotected    = &Condition{"outside of prod", func(s environment.Settings) bool { return s.Name != environment.Prod && !s.Database.DeletionProtection }}
	gradual        = &Condition{"where a new version takes over gradually", func(s environment.Settings) bool { return s.Deployment.Gradual() }}
	egressInstance = &Condition{"with egress nat-instance", func(s environment.Settings) bool { return s.Network.Egress == environment.EgressNATInstance }}
	noDomain       = &Condition{"without a domain of our own", func(s environment.Settings) bool { return s.Site.Domain.Name == "" }}
)

// bucketDeployment is the path of the function that CDK makes to upload the site.
const bucketDeployment = "Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C256MiB"

// exceptions are all exceptions. Each is as narrow as its rule can tell: one resource, one reason.
var exceptions = append(deployExceptions(), stackExceptions...)

// stackExceptions are those of the stacks' own resources, by stack.
var stackExceptions = []Exception{{
	Stack: "Account", Resource: "ApiGatewayLogs/Resource",
	Rules:   []string{"AwsSolutions-IAM4", "managed-policies"},
	Details: []string{"Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"},
	Reason: "API Gateway takes one role for all APIs of an account and region, and checks at its registration that it may write to any log group; " +
		"only API Gateway can assume it. https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html",
	Until: "API Gateway takes a role for each API.",
}, {
	Stack: "Foundation", Resource: "Alarms/Resource",
	Rules: []string{"encrypted-at-rest"},
	Reason: "CloudWatch cannot publish to a topic under the AWS-managed key, and a key of our own costs USD 1 a month; " +
		"the topic passes on names of alarms and figures, nothing of customers, and keeps no message. " +
		"https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html",
	Until: "A message carries anything but the state of an alarm or of the budget.",
}, {
	Stack: "Foundation", Resource: "Vpc/PublicSubnet1/NatInstance/Resource", Where: egressInstance,
	Rules:  []string{"AwsSolutions-EC28"},
	Reason: "Figures every minute instead of every five cost USD 2.10 a month, two thirds of the instance; that it fails shows in the errors of the functions behind it.",
	Until:  "Its load must be watched: then a NAT gateway is the better way out.",
}, {
	Stack: "Foundation", Resource: "Vpc/PublicSubnet1/NatInstance/Resource", Where: egressInstance,
	Rules:  []string{"AwsSolutions-EC29"},
	Reason: "The instance keeps nothing, and CloudFormation replaces it by one with a newer image; protected, it would fail that deployment and the deletion of the stack.",
	Until:  "It keeps something that somebody would miss.",
}, {
	Stack: "Database", Resource: "Database/Instance/Resource", Where: oneZone,
	Rules:  []string{"AwsSolutions-RDS3"},
	Reason: "A standby doubles the instance's price and exceeds the budget of USD 52 a month; point-in-time recovery and docs/runbooks/restore-the-database.md bring the database back in another zone.",
	Until:  "The availability asked for is higher than a restore takes: set Database.MultiAZ, `make cost` shows its price.",
}, {
	Stack: "Database", Resource: "Database/Instance/Resource", Where: unprotected,
	Rules:  []string{"AwsSolutions-RDS10"},
	Reason: "The environment is there to be deployed and destroyed, by tests too, and holds no data of customers.",
	Until:  "It holds data that somebody would miss: set KeepData and Database.DeletionProtection as prod has them.",
}, {
	Stack: "Database", Resource: "Database/Instance/Resource",
	Rules: []string{"AwsSolutions-RDS11"},
	Reason: "Another port hides nothing here: the instance has no public address, lies in subnets without a route to anywhere, " +
		"and only the security groups of the proxy, of migrate and of sweep reach the port.",
	Until: "Something outside the network can reach the instance.",
}, {
	Stack: "Schema", Resource: "MigrateRole/Resource",
	Rules: []string{"AwsSolutions-IAM4", "managed-policies"}, Details: []string{networkPolicy},
	Reason: networkReason, Until: networkUntil,
}, {
	Stack: "Api", Resource: "ApiRole/Resource",
	Rules: []string{"AwsSolutions-IAM4", "managed-policies"}, Details: []string{networkPolicy},
	Reason: networkReason, Until: networkUntil,
}, {
	Stack: "Api", Resource: "SweepRole/Resource",
	Rules: []string{"AwsSolutions-IAM4", "managed-policies"}, Details: []string{networkPolicy},
	Reason: networkReason, Until: networkUntil,
}, {
	Stack: "Api", Resource: "HookRole/DefaultPolicy/Resource",
	Rules:   []string{"AwsSolutions-IAM5", "narrow-permissions"},
	Details: []string{"Resource::<ApiF70053CD.Arn>:*", "Resource::<AuthC256A5EC.Arn>:*"},
	Reason: "The hook asks a version that the same deployment has just published; IAM may take longer to know its number than CloudFormation to call the hook. " +
		"The wildcard ends at the versions and aliases of two functions, and the alias for signing in is denied. " +
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency",
	Until: "IAM applies a changed policy at once.",
}, {
	Stack: "Api", Resource: "Deployments/Role/DefaultPolicy/Resource", Where: gradual,
	Rules:   []string{"AwsSolutions-IAM5", "narrow-permissions"},
	Details: []string{"Resource::arn:aws:cloudwatch:{region}:<AWS::AccountId>:alarm:*"},
	Reason: "CodeDeploy reads the state of the alarms that end a shift; CloudWatch checks cloudwatch:DescribeAlarms against all alarms of the region, whichever are asked for. " +
		"https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html",
	Until: "CloudWatch lets the action be given for single alarms.",
}, {
	Stack: "Api", Resource: "Identity/Resource",
	Rules: []string{"AwsSolutions-SMG4"},
	Reason: "The secret holds the key of the sign-in tokens and the pair that GitHub issued. GitHub has no interface to renew its half, " +
		"and the key is renewed by a person after docs/runbooks/renew-the-signing-key.md, while both keys are valid by their kid: a rotation function would be one more thing that can read the secret.",
	Until: "GitHub lets its OAuth secrets be renewed by a program, or the key must be renewed more often than once a year.",
}, {
	Stack: "Api", Resource: "HttpApi/ANY--api--{proxy+}/Resource",
	Rules: []string{"AwsSolutions-APIG4"},
	Reason: "The api function checks every request by itself, for cookie or API key, role and organization, and PostgreSQL's row-level security behind it; " +
		"an authorizer in front would know none of the cookies' rules and cost an invocation a request. Tests attack each operation without and with foreign credentials.",
	Until: "A route is served by something that does not check.",
}, {
	Stack: "Api", Resource: "HttpApi/ANY--auth--{proxy+}/Resource",
	Rules:  []string{"AwsSolutions-APIG4"},
	Reason: "These routes are the sign-in itself: who calls them has no credentials yet.",
	Until:  "Anything but the sign-in is served below /auth.",
}, {
	Stack: "Dashboard", Resource: "Site/Bucket/Resource",
	Rules: []string{"AwsSolutions-S1"},
	Reason: "The bucket holds the public files of the site, without anything of customers; only CloudFront and the upload at a deployment can read it, " +
		"so that a log of its requests would tell the distribution's cache misses.",
	Until: "The bucket holds anything that not everybody may read.",
}, {
	Stack: "Dashboard", Resource: "Site/Distribution/Resource",
	Rules: []string{"AwsSolutions-CFR3"},
	Reason: "Each request that can touch data passes an API, which writes it to its access log; what remains is who loaded which public file, " +
		"addresses of people that we do not want to keep.",
	Until: "The site must be defended or billed by its static files: switch on standard logging for a time.",
}, {
	Stack: "Dashboard", Resource: "Site/Distribution/Resource",
	Rules:  []string{"AwsSolutions-CFR1"},
	Reason: "People work from everywhere, and who may see what is decided by the sign-in, not by the country.",
	Until:  "A law or a contract excludes a country.",
}, {
	Stack: "Dashboard", Resource: "Site/Distribution/Resource",
	Rules: []string{"AwsSolutions-CFR2"},
	Reason: "A web ACL with two rules costs USD 7 a month, a seventh of the budget; the APIs' throttles bound what a flood costs, " +
		"every statement is prepared, and AWS Shield Standard is there for nothing.",
	Until: "Attacks reach the functions in spite of the throttles, or the budget grows: put a web ACL with AWS's managed rules before the distribution.",
}, {
	Stack: "Dashboard", Resource: "Site/Distribution/Resource", Where: noDomain,
	Rules:  []string{"AwsSolutions-CFR4"},
	Reason: certificateReason, Until: certificateUntil,
}, {
	Stack: "Dashboard", Resource: "Site/Distribution/Resource", Where: noDomain,
	Rules: []string{"tls-to-the-site"}, Details: []string{"MinimumProtocolVersion"},
	Reason: certificateReason, Until: certificateUntil,
}, {
	Stack: "Dashboard", Resource: bucketDeployment + "/Resource",
	Rules: []string{"AwsSolutions-L1"}, Reason: uploadReason, Until: uploadUntil,
}, {
	Stack: "Dashboard", Resource: bucketDeployment + "/Resource",
	Rules: []string{"go-functions"}, Details: []string{"Runtime", "Architectures"}, Reason: uploadReason, Until: uploadUntil,
}, {
	Stack: "Dashboard", Resource: bucketDeployment + "/ServiceRole/Resource",
	Rules:   []string{"AwsSolutions-IAM4", "managed-policies"},
	Details: []string{"Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"},
	Reason:  uploadReason, Until: uploadUntil,
}, {
	Stack: "Dashboard", Resource: bucketDeployment + "/ServiceRole/DefaultPolicy/Resource",
	Rules: []string{"AwsSolutions-IAM5", "narrow-permissions"},
	Details: []string{
		"Action::s3:Abort*", "Action::s3:DeleteObject*", "Action::s3:GetBucket*", "Action::s3:GetObject*", "Action::s3:List*",
		"Resource::<SiteBucket978D4AEB.Arn>/*",
		"Resource::arn:aws:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-{region}/*",
	},
	Reason: "CDK's own function for uploading the site; the wildcards end at the objects of two buckets, the one with the deployment's own files and the site's. " + uploadReason,
	Until:  uploadUntil,
}}

// Reasons that more than one resource has.
const (
	networkPolicy = "Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
	networkReason = "Lambda attaches the function to the network by this role; AWS keeps the list of actions that it needs for that and has widened it twice, " +
		"a copy of ours would fail at the next time. Interfaces have no name before they exist, so that the resource could not be narrower. " +
		"https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions"
	networkUntil = "Lambda attaches functions by a service-linked role."

	certificateReason = "Under the name that CloudFront gives, its own certificate applies and the oldest protocol cannot be set; every browser that runs the dashboard speaks TLS 1.2 or later."
	certificateUntil  = "A domain is set (Site.Domain): then the minimum is TLSv1.2_2021 and this exception ends by itself."

	uploadReason = "It runs at a deployment only, called by CloudFormation with the deployment's own files; CDK keeps its runtime and its rights."
	uploadUntil  = "CDK's construct can be told its runtime and role, or we write an uploader of our own."
)
