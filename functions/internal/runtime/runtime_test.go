package runtime

import (
	"bytes"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/functions/internal/society"
)

func apiVariables() map[string]string {
	return map[string]string{
		"MIYABI_ENVIRONMENT": "prod", "AWS_REGION": "us-east-1", "LOG_LEVEL": "warn", "DATABASE_HOST": "db", "DATABASE_PORT": "5432",
		"DATABASE_NAME": "miyabi", "DATABASE_USER": "miyabi_app", "DATABASE_TLS": "proxy", "DATABASE_AUTH": "iam", "DATABASE_MODE": "exec",
		"DATABASE_POOL_SIZE": "2", "IDENTITY_SECRET_ARN": "arn",
	}
}

func lookup(m map[string]string) func(string) string {
	return func(name string) string { return m[name] }
}

func TestSettingsOfAPI(t *testing.T) {
	t.Parallel()
	got, err := ReadAPI(lookup(apiVariables()))
	want := API{
		Function: Function{Environment: "prod", LogLevel: slog.LevelWarn, Region: "us-east-1"},
		Client: Client{
			Database: Database{Host: "db", Port: 5432, Name: "miyabi", TLS: TLSProxy}, DatabaseUser: "miyabi_app", DatabaseMode: ModeExec, PoolSize: 2,
		},
		IdentitySecret: "arn",
	}
	if err != nil || got != want {
		t.Errorf("got %+v (%v)", got, err)
	}
}

func TestAWrongVariableIsNamed(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"MIYABI_ENVIRONMENT": "test-", "LOG_LEVEL": "loud", "DATABASE_PORT": "0", "DATABASE_TLS": "maybe", "DATABASE_AUTH": "password",
		"DATABASE_MODE": "simple", "DATABASE_POOL_SIZE": "many", "IDENTITY_SECRET_ARN": "", "DATABASE_HOST": "", "AWS_REGION": "",
	} {
		variables := maps.Clone(apiVariables())
		variables[name] = value
		if _, err := ReadAPI(lookup(variables)); err == nil || !strings.Contains(err.Error(), name) || strings.Count(err.Error(), ";") != 0 {
			t.Errorf("%s=%q: error is %v", name, value, err)
		}
	}
	if _, err := ReadAPI(lookup(nil)); err == nil || strings.Count(err.Error(), "is missing") != 11 {
		t.Errorf("with nothing set the error is %v", err)
	}
}

func TestATestMayHaveAnEnvironmentOfItsOwn(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{"test-a": true, "test-0123456789": true, "test-": false, "test-01234567890": false, "test-A": false, "my-test-a": false} {
		variables := apiVariables()
		variables["MIYABI_ENVIRONMENT"] = name
		if got, err := ReadAPI(lookup(variables)); (err == nil) != good || (good && got.Environment != name) {
			t.Errorf("%q: %q, error %v", name, got.Environment, err)
		}
	}
}

func TestATestEnvironmentHasItsName(t *testing.T) {
	t.Parallel()
	variables := apiVariables()
	variables["MIYABI_ENVIRONMENT"] = "test-a1"
	if s, err := ReadAPI(lookup(variables)); err != nil || s.Environment != "test-a1" {
		t.Errorf("environment %q (%v)", s.Environment, err)
	}
}

func TestSettingsOfSweep(t *testing.T) {
	t.Parallel()
	variables := apiVariables()
	maps.Copy(variables, map[string]string{
		"RETENTION_LOG_DAYS": "30", "RETENTION_ACTIVITY_DAYS": "90", "RETENTION_SESSION_DAYS": "0", "RETENTION_IDEMPOTENCY_KEY_DAYS": "1",
		"RETENTION_INVITATION_DAYS": "365",
	})
	s, err := ReadSweep(lookup(variables))
	want := map[society.Passing]int{
		society.PassingLogs: 30, society.PassingActivity: 90, society.PassingSessions: 0, society.PassingIdempotencyKeys: 1, society.PassingInvitations: 365,
	}
	if err != nil || !maps.Equal(s.Days, want) || s.DatabaseUser != "miyabi_app" || s.PoolSize != 2 {
		t.Errorf("sweep is %+v (%v)", s, err)
	}
	for name, value := range map[string]string{
		"RETENTION_LOG_DAYS": "0", "RETENTION_ACTIVITY_DAYS": "", "RETENTION_SESSION_DAYS": "-1", "RETENTION_IDEMPOTENCY_KEY_DAYS": "3651",
		"RETENTION_INVITATION_DAYS": "ever",
	} {
		wrong := maps.Clone(variables)
		wrong[name] = value
		if _, err := ReadSweep(lookup(wrong)); err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), ";") {
			t.Errorf("%s=%q: error is %v", name, value, err)
		}
	}
}

func TestOnlyLocalGoesWithoutTLS(t *testing.T) {
	t.Parallel()
	variables := apiVariables()
	variables["DATABASE_TLS"] = "disable"
	if _, err := ReadAPI(lookup(variables)); err == nil || !strings.Contains(err.Error(), "DATABASE_TLS") {
		t.Errorf("error is %v", err)
	}
	variables["MIYABI_ENVIRONMENT"] = Local
	if _, err := ReadAPI(lookup(variables)); err != nil {
		t.Error(err)
	}
}

func TestSettingsOfAuthAndMigrate(t *testing.T) {
	t.Parallel()
	variables := apiVariables()
	maps.Copy(variables, map[string]string{
		"SESSION_FUNCTION": "arn:session", "GITHUB_URL": "https://github.com", "GITHUB_API_URL": "https://api.github.com",
		"DATABASE_TLS": "instance", "DATABASE_SECRET_ARN": "arn:master", "DATABASE_APP_USER": "miyabi_app", "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
	})
	a, err := ReadAuth(lookup(variables))
	if err != nil || a.GitHubAPIURL.Host != "api.github.com" || a.SessionFunction != "arn:session" || a.Endpoint == "" {
		t.Errorf("auth is %+v (%v)", a, err)
	}
	m, err := ReadMigrate(lookup(variables))
	if err != nil || m.MasterSecret != "arn:master" || m.Database.TLS != TLSInstance {
		t.Errorf("migrate is %+v (%v)", m, err)
	}
	variables["GITHUB_URL"], variables["DATABASE_TLS"] = "github.com", "proxy"
	if _, err := ReadAuth(lookup(variables)); err == nil || !strings.Contains(err.Error(), "GITHUB_URL") {
		t.Errorf("error is %v", err)
	}
	if _, err := ReadMigrate(lookup(variables)); err == nil || !strings.Contains(err.Error(), "DATABASE_TLS") {
		t.Errorf("migrate never goes through the proxy, error is %v", err)
	}
}

func TestEveryLineOfARequestSaysWhoseItIs(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := NewLogger(&out, Function{Environment: "dev", LogLevel: slog.LevelInfo})
	ctx := WithRequest(t.Context(), "r-1")
	Annotate(ctx, slog.String("user_id", "u-1"))
	log.With("a", 1).WithGroup("g").InfoContext(ctx, "x")
	log.DebugContext(ctx, "unseen")
	log.Info("outside")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], `"request_id":"r-1","user_id":"u-1"`) || strings.Contains(lines[1], "request_id") {
		t.Errorf("the log is %s", out.String())
	}
	Annotate(t.Context(), slog.String("user_id", "nobody"))
	if RequestID(t.Context()) != "" {
		t.Error("there is a request id outside of a request")
	}
}
