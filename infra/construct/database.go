package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/environment"
)

// The names inside the database server.
const (
	DatabaseName = "miyabi"
	// MasterUser owns the schema; RDS keeps its password in a secret that it rotates.
	MasterUser = "miyabi_admin"
	// AppUser serves requests; it has no password and signs in with an IAM token.
	AppUser = "miyabi_app"
)

// DatabaseProps describes a database.
type DatabaseProps struct {
	Settings environment.Settings
	VPC      awsec2.IVpc
}

// Database is PostgreSQL on RDS in the isolated subnets, reachable only over TLS and, where the environment says so,
// through RDS Proxy.
type Database struct {
	Instance awsrds.DatabaseInstance
	// InstanceGroup guards the instance.
	InstanceGroup awsec2.SecurityGroup
	// Proxy is nil when the environment runs without one.
	Proxy awsrds.DatabaseProxy
	// ProxyGroup guards the proxy; nil without one.
	ProxyGroup awsec2.SecurityGroup
}

// NewDatabase makes the instance and its proxy.
func NewDatabase(scope constructs.Construct, id string, props DatabaseProps) Database {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	db := Database{InstanceGroup: NewClosedSecurityGroup(scope, "InstanceGroup", "Guards the database instance", props.VPC)}
	db.Instance = newInstance(scope, props, db.InstanceGroup)
	if props.Settings.Database.Proxy {
		db.addProxy(scope, props)
	}
	return db
}

// Endpoint is the host name that functions connect to.
func (d Database) Endpoint() *string {
	if d.Proxy != nil {
		return d.Proxy.Endpoint()
	}
	return d.Instance.DbInstanceEndpointAddress()
}

// ConnectResourceID is the id that rds-db:connect names: the proxy's (prx-…) or the instance's (db-…).
func (d Database) ConnectResourceID() *string {
	if d.Proxy != nil {
		return awscdk.Fn_Select(jsii.Number(6), awscdk.Fn_Split(jsii.String(":"), d.Proxy.DbProxyArn(), nil))
	}
	return d.Instance.InstanceResourceId()
}

// EndpointGroup is the security group in front of Endpoint.
func (d Database) EndpointGroup() awsec2.SecurityGroup {
	if d.ProxyGroup != nil {
		return d.ProxyGroup
	}
	return d.InstanceGroup
}

func newInstance(scope constructs.Construct, props DatabaseProps, group awsec2.ISecurityGroup) awsrds.DatabaseInstance {
	sizes := props.Settings.Database
	engine := awsrds.DatabaseInstanceEngine_Postgres(&awsrds.PostgresInstanceEngineProps{
		Version: awsrds.PostgresEngineVersion_Of(jsii.String(sizes.EngineVersion), jsii.String("15"), nil),
	})
	return awsrds.NewDatabaseInstance(scope, jsii.String("Instance"), &awsrds.DatabaseInstanceProps{
		Engine:                     engine,
		EngineLifecycleSupport:     awsrds.EngineLifecycleSupport_OPEN_SOURCE_RDS_EXTENDED_SUPPORT_DISABLED,
		InstanceType:               awsec2.NewInstanceType(jsii.String(sizes.InstanceClass)),
		AllocatedStorage:           jsii.Number(sizes.StorageGiB),
		StorageType:                awsrds.StorageType_GP3,
		StorageEncrypted:           jsii.Bool(true),
		MultiAz:                    jsii.Bool(sizes.MultiAZ),
		Vpc:                        props.VPC,
		SubnetGroup:                newSubnetGroup(scope, props.VPC),
		SecurityGroups:             &[]awsec2.ISecurityGroup{group},
		PubliclyAccessible:         jsii.Bool(false),
		Port:                       jsii.Number(PostgresPort),
		DatabaseName:               jsii.String(DatabaseName),
		Credentials:                awsrds.Credentials_FromUsername(jsii.String(MasterUser), nil),
		ManageMasterUserPassword:   jsii.Bool(true),
		IamAuthentication:          jsii.Bool(true),
		ParameterGroup:             newParameterGroup(scope, engine),
		BackupRetention:            awscdk.Duration_Days(jsii.Number(sizes.BackupDays)),
		CopyTagsToSnapshot:         jsii.Bool(true),
		DeleteAutomatedBackups:     jsii.Bool(!props.Settings.KeepData),
		DeletionProtection:         jsii.Bool(sizes.DeletionProtection),
		AutoMinorVersionUpgrade:    jsii.Bool(true),
		PreferredBackupWindow:      jsii.String("17:00-17:30"),
		PreferredMaintenanceWindow: jsii.String("sat:18:00-sat:18:30"),
		RemovalPolicy:              instanceRemoval(props.Settings),
	})
}

// newSubnetGroup keeps the instance in the isolated subnets; it can be deleted with the instance, whose own policy
// guards the data.
func newSubnetGroup(scope constructs.Construct, vpc awsec2.IVpc) awsrds.SubnetGroup {
	return awsrds.NewSubnetGroup(scope, jsii.String("Subnets"), &awsrds.SubnetGroupProps{
		Description:   jsii.String("Isolated subnets of the database"),
		Vpc:           vpc,
		VpcSubnets:    isolated(),
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
}

func newParameterGroup(scope constructs.Construct, engine awsrds.IInstanceEngine) awsrds.ParameterGroup {
	return awsrds.NewParameterGroup(scope, jsii.String("Parameters"), &awsrds.ParameterGroupProps{
		Engine:      engine,
		Description: jsii.String("PostgreSQL 15 that refuses connections without TLS"),
		Parameters: &map[string]*string{
			"rds.force_ssl":                       jsii.String("1"),
			"idle_in_transaction_session_timeout": jsii.String("60000"),
			"log_min_duration_statement":          jsii.String("1000"),
		},
	})
}

// addProxy puts RDS Proxy in front of the instance, with IAM authentication from the client to the proxy and from the
// proxy to the instance, so that no password of the application exists. CDK opens the port between the two groups.
func (d *Database) addProxy(scope constructs.Construct, props DatabaseProps) {
	d.ProxyGroup = NewClosedSecurityGroup(scope, "ProxyGroup", "Guards the database proxy", props.VPC)
	role := awsiam.NewRole(scope, jsii.String("ProxyRole"), &awsiam.RoleProps{
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String("rds.amazonaws.com"), nil),
		Description: jsii.String("Lets the proxy sign in to the instance as " + AppUser),
	})
	d.Instance.GrantConnect(role, jsii.String(AppUser))
	d.Proxy = awsrds.NewDatabaseProxy(scope, jsii.String("Proxy"), &awsrds.DatabaseProxyProps{
		ProxyTarget:           awsrds.ProxyTarget_FromInstance(d.Instance),
		DefaultAuthScheme:     awsrds.DefaultAuthScheme_IAM_AUTH,
		Role:                  role,
		RequireTLS:            jsii.Bool(true),
		Vpc:                   props.VPC,
		VpcSubnets:            isolated(),
		SecurityGroups:        &[]awsec2.ISecurityGroup{d.ProxyGroup},
		BorrowTimeout:         awscdk.Duration_Seconds(jsii.Number(5)),
		IdleClientTimeout:     awscdk.Duration_Minutes(jsii.Number(30)),
		MaxConnectionsPercent: jsii.Number(80),
	})
	closeEgress(d.ProxyGroup)
}

func isolated() *awsec2.SubnetSelection {
	return &awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED}
}

func instanceRemoval(settings environment.Settings) awscdk.RemovalPolicy {
	if settings.KeepData {
		return awscdk.RemovalPolicy_SNAPSHOT
	}
	return awscdk.RemovalPolicy_DESTROY
}
