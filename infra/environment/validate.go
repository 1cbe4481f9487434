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

// s3PrefixLists are the ids of the prefix lists that AWS keeps of S3's IPv4 addresses, by region (EC2 console,
// "Managed prefix lists", com.amazonaws.<region>.s3). They are the same in every account.
var s3PrefixLists = map[string]string{
	"us-east-1":      "pl-63a5400a",
	"ap-northeast-1": "pl-61a54008",
}

// logRetentions are the periods, in days, that PutRetentionPolicy of CloudWatch Logs accepts.
var logRetentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// oldestMinor is the oldest minor version of PostgreSQL 15 that RDS still offers for new instances.
const oldestMinor = 15

// S3PrefixList is the id of the managed prefix list of S3 in the environment's region.
func (s Settings) S3PrefixList() string { return s3PrefixLists[s.Region] }

// Validate reports every setting that AWS would refuse or that would break the platform, in one error.
func (s Settings) Validate() error {
	return oneLine(
		s.validateGeneral(),
		s.Network.validate(),
		s.Database.validate(s.IsLocal()),
		s.Functions.validate(s.Database.Proxy),
		s.API.validate(),
		s.validateLimits(),
	)
}

func (s Settings) validateGeneral() []string {
	var problems problems
	problems.unless(slices.Contains(Names(), s.Name), "Name is %q: use one of %s", s.Name, strings.Join(Names(), ", "))
	problems.unless(s3PrefixLists[s.Region] != "", "Region is %q: use %s, or add the region's S3 prefix list to infra/environment", s.Region, strings.Join(regions(), " or "))
	problems.unless(s.Owner != "", "Owner is empty: name the team that answers for the environment")
	problems.unless(repositoryName.MatchString(s.Repository), "Repository is %q: write it as owner/name", s.Repository)
	return problems
}

func (s Settings) validateLimits() []string {
	var problems problems
	problems.unless(slices.Contains(logRetentions, s.Logs.RetentionDays), "Logs.RetentionDays is %d: CloudWatch Logs offers %v", s.Logs.RetentionDays, logRetentions)
	problems.unless(slices.Contains([]string{"100", "200", "All"}, s.Site.PriceClass), "Site.PriceClass is %q: use 100, 200 or All", s.Site.PriceClass)
	problems.unless(s.Budget.MonthlyUSD > 0, "Budget.MonthlyUSD is %d: it must be above 0", s.Budget.MonthlyUSD)
	problems.unless(s.Alarms.ServerErrors > 0, "Alarms.ServerErrors is %d: it must be above 0", s.Alarms.ServerErrors)
	return problems
}

func (n Network) validate() []string {
	var problems problems
	prefix, err := netip.ParsePrefix(n.CIDR)
	valid := err == nil && prefix.Addr().Is4() && prefix.Addr().IsPrivate() && prefix.Masked() == prefix && prefix.Bits() >= 16 && prefix.Bits() <= 22
	problems.unless(valid, "Network.CIDR is %q: use a private IPv4 network from /16 to /22, such as 10.20.0.0/16", n.CIDR)
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

func (f Functions) validate(proxy bool) []string {
	var problems problems
	problems.unless(slices.Contains([]string{"arm64", "amd64"}, f.Platform.Architecture), "Functions.Platform is %q: Lambda runs arm64 and amd64", f.Platform)
	problems.unless(f.Platform.OS != "", "Functions.Platform has no operating system: use linux")
	problems.unless(f.MemoryMiB >= 128 && f.MemoryMiB <= 10240, "Functions.MemoryMiB is %d: Lambda offers 128 to 10240", f.MemoryMiB)
	problems.unless(f.TimeoutSeconds >= 1 && f.TimeoutSeconds < 30, "Functions.TimeoutSeconds is %d: use 1 to 29, an HTTP API gives up after 30", f.TimeoutSeconds)
	problems.unless(f.ReservedConcurrency >= 0, "Functions.ReservedConcurrency is %d: use 0 for no reservation", f.ReservedConcurrency)
	problems.unless(proxy || f.ReservedConcurrency > 0, "Functions.ReservedConcurrency is 0: without Database.Proxy it must bound the connections")
	problems.unless(slices.Contains([]string{"debug", "info", "warn", "error"}, f.LogLevel), "Functions.LogLevel is %q: use debug, info, warn or error", f.LogLevel)
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

func regions() []string {
	names := make([]string, 0, len(s3PrefixLists))
	for name := range s3PrefixLists {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
