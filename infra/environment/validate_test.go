package environment_test

import (
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/environment"
)

const certificate = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"

func TestValidateSaysWhichSettingIsWrong(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*environment.Settings){
		"Name":                          func(s *environment.Settings) { s.Name = "test" },
		"Region":                        func(s *environment.Settings) { s.Region = "eu-moon-1" },
		"Owner":                         func(s *environment.Settings) { s.Owner = "" },
		"Repository":                    func(s *environment.Settings) { s.Repository = "platform" },
		"Network.CIDR":                  func(s *environment.Settings) { s.Network.CIDR = "10.20.0.1/16" },
		"Database.EngineVersion":        func(s *environment.Settings) { s.Database.EngineVersion = "15.14" },
		"Database.InstanceClass":        func(s *environment.Settings) { s.Database.InstanceClass = "db.t4g.small" },
		"Database.StorageGiB":           func(s *environment.Settings) { s.Database.StorageGiB = 19 },
		"Database.BackupDays":           func(s *environment.Settings) { s.Database.BackupDays = 0 },
		"Database.PoolSize":             func(s *environment.Settings) { s.Database.PoolSize = 0 },
		"Database.TLS":                  func(s *environment.Settings) { s.Database.TLS = false },
		"Functions.Platform":            func(s *environment.Settings) { s.Functions.Platform.Architecture = "386" },
		"Functions.MemoryMiB":           func(s *environment.Settings) { s.Functions.MemoryMiB = 64 },
		"Functions.TimeoutSeconds":      func(s *environment.Settings) { s.Functions.TimeoutSeconds = 30 },
		"Functions.ReservedConcurrency": func(s *environment.Settings) { s.Database.Proxy = false },
		"Functions.ProvisionedConcurrency": func(s *environment.Settings) {
			s.Functions.ReservedConcurrency, s.Functions.ProvisionedConcurrency = 2, 3
		},
		"Deployment.Config": func(s *environment.Settings) { s.Deployment.Config = "Canary" },
		"Network.Egress":    func(s *environment.Settings) { s.Network.Egress = "vpn" },
		"Site.Domain.Name": func(s *environment.Settings) {
			s.Site.Domain = environment.Domain{Name: "https://x", CertificateARN: certificate}
		},
		"Site.Domain":         func(s *environment.Settings) { s.Site.Domain.Name = "dashboard.example.com" },
		"Alarms.CanaryErrors": func(s *environment.Settings) { s.Alarms.CanaryErrors = 0 },
		"Site.Domain.CertificateARN": func(s *environment.Settings) {
			s.Site.Domain = environment.Domain{Name: "dashboard.example.com", CertificateARN: strings.Replace(certificate, "us-east-1", "ap-northeast-1", 1)}
		},
		"Alarms.CanaryServerErrors":    func(s *environment.Settings) { s.Alarms.CanaryServerErrors = 0 },
		"KeepData":                     func(s *environment.Settings) { s.Name, s.KeepData = "test-a", true },
		"Functions.LogLevel":           func(s *environment.Settings) { s.Functions.LogLevel = "verbose" },
		"API.RateLimit":                func(s *environment.Settings) { s.API.RateLimit = 0 },
		"API.BurstLimit":               func(s *environment.Settings) { s.API.BurstLimit = 1 },
		"API.GitHubURL":                func(s *environment.Settings) { s.API.GitHubURL = "https://github.com/" },
		"API.GitHubAPIURL":             func(s *environment.Settings) { s.API.GitHubAPIURL = "api.github.com" },
		"Site.PriceClass":              func(s *environment.Settings) { s.Site.PriceClass = "300" },
		"Logs.RetentionDays":           func(s *environment.Settings) { s.Logs.RetentionDays = 8 },
		"Retention.LogDays":            func(s *environment.Settings) { s.Retention.LogDays = 0 },
		"Retention.ActivityDays":       func(s *environment.Settings) { s.Retention.ActivityDays = 3651 },
		"Retention.SessionDays":        func(s *environment.Settings) { s.Retention.SessionDays = -1 },
		"Retention.IdempotencyKeyDays": func(s *environment.Settings) { s.Retention.IdempotencyKeyDays = -1 },
		"Retention.InvitationDays":     func(s *environment.Settings) { s.Retention.InvitationDays = -1 },
		"Budget.MonthlyUSD":            func(s *environment.Settings) { s.Budget.MonthlyUSD = 0 },
		"Alarms.ServerErrors":          func(s *environment.Settings) { s.Alarms.ServerErrors = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := load(t, environment.Dev)
			spoil(&settings)
			err := settings.Validate()
			if err == nil || !strings.HasPrefix(err.Error(), name+" ") {
				t.Fatalf("Validate = %v, want an error about %s", err, name)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has more than one line: %v", err)
			}
		})
	}
}

func TestValidateReportsAllMistakesInOneLine(t *testing.T) {
	t.Parallel()
	settings := load(t, environment.Dev)
	settings.Owner, settings.Database.StorageGiB = "", 0
	err := settings.Validate()
	if err == nil || !strings.Contains(err.Error(), "Owner") || !strings.Contains(err.Error(), "; Database.StorageGiB") {
		t.Errorf("Validate = %v", err)
	}
}

func TestAnEnvironmentWithoutProxyNeedsABoundOnItsConnections(t *testing.T) {
	t.Parallel()
	settings := load(t, environment.Dev)
	settings.Database.Proxy, settings.Functions.ReservedConcurrency = false, 20
	if err := settings.Validate(); err != nil {
		t.Error(err)
	}
}

func TestWithoutProxyThePoolsMustFitIntoTheSmallestInstance(t *testing.T) {
	t.Parallel()
	settings := load(t, environment.Dev)
	settings.Database.Proxy, settings.Functions.ReservedConcurrency, settings.Database.PoolSize = false, 41, 2
	if err := settings.Validate(); err == nil || !strings.Contains(err.Error(), "would open 82 connections") {
		t.Errorf("Validate = %v", err)
	}
}
