// Package runtime is what every function needs before it can serve: its settings from the environment and its log.
package runtime

import (
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// Local is the environment that runs on one machine, without TLS to its database.
const Local = "local"

// maxDays bounds the days of a retention.
const maxDays = 3650

// TLS says how a connection to the database is secured.
type TLS string

const (
	// TLSProxy expects a certificate of RDS Proxy, which Amazon's public roots sign.
	TLSProxy TLS = "proxy"
	// TLSInstance expects a certificate of a DB instance, which the roots of RDS sign.
	TLSInstance TLS = "instance"
	// TLSDisable sends everything in clear; only the environment local accepts it.
	TLSDisable TLS = "disable"
)

// Mode says how queries are sent.
type Mode string

const (
	// ModeExec sends each query unprepared, which RDS Proxy can multiplex.
	ModeExec Mode = "exec"
	// ModeCacheStatement prepares each query once for a connection.
	ModeCacheStatement Mode = "cache_statement"
)

// Function holds the settings of every function.
type Function struct {
	// Environment is local, dev, staging, prod or test-<suffix>.
	Environment string
	LogLevel    slog.Level
	// Region is the AWS region that the function runs in.
	Region string
	// Endpoint replaces the addresses of all AWS services when it is set.
	Endpoint string
}

// Database holds where the database is and how to talk to it.
type Database struct {
	Host string
	Port uint16
	Name string
	TLS  TLS
}

// Client holds where the database is and how a function that serves data signs in there.
type Client struct {
	Database Database
	// DatabaseUser signs in with IAM tokens.
	DatabaseUser string
	DatabaseMode Mode
	// PoolSize is how many connections one process opens at most.
	PoolSize int32
}

// API holds the settings of the function api.
type API struct {
	Function
	Client
	// IdentitySecret is the ARN of the secret with the keys of the tokens.
	IdentitySecret string
}

// Auth holds the settings of the function auth.
type Auth struct {
	Function
	// SessionFunction is the ARN of the alias session of the function api.
	SessionFunction string
	IdentitySecret  string
	GitHubURL       *url.URL
	GitHubAPIURL    *url.URL
}

// Migrate holds the settings of the function migrate.
type Migrate struct {
	Function
	Database Database
	// MasterSecret is the ARN of the secret that RDS keeps for the master user.
	MasterSecret string
	// AppUser is the role that the functions sign in with.
	AppUser string
}

// Sweep holds the settings of the function sweep.
type Sweep struct {
	Function
	Client
	// Days is how long what passes is kept.
	Days map[society.Passing]int
}

// Hook holds the settings of the function hook.
type Hook struct {
	Function
	// APIVersion and AuthVersion are the ARNs of the versions that a deployment is about to give the requests to.
	APIVersion, AuthVersion string
}

// ReadAPI reads the settings of api. The error names every variable that is wrong.
func ReadAPI(getenv func(string) string) (API, error) {
	r := reader{getenv: getenv}
	s := API{Function: r.function(), IdentitySecret: r.required("IDENTITY_SECRET_ARN")}
	s.Client = r.client(s.Environment)
	return s, r.err()
}

// ReadSweep reads the settings of sweep. The error names every variable that is wrong.
func ReadSweep(getenv func(string) string) (Sweep, error) {
	r := reader{getenv: getenv}
	s := Sweep{Function: r.function(), Days: map[society.Passing]int{
		society.PassingLogs:            r.number("RETENTION_LOG_DAYS", 1, maxDays),
		society.PassingActivity:        r.number("RETENTION_ACTIVITY_DAYS", 1, maxDays),
		society.PassingSessions:        r.number("RETENTION_SESSION_DAYS", 0, maxDays),
		society.PassingIdempotencyKeys: r.number("RETENTION_IDEMPOTENCY_KEY_DAYS", 0, maxDays),
		society.PassingInvitations:     r.number("RETENTION_INVITATION_DAYS", 0, maxDays),
	}}
	s.Client = r.client(s.Environment)
	return s, r.err()
}

// ReadAuth reads the settings of auth. The error names every variable that is wrong.
func ReadAuth(getenv func(string) string) (Auth, error) {
	r := reader{getenv: getenv}
	s := Auth{
		Function: r.function(), SessionFunction: r.required("SESSION_FUNCTION"), IdentitySecret: r.required("IDENTITY_SECRET_ARN"),
		GitHubURL: r.address("GITHUB_URL"), GitHubAPIURL: r.address("GITHUB_API_URL"),
	}
	return s, r.err()
}

// ReadMigrate reads the settings of migrate. The error names every variable that is wrong.
func ReadMigrate(getenv func(string) string) (Migrate, error) {
	r := reader{getenv: getenv}
	s := Migrate{
		Function: r.function(), Database: r.database(TLSInstance, TLSDisable),
		MasterSecret: r.required("DATABASE_SECRET_ARN"), AppUser: r.required("DATABASE_APP_USER"),
	}
	r.localOnly(s.Environment, s.Database.TLS)
	return s, r.err()
}

// ReadHook reads the settings of hook. The error names every variable that is wrong.
func ReadHook(getenv func(string) string) (Hook, error) {
	r := reader{getenv: getenv}
	s := Hook{Function: r.function(), APIVersion: r.required("API_VERSION_ARN"), AuthVersion: r.required("AUTH_VERSION_ARN")}
	return s, r.err()
}

// reader reads variables and collects what is wrong with them.
type reader struct {
	getenv func(string) string
	wrong  []string
}

func (r *reader) err() error {
	if len(r.wrong) == 0 {
		return nil
	}
	return fmt.Errorf("environment variables: %s", strings.Join(r.wrong, "; "))
}

func (r *reader) refuse(format string, args ...any) {
	r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
}

func (r *reader) required(name string) string {
	v := r.getenv(name)
	if v == "" {
		r.refuse("%s is missing", name)
	}
	return v
}

func (r *reader) oneOf(name string, allowed ...string) string {
	v := r.required(name)
	if v != "" && !slices.Contains(allowed, v) {
		r.refuse("%s is %q, not one of %s", name, v, strings.Join(allowed, ", "))
	}
	return v
}

func (r *reader) number(name string, lowest, highest int) int {
	v := r.required(name)
	if v == "" {
		return 0
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < lowest || n > highest {
		r.refuse("%s is %q, not a number from %d to %d", name, v, lowest, highest)
		return 0
	}
	return n
}

func (r *reader) address(name string) *url.URL {
	v := r.required(name)
	u, err := url.Parse(v)
	if v != "" && (err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "") {
		r.refuse("%s is %q, not a URL such as https://github.com", name, v)
	}
	return u
}

func (r *reader) function() Function {
	return Function{
		Environment: r.environment(), LogLevel: r.level(),
		Region: r.required("AWS_REGION"), Endpoint: r.getenv("AWS_ENDPOINT_URL"),
	}
}

// testEnvironment is the name of an environment that a test makes for itself.
var testEnvironment = regexp.MustCompile(`^test-[a-z0-9]{1,10}$`)

func (r *reader) environment() string {
	const name = "MIYABI_ENVIRONMENT"
	if v := r.getenv(name); testEnvironment.MatchString(v) {
		return v
	}
	return r.oneOf(name, Local, "dev", "staging", "prod")
}

func (r *reader) level() slog.Level {
	levels := map[string]slog.Level{"": slog.LevelInfo, "debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	v := r.getenv("LOG_LEVEL")
	level, ok := levels[v]
	if !ok {
		r.refuse("LOG_LEVEL is %q, not one of debug, info, warn, error", v)
	}
	return level
}

func (r *reader) client(environment string) Client {
	c := Client{
		Database: r.database(TLSProxy, TLSInstance, TLSDisable), DatabaseUser: r.required("DATABASE_USER"),
		DatabaseMode: Mode(r.oneOf("DATABASE_MODE", string(ModeExec), string(ModeCacheStatement))),
		PoolSize:     int32(r.number("DATABASE_POOL_SIZE", 1, 100)), //nolint:gosec // at most 100
	}
	r.oneOf("DATABASE_AUTH", "iam")
	r.localOnly(environment, c.Database.TLS)
	return c
}

func (r *reader) database(modes ...TLS) Database {
	allowed := make([]string, len(modes))
	for i, m := range modes {
		allowed[i] = string(m)
	}
	return Database{
		Host: r.required("DATABASE_HOST"), Name: r.required("DATABASE_NAME"), TLS: TLS(r.oneOf("DATABASE_TLS", allowed...)),
		Port: uint16(r.number("DATABASE_PORT", 1, 65535)), //nolint:gosec // at most 65535
	}
}

func (r *reader) localOnly(environment string, t TLS) {
	if t == TLSDisable && environment != Local {
		r.refuse("DATABASE_TLS is disable, which only MIYABI_ENVIRONMENT local may have")
	}
}
