// Package environment holds the typed settings in which the deployments of the platform differ.
//
// Settings carry no account id, no secret and no address that only exists after a deployment: an assembly
// synthesized from them can be deployed into any AWS account.
package environment

// Settings is everything that one environment decides for itself.
type Settings struct {
	// Name is local, dev, staging, prod or test-<suffix>. It is part of every stack name and Parameter Store path.
	Name string
	// Region is the AWS region of all stacks.
	Region string
	// Owner is the team named by the owner tag.
	Owner string
	// Repository is the GitHub repository (owner/name) whose workflows may deploy.
	Repository string

	Network    Network
	Database   Database
	Functions  Functions
	Deployment Deployment
	API        API
	Site       Site
	Logs       Logs
	Retention  Retention
	Budget     Budget
	Alarms     Alarms
	Usage      Usage

	// KeepData keeps what people would miss (log groups, the site's bucket) when a stack is deleted, and
	// takes a last snapshot of the database. Without it a deleted stack leaves nothing behind.
	KeepData bool
}

// Network sizes the VPC and says how functions leave it.
type Network struct {
	// CIDR is the IPv4 range of the VPC; environments that may be peered use distinct ones.
	CIDR string
	// Egress is how functions inside the network reach what is outside.
	Egress Egress
}

// Egress is a way out of the network. IPv6 is always there and free; the others add one for IPv4.
type Egress string

const (
	// EgressIPv6 is the egress-only internet gateway alone: AWS over IPv6, and S3 over its gateway endpoint.
	EgressIPv6 Egress = "ipv6"
	// EgressNATInstance adds IPv4 through one small instance, which is a single point of failure.
	EgressNATInstance Egress = "nat-instance"
	// EgressNATGateway adds IPv4 through one managed NAT gateway in the first zone.
	EgressNATGateway Egress = "nat-gateway"
)

// Egresses lists every way out of the network, the cheapest first.
func Egresses() []Egress { return []Egress{EgressIPv6, EgressNATInstance, EgressNATGateway} }

// IPv4 tells whether functions can reach IPv4 addresses outside the network.
func (e Egress) IPv4() bool { return e == EgressNATInstance || e == EgressNATGateway }

// Database sizes PostgreSQL on RDS.
type Database struct {
	// EngineVersion is the PostgreSQL version at creation; RDS applies later minor versions by itself.
	EngineVersion string
	// InstanceClass is the instance class without the "db." prefix, such as t4g.small.
	InstanceClass string
	// StorageGiB is the gp3 storage in GiB; gp3 for PostgreSQL starts at 20.
	StorageGiB int
	// MultiAZ keeps a standby in the second zone.
	MultiAZ bool
	// BackupDays is how far back point-in-time recovery reaches; 0 would switch it off and is refused.
	BackupDays int
	// DeletionProtection makes RDS refuse to delete the instance.
	DeletionProtection bool
	// Proxy puts RDS Proxy between the functions and the instance. Without it the functions connect directly
	// and Functions.ReservedConcurrency must bound the number of connections.
	Proxy bool
	// TLS makes every client verify the server's certificate. Only the local environment runs without.
	TLS bool
	// PoolSize is how many connections one function process may hold.
	PoolSize int
}

// Functions sizes the Lambda functions.
type Functions struct {
	// Platform is what the binaries are built for.
	Platform Platform
	// MemoryMiB is the memory of each function; Lambda gives CPU in proportion.
	MemoryMiB int
	// TimeoutSeconds ends a request's function; an HTTP API gives up after 30 seconds.
	TimeoutSeconds int
	// ReservedConcurrency bounds the api function's parallel processes; 0 leaves it to the account's limit.
	ReservedConcurrency int
	// ProvisionedConcurrency is how many processes of the api function's live alias wait, initialized, for requests;
	// 0 keeps none, and a first request waits for its process to start.
	ProvisionedConcurrency int
	// LogLevel is debug, info, warn or error.
	LogLevel string
}

// Platform is a Go operating system and architecture pair.
type Platform struct {
	OS           string
	Architecture string
}

// String is the name of the platform's folder of binaries, such as linux-arm64.
func (p Platform) String() string { return p.OS + "-" + p.Architecture }

// Deployment says how a new version of a function takes over the requests.
type Deployment struct {
	// Config is one of CodeDeploy's ready-made configurations for Lambda, without "CodeDeployDefault.Lambda".
	Config string
}

// AllAtOnce is the configuration in which the new version takes every request as soon as it passed its checks.
const AllAtOnce = "AllAtOnce"

// Gradual tells whether both versions serve for a while, so that alarms can still stop the new one.
func (d Deployment) Gradual() bool { return d.Config != AllAtOnce }

// API limits the HTTP API and names the identity provider.
type API struct {
	// RateLimit is the steady number of requests per second that the stage accepts.
	RateLimit int
	// BurstLimit is how many requests may arrive at once.
	BurstLimit int
	// GitHubURL is where people sign in, without a trailing slash.
	GitHubURL string
	// GitHubAPIURL is the base of GitHub's REST API, without a trailing slash.
	GitHubAPIURL string
}

// Site shapes the CloudFront distribution.
type Site struct {
	// PriceClass is 100 (North America, Europe), 200 (adds Asia with Japan, Middle East, Africa) or All.
	PriceClass string
	// Domain is the site's own name; without one it is served under the name that CloudFront gives it.
	Domain Domain
}

// Domain is a name of the customer's for the site. Its DNS is the customer's: the dashboard's stack prints the CNAME
// that leads to the distribution.
type Domain struct {
	// Name is the host name, such as dashboard.example.com; empty for none.
	Name string
	// CertificateARN names the certificate for it in AWS Certificate Manager. CloudFront takes those of us-east-1 only.
	CertificateARN string
}

// Logs bounds what CloudWatch Logs keeps.
type Logs struct {
	// RetentionDays is one of the periods that CloudWatch Logs offers.
	RetentionDays int
}

// Budget is the monthly limit whose crossing raises an alert; it never stops anything.
type Budget struct {
	MonthlyUSD int
}

// Alarms holds the thresholds of the alarms.
type Alarms struct {
	// ServerErrors is how many 5xx answers of the HTTP API within five minutes raise the alarm.
	ServerErrors int
	// CanaryErrors is how many failed invocations of a new version within a minute take the requests away from it.
	CanaryErrors int
	// CanaryServerErrors is how many 5xx answers of the HTTP API within a minute end the shift to a new version.
	CanaryServerErrors int
}

// IsLocal tells whether the environment runs on a developer's machine.
func (s Settings) IsLocal() bool { return s.Name == Local }

// StackName is the name of one of the environment's stacks, such as Miyabi-prod-Api.
func (s Settings) StackName(name string) string { return "Miyabi-" + s.Name + "-" + name }

// CostCenter is the value of the cost-center tag, by which the budget finds the environment's costs.
func (s Settings) CostCenter() string { return "miyabi-" + s.Name }

// ParameterPath is the Parameter Store path under which a phase publishes one of its ids.
func (s Settings) ParameterPath(phase, name string) string {
	return "/miyabi/" + s.Name + "/" + phase + "/" + name
}

// IdentitySecretName is the name of the secret with the JWT key and the GitHub OAuth pair.
func (s Settings) IdentitySecretName() string { return "/miyabi/" + s.Name + "/identity" }
