package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/miyabi-society/platform/functions/internal/gateway"
	"github.com/miyabi-society/platform/functions/internal/httpapi"
	"github.com/miyabi-society/platform/functions/internal/identity"
	"github.com/miyabi-society/platform/functions/internal/runtime"
	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient/lifecycle"
	"github.com/miyabi-society/platform/functions/internal/signin"
	"github.com/miyabi-society/platform/functions/internal/society"
)

const (
	apiVersion  = "arn:aws:lambda:us-east-1:000000000000:function:Miyabi-dev-api:7"
	authVersion = "arn:aws:lambda:us-east-1:000000000000:function:Miyabi-dev-auth:3"
)

var event = lifecycle.Hook{Deployment: "d-1", Execution: "e-1"}

// sessions plays the session alias in front of a database that knows nobody.
type sessions struct {
	society.Sessions
	err error
}

func (s *sessions) Rotate(context.Context, society.TokenHash, society.TokenHash) (society.SignedIn, error) {
	return society.SignedIn{}, s.err
}

// application is the real code of api and auth, as far as the smoke set reaches it.
type application struct {
	api, auth http.Handler
	sessions  *sessions
	secret    string
}

func newApplication(t *testing.T) *application {
	t.Helper()
	a := &application{sessions: &sessions{err: society.ErrUnauthenticated}, secret: `{"jwt_key":"` + strings.Repeat("k", 64) + `"}`}
	log := runtime.NewLogger(io.Discard, runtime.Function{})
	source := identity.NewSecretSource(func(context.Context) (string, error) { return a.secret, nil })
	tokens := identity.NewAccessTokens(source, "dev")
	var err error
	if a.api, err = httpapi.New(httpapi.Services{Tokens: tokens, Environment: "dev", Log: log}); err != nil {
		t.Fatal(err)
	}
	github := &url.URL{Scheme: "https", Host: "github.com"}
	a.auth = signin.New(signin.Services{
		Sessions: a.sessions, Secrets: source, Tokens: tokens, GitHubURL: github, GitHubAPIURL: github, Client: http.DefaultClient, Log: log,
	})
	return a
}

// functions are the versions as Lambda runs them.
func (a *application) functions() map[string]lambda.Handler {
	log := runtime.NewLogger(io.Discard, runtime.Function{})
	return map[string]lambda.Handler{apiVersion: gateway.New(a.api, log), authVersion: gateway.New(a.auth, log)}
}

// instead puts an answer in the place of what a handler says at a path.
func instead(handler *http.Handler, path string, answer http.HandlerFunc) {
	was := *handler
	*handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == path {
			answer(w, r)
			return
		}
		was.ServeHTTP(w, r)
	})
}

// cloud plays the two services that the hook calls, over HTTP.
type cloud struct {
	functions map[string]lambda.Handler
	// invoked and reported replace the answers of Lambda and of CodeDeploy.
	invoked, reported http.HandlerFunc

	mu       sync.Mutex
	unsigned []string
	reports  []map[string]string
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	service := "lambda"
	if r.Header.Get("X-Amz-Target") != "" {
		service = "codedeploy"
	}
	if !strings.Contains(r.Header.Get("Authorization"), "/us-east-1/"+service+"/aws4_request") {
		c.mu.Lock()
		c.unsigned = append(c.unsigned, r.URL.Path)
		c.mu.Unlock()
	}
	if service == "codedeploy" {
		c.hear(w, r)
		return
	}
	if c.invoked != nil {
		c.invoked(w, r)
		return
	}
	c.invoke(w, r)
}

// invoke is Lambda's action of the same name.
// Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (c *cloud) invoke(w http.ResponseWriter, r *http.Request) {
	arn := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/2015-03-31/functions/"), "/invocations")
	function, ok := c.functions[arn]
	if !ok {
		http.Error(w, `{"Message":"no function `+arn+`"}`, http.StatusNotFound)
		return
	}
	payload, _ := io.ReadAll(r.Body)
	out, err := function.Invoke(r.Context(), payload)
	if err != nil {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		out, _ = json.Marshal(map[string]string{"errorMessage": err.Error(), "errorType": "wrapError"})
	}
	_, _ = w.Write(out)
}

// hear is CodeDeploy's action PutLifecycleEventHookExecutionStatus.
func (c *cloud) hear(w http.ResponseWriter, r *http.Request) {
	if c.reported != nil {
		c.reported(w, r)
		return
	}
	report := map[string]string{"target": r.Header.Get("X-Amz-Target")}
	_ = json.NewDecoder(r.Body).Decode(&report)
	c.mu.Lock()
	c.reports = append(c.reports, report)
	c.mu.Unlock()
	_, _ = io.WriteString(w, `{"lifecycleEventHookExecutionId":"e-1"}`)
}

// start serves the cloud and gives the hook as it is in Lambda, with its log.
func (c *cloud) start(t *testing.T) (*hook, *bytes.Buffer) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIA")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	variables := map[string]string{
		"MIYABI_ENVIRONMENT": "dev", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": server.URL,
		"API_VERSION_ARN": apiVersion, "AUTH_VERSION_ARN": authVersion,
	}
	settings, err := runtime.ReadHook(func(name string) string { return variables[name] })
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	return assemble(settings, runtime.NewLogger(&log, settings.Function)), &log
}

// wantReport checks that CodeDeploy heard once, signed, how it ended.
func (c *cloud) wantReport(t *testing.T, status string) {
	t.Helper()
	want := map[string]string{
		"target": "CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus", "deploymentId": "d-1", "lifecycleEventHookExecutionId": "e-1", "status": status,
	}
	if len(c.reports) != 1 || len(c.unsigned) > 0 {
		t.Fatalf("reports %v, unsigned calls %v", c.reports, c.unsigned)
	}
	for key, value := range want {
		if c.reports[0][key] != value {
			t.Errorf("%s of the report is %q, want %q", key, c.reports[0][key], value)
		}
	}
}
