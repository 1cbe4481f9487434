package environment

import (
	"fmt"
	"strings"
)

// The environments. Local runs on a developer's machine, the others on AWS.
const (
	Local   = "local"
	Dev     = "dev"
	Staging = "staging"
	Prod    = "prod"
)

// Names lists the environments in the order of a release's way through them.
func Names() []string { return []string{Local, Dev, Staging, Prod} }

// Deployed lists the environments that live in AWS and therefore have a deploy role.
func Deployed() []string { return []string{Dev, Staging, Prod} }

// Load returns the validated settings of the named environment. The host's platform is what the local
// environment's functions are built for; the others always run on Linux and arm64.
func Load(name string, host Platform) (Settings, error) {
	var s Settings
	switch name {
	case Local:
		s = local(host)
	case Dev:
		s = dev()
	case Staging:
		s = staging()
	case Prod:
		s = prod()
	case "":
		return Settings{}, fmt.Errorf("no environment chosen: set ENV or pass -c env=… with one of %s", strings.Join(Names(), ", "))
	default:
		return Settings{}, fmt.Errorf("unknown environment %q: use one of %s", name, strings.Join(Names(), ", "))
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
		Network:    Network{CIDR: "10.20.0.0/16"},
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
		API: API{
			RateLimit:    50,
			BurstLimit:   100,
			GitHubURL:    "https://github.com",
			GitHubAPIURL: "https://api.github.com",
		},
		Site:   Site{PriceClass: "200"},
		Logs:   Logs{RetentionDays: 7},
		Budget: Budget{MonthlyUSD: 52},
		Alarms: Alarms{ServerErrors: 5},
	}
}

// local is dev with the few differences that a developer's machine asks for. The GitHub addresses are those of
// a stand-in; the local cloud replaces them by the port that the stand-in got.
func local(host Platform) Settings {
	s := dev()
	s.Name = Local
	s.Functions.Platform = host
	s.Database.TLS = false
	s.API.GitHubURL = "http://localhost:8090"
	s.API.GitHubAPIURL = "http://localhost:8090/api/v3"
	return s
}

func staging() Settings {
	s := dev()
	s.Name = Staging
	s.Network.CIDR = "10.30.0.0/16"
	s.Database.BackupDays = 3
	s.Logs.RetentionDays = 14
	return s
}

func prod() Settings {
	s := dev()
	s.Name = Prod
	s.Network.CIDR = "10.40.0.0/16"
	s.Database.BackupDays = 14
	s.Database.DeletionProtection = true
	s.API.RateLimit = 200
	s.API.BurstLimit = 400
	s.Logs.RetentionDays = 30
	s.KeepData = true
	return s
}
