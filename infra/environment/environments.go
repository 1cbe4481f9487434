package environment

import (
	"fmt"
	"regexp"
	"strings"
)

// The environments. Local runs on a developer's machine, the others on AWS.
const (
	Local   = "local"
	Dev     = "dev"
	Staging = "staging"
	Prod    = "prod"
)

// TestPrefix begins the name of a short-lived environment that tests make, such as test-ci42. It has dev's settings.
const TestPrefix = "test-"

var testName = regexp.MustCompile(`^` + TestPrefix + `[a-z0-9]{1,10}$`)

// Names lists the environments in the order of a release's way through them.
func Names() []string { return []string{Local, Dev, Staging, Prod} }

// choices is what an error says about the names that there are.
func choices() string {
	return strings.Join(Names(), ", ") + " or " + TestPrefix + "<suffix> (1 to 10 of a-z and 0-9)"
}

// IsTest tells whether a name is that of a test's own environment.
func IsTest(name string) bool { return testName.MatchString(name) }

// Deployed lists the environments that live in AWS and therefore have a deploy role.
func Deployed() []string { return []string{Dev, Staging, Prod} }

// Load returns the validated settings of the named environment. The host's platform is what the local
// environment's functions are built for; the others always run on Linux and arm64.
func Load(name string, host Platform) (Settings, error) {
	var s Settings
	switch {
	case name == Local:
		s = local(host)
	case name == Dev:
		s = dev()
	case name == Staging:
		s = staging()
	case name == Prod:
		s = prod()
	case IsTest(name):
		s = dev()
		s.Name = name
	case name == "":
		return Settings{}, fmt.Errorf("no environment chosen: set ENV or pass -c env=… with one of %s", choices())
	default:
		return Settings{}, fmt.Errorf("unknown environment %q: use one of %s", name, choices())
	}
	if err := s.Validate(); err != nil {
		return Settings{}, fmt.Errorf("settings of environment %s: %w", name, err)
	}
	return s, nil
}

// dev is the smallest environment on AWS; it has the same parts as prod so that a deployment to it proves them.
func dev() Settings {
	return Settings{
		Name:       Dev,
		Region:     "us-east-1",
		Owner:      "platform",
		Repository: "miyabi-society/platform",
		Network:    Network{CIDR: "10.20.0.0/16", Egress: EgressIPv6},
		Database: Database{
			EngineVersion: "15.17",
			InstanceClass: "t4g.small",
			StorageGiB:    20,
			BackupDays:    1,
			Proxy:         true,
			TLS:           true,
			PoolSize:      2,
		},
		Functions: Functions{
			Platform:       Platform{OS: "linux", Architecture: "arm64"},
			MemoryMiB:      256,
			TimeoutSeconds: 15,
			LogLevel:       "info",
		},
		Deployment: Deployment{Config: AllAtOnce},
		API: API{
			RateLimit:    50,
			BurstLimit:   100,
			GitHubURL:    "https://github.com",
			GitHubAPIURL: "https://api.github.com",
		},
		Site: Site{PriceClass: "200"},
		Logs: Logs{RetentionDays: 7},
		Retention: Retention{
			LogDays: 30, ActivityDays: 90, SessionDays: 7, IdempotencyKeyDays: 1, InvitationDays: 90,
		},
		Budget: Budget{MonthlyUSD: 52},
		Alarms: Alarms{ServerErrors: 5, CanaryErrors: 1, CanaryServerErrors: 3},
		Usage:  devUsage(),
	}
}

// local is dev with the few differences that a developer's machine asks for. The GitHub addresses are those of
// a stand-in; the local cloud puts in the port that it got.
func local(host Platform) Settings {
	s := dev()
	s.Name = Local
	s.Functions.Platform = host
	s.Database.TLS = false
	s.API.GitHubURL = "http://localhost:8080/_local/github"
	s.API.GitHubAPIURL = "http://localhost:8080/_local/github/api/v3"
	return s
}

// staging rehearses prod: the same way of deploying, with less at stake.
func staging() Settings {
	s := dev()
	s.Name = Staging
	s.Network.CIDR = "10.30.0.0/16"
	s.Database.BackupDays = 3
	s.Deployment.Config = "Canary10Percent5Minutes"
	s.Logs.RetentionDays = 14
	return s
}

func prod() Settings {
	s := dev()
	s.Name = Prod
	s.Network.CIDR = "10.40.0.0/16"
	s.Database.BackupDays = 14
	s.Database.DeletionProtection = true
	s.Deployment.Config = "Canary10Percent5Minutes"
	s.API.RateLimit = 200
	s.API.BurstLimit = 400
	s.Logs.RetentionDays = 30
	s.KeepData = true
	s.Usage = prodUsage()
	return s
}
