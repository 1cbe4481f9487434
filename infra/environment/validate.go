package environment

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// logRetentions are the periods, in days, that PutRetentionPolicy of CloudWatch Logs accepts.
var logRetentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// oldestMinor is the oldest minor version of PostgreSQL 15 that RDS still offers for new instances.
const oldestMinor = 15

// Validate reports every setting that AWS would refuse or that would break the platform, in one error.
func (s Settings) Validate() error {
	return oneLine(
		s.validateGeneral(),
		s.Network.validate(),
		s.Database.validate(s.IsLocal()),
		s.Functions.validate(),
		s.validateConnections(),
		s.Deployment.validate(),
		s.API.validate(),
		s.Site.validate(),
		s.validateLimits(),
		s.Retention.validate(),
		s.Usage.validate(),
	)
}

func (s Settings) validateGeneral() []string {
	var problems problems
	problems.unless(slices.Contains(Names(), s.Name) || IsTest(s.Name), "Name is %q: use one of %s", s.Name, choices())
	problems.unless(s.S3PrefixList() != "", "Region is %q: use %s, or add it to the table of infra/environment/region.go", s.Region, strings.Join(Regions(), " or "))
	problems.unless(s.Owner != "", "Owner is empty: name the team that answers for the environment")
	problems.unless(repositoryName.MatchString(s.Repository), "Repository is %q: write it as owner/name", s.Repository)
	return problems
}

func (s Settings) validateLimits() []string {
	var problems problems
	problems.unless(slices.Contains(logRetentions, s.Logs.RetentionDays), "Logs.RetentionDays is %d: CloudWatch Logs offers %v", s.Logs.RetentionDays, logRetentions)
	problems.unless(s.Budget.MonthlyUSD > 0, "Budget.MonthlyUSD is %d: it must be above 0", s.Budget.MonthlyUSD)
	problems.unless(s.Alarms.ServerErrors > 0, "Alarms.ServerErrors is %d: it must be above 0", s.Alarms.ServerErrors)
	problems.unless(s.Alarms.CanaryErrors > 0, "Alarms.CanaryErrors is %d: it must be above 0", s.Alarms.CanaryErrors)
	problems.unless(s.Alarms.CanaryServerErrors > 0, "Alarms.CanaryServerErrors is %d: it must be above 0", s.Alarms.CanaryServerErrors)
	problems.unless(!s.KeepData || !IsTest(s.Name), "KeepData is on: a test's environment must leave nothing behind")
	return problems
}

func (n Network) validate() []string {
	var problems problems
	prefix, err := netip.ParsePrefix(n.CIDR)
	valid := err == nil && prefix.Addr().Is4() && prefix.Addr().IsPrivate() && prefix.Masked() == prefix && prefix.Bits() >= 16 && prefix.Bits() <= 22
	problems.unless(valid, "Network.CIDR is %q: use a private IPv4 network from /16 to /22, such as 10.20.0.0/16", n.CIDR)
	problems.unless(slices.Contains(Egresses(), n.Egress), "Network.Egress is %q: use %s", n.Egress, oneOf(Egresses()))
	return problems
}

func (d Database) validate(isLocal bool) []string {
	var problems problems
	problems.unless(supportedVersion(d.EngineVersion), "Database.EngineVersion is %q: use 15.%d or a later 15", d.EngineVersion, oldestMinor)
	problems.unless(instanceClass.MatchString(d.InstanceClass), "Database.InstanceClass is %q: write it without \"db.\", such as t4g.small", d.InstanceClass)
	problems.unless(d.StorageGiB >= 20 && d.StorageGiB <= 65536, "Database.StorageGiB is %d: gp3 needs 20 to 65536", d.StorageGiB)
	problems.unless(d.BackupDays >= 1 && d.BackupDays <= 35, "Database.BackupDays is %d: point-in-time recovery needs 1 to 35", d.BackupDays)
	problems.unless(d.PoolSize >= 1 && d.PoolSize <= 20, "Database.PoolSize is %d: use 1 to 20", d.PoolSize)
	problems.unless(d.TLS || isLocal, "Database.TLS is off: only the local environment may connect without TLS")
	return problems
}

func (f Functions) validate() []string {
	var problems problems
	problems.unless(slices.Contains([]string{"arm64", "amd64"}, f.Platform.Architecture), "Functions.Platform is %q: Lambda runs arm64 and amd64", f.Platform)
	problems.unless(f.Platform.OS != "", "Functions.Platform has no operating system: use linux")
	problems.unless(f.MemoryMiB >= 128 && f.MemoryMiB <= 10240, "Functions.MemoryMiB is %d: Lambda offers 128 to 10240", f.MemoryMiB)
	problems.unless(f.TimeoutSeconds >= 1 && f.TimeoutSeconds < 30, "Functions.TimeoutSeconds is %d: use 1 to 29, an HTTP API gives up after 30", f.TimeoutSeconds)
	problems.unless(f.ReservedConcurrency >= 0, "Functions.ReservedConcurrency is %d: use 0 for no reservation", f.ReservedConcurrency)
	problems.unless(f.ProvisionedConcurrency >= 0, "Functions.ProvisionedConcurrency is %d: use 0 for none", f.ProvisionedConcurrency)
	problems.unless(f.ReservedConcurrency == 0 || f.ProvisionedConcurrency <= f.ReservedConcurrency,
		"Functions.ProvisionedConcurrency is %d: Lambda takes it out of Functions.ReservedConcurrency, %d", f.ProvisionedConcurrency, f.ReservedConcurrency)
	problems.unless(slices.Contains([]string{"debug", "info", "warn", "error"}, f.LogLevel), "Functions.LogLevel is %q: use debug, info, warn or error", f.LogLevel)
	return problems
}

// mostDirectConnections is what functions without a proxy may open together. RDS allows a PostgreSQL instance
// DBInstanceClassMemory/9531392 connections, of which the smallest class, with 1 GiB, has about 112; the rest is left to
// migrations, people and RDS itself.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html
const mostDirectConnections = 80

// validateConnections keeps functions that connect to the instance itself from taking all of its connections. During
// a deployment both versions share the reserved concurrency, so that the bound holds then too.
func (s Settings) validateConnections() []string {
	var problems problems
	if s.Database.Proxy {
		return nil
	}
	processes, connections := s.Functions.ReservedConcurrency, s.Functions.ReservedConcurrency*s.Database.PoolSize
	problems.unless(processes > 0, "Functions.ReservedConcurrency is 0: without Database.Proxy it must bound the connections")
	problems.unless(connections <= mostDirectConnections, "Database.PoolSize is %d: without Database.Proxy, %d processes would open %d connections; keep the product to %d",
		s.Database.PoolSize, processes, connections, mostDirectConnections)
	return problems
}

// deploymentConfigs are CodeDeploy's ready-made configurations for Lambda.
// https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
var deploymentConfigs = []string{
	AllAtOnce,
	"Canary10Percent5Minutes", "Canary10Percent10Minutes", "Canary10Percent15Minutes", "Canary10Percent30Minutes",
	"Linear10PercentEvery1Minute", "Linear10PercentEvery2Minutes", "Linear10PercentEvery3Minutes", "Linear10PercentEvery10Minutes",
}

func (d Deployment) validate() []string {
	var problems problems
	problems.unless(slices.Contains(deploymentConfigs, d.Config), "Deployment.Config is %q: use %s", d.Config, oneOf(deploymentConfigs))
	return problems
}

func (s Site) validate() []string {
	var problems problems
	problems.unless(slices.Contains([]string{"100", "200", "All"}, s.PriceClass), "Site.PriceClass is %q: use 100, 200 or All", s.PriceClass)
	name, certificate := s.Domain.Name, s.Domain.CertificateARN
	problems.unless(name == "" || (len(name) <= 253 && hostName.MatchString(name)), "Site.Domain.Name is %q: write a host name in lower case, such as dashboard.example.com", name)
	problems.unless(certificate == "" || certificateARN.MatchString(certificate),
		"Site.Domain.CertificateARN is %q: use the ARN of a certificate in us-east-1, the only region that CloudFront takes one from", certificate)
	problems.unless((name == "") == (certificate == ""), "Site.Domain has only one of Name and CertificateARN: give both or neither")
	return problems
}

func (a API) validate() []string {
	var problems problems
	problems.unless(a.RateLimit > 0, "API.RateLimit is %d: it must be above 0", a.RateLimit)
	problems.unless(a.BurstLimit >= a.RateLimit, "API.BurstLimit is %d: it must be at least API.RateLimit, %d", a.BurstLimit, a.RateLimit)
	problems.unless(isBaseURL(a.GitHubURL), "API.GitHubURL is %q: write an http(s) URL without a trailing slash", a.GitHubURL)
	problems.unless(isBaseURL(a.GitHubAPIURL), "API.GitHubAPIURL is %q: write an http(s) URL without a trailing slash", a.GitHubAPIURL)
	return problems
}

var (
	repositoryName = regexp.MustCompile(`^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$`)
	instanceClass  = regexp.MustCompile(`^[a-z][a-z0-9]*\.[a-z0-9]+$`)
	hostName       = regexp.MustCompile(`^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$`)
	certificateARN = regexp.MustCompile(`^arn:aws:acm:us-east-1:\d{12}:certificate/[0-9a-f-]{36}$`)
)

// problems collects sentences about settings.
type problems []string

func (p *problems) unless(holds bool, format string, values ...any) {
	if !holds {
		*p = append(*p, fmt.Sprintf(format, values...))
	}
}

// oneLine joins all sentences into one error without a line break; nil when there are none.
func oneLine(lists ...[]string) error {
	all := slices.Concat(lists...)
	if len(all) == 0 {
		return nil
	}
	return errors.New(strings.Join(all, "; "))
}

func supportedVersion(version string) bool {
	minor, found := strings.CutPrefix(version, "15.")
	number, err := strconv.Atoi(minor)
	return found && err == nil && number >= oldestMinor
}

func isBaseURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && !strings.HasSuffix(text, "/") && u.RawQuery == "" && u.Fragment == ""
}

// oneOf lists what is allowed, for an error.
func oneOf[T ~string](values []T) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = string(value)
	}
	return strings.Join(texts, ", ")
}
