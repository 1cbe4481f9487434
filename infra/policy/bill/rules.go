package bill

// rule charges what a resource costs.
type rule func(used *account, r resource) error

// rules price the types of resources that cost something.
var rules = map[string]rule{
	"AWS::RDS::DBInstance": databaseInstance,
	"AWS::RDS::DBProxy":    databaseProxy,

	"AWS::SecretsManager::Secret": secret,
	"AWS::KMS::Key":               key,

	"AWS::Lambda::Function": function,
	"AWS::Lambda::Alias":    alias,
	"AWS::SQS::Queue":       queue,

	"AWS::ApiGatewayV2::Api": api,

	"AWS::S3::Bucket":               bucket,
	"AWS::CloudFront::Distribution": distribution,

	"AWS::EC2::NatGateway":  natGateway,
	"AWS::EC2::EIP":         publicAddress,
	"AWS::EC2::Instance":    instance,
	"AWS::EC2::VPCEndpoint": endpoint,

	"AWS::Logs::LogGroup":             logGroup,
	"AWS::Logs::MetricFilter":         metricFilter,
	"AWS::CloudWatch::Alarm":          alarm,
	"AWS::CloudWatch::CompositeAlarm": compositeAlarm,
	"AWS::CloudWatch::Dashboard":      dashboard,
	"AWS::SNS::Topic":                 topic,

	"AWS::SSM::Parameter": parameter,
}
