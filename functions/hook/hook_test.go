package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/miyabi-society/platform/functions/internal/gateway"
	"github.com/miyabi-society/platform/functions/internal/runtime"
	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient/lifecycle"
	"github.com/miyabi-society/platform/functions/internal/society"
)

func TestVersionsThatWorkAreGivenTheRequests(t *testing.T) {
	for name, secret := range map[string]string{
		"with an OAuth app":         `{"github_client_id":"id","github_client_secret":"x","jwt_key":"` + strings.Repeat("k", 64) + `"}`,
		"before anybody set one up": `{"github_client_id":"","github_client_secret":"","jwt_key":"` + strings.Repeat("k", 64) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			app := newApplication(t)
			app.secret = secret
			c := &cloud{functions: app.functions()}
			h, log := c.start(t)
			if err := h.handle(t.Context(), event); err != nil {
				t.Fatal(err)
			}
			c.wantReport(t, "Succeeded")
			if passed := strings.Count(log.String(), `"check passed"`); passed != len(h.checks) || passed < 12 {
				t.Errorf("%d of %d checks are in the log:\n%s", passed, len(h.checks), log)
			}
		})
	}
}

func answers(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestAFaultOfTheNewVersionKeepsTheRequestsAway(t *testing.T) {
	const json, problemJSON = "application/json", "application/problem+json"
	for name, fault := range map[string]struct {
		spoil func(*application)
		check string
	}{
		"unwell": {func(a *application) { instead(&a.api, "/api/v1/health", answers(500, json, "{}")) }, "api answers and knows its environment"},
		"other environment": {func(a *application) {
			instead(&a.api, "/api/v1/health", answers(200, json, `{"status":"ok","environment":"prod"}`))
		}, "api answers and knows its environment"},
		"no document": {func(a *application) {
			instead(&a.api, "/api/v1/openapi.json", answers(200, json, `{"openapi":"3.1.0"}`))
		}, "api gives its OpenAPI document"},
		"open door":        {func(a *application) { instead(&a.api, "/api/v1/me", answers(200, json, `{}`)) }, "api refuses who is not signed in"},
		"refusal as text":  {func(a *application) { instead(&a.api, "/api/v1/me", answers(401, "text/plain", "no")) }, "api refuses who is not signed in"},
		"everything found": {func(a *application) { instead(&a.api, "/api/v1/no-such-path", answers(200, json, `{}`)) }, "api has nothing at an unknown path"},
		"any method": {func(a *application) {
			instead(&a.api, "/api/v1/health", answers(405, problemJSON, `{"status":405,"title":"x"}`))
		}, "api refuses a wrong method"},
		"no sign-in":          {func(a *application) { a.secret = "broken" }, "auth sends the browser on to sign in"},
		"auth finds anything": {func(a *application) { instead(&a.auth, "/auth/no-such-path", answers(204, json, "")) }, "auth has nothing at an unknown path"},
		"any site": {func(a *application) {
			instead(&a.auth, "/auth/refresh", answers(401, problemJSON, `{"status":401,"title":"x"}`))
		}, "auth refuses another site"},
		"forged session": {func(a *application) { a.sessions.err = nil }, "the database knows no forged session"},
		"broken session": {func(a *application) { a.sessions.err = errors.New("x") }, "the database knows no forged session"},
	} {
		t.Run(name, func(t *testing.T) {
			app := newApplication(t)
			fault.spoil(app)
			c := &cloud{functions: app.functions()}
			h, log := c.start(t)
			if err := h.handle(t.Context(), event); err != nil {
				t.Fatal(err)
			}
			c.wantReport(t, "Failed")
			if !strings.Contains(log.String(), `"check failed","environment":"dev","deployment":"d-1","check":"`+fault.check+`"`) {
				t.Errorf("the log does not name the check %q:\n%s", fault.check, log)
			}
		})
	}
}

// served answers everything with the same text, also what it must refuse.
type served string

func (s served) Invoke(context.Context, []byte) ([]byte, error) { return []byte(s), nil }

func TestAnswersThatAreNoResponsesFailEveryCheck(t *testing.T) {
	for name, function := range map[string]lambda.Handler{
		"no response": served(`{}`), "no JSON": served(`?`), "bad base64": served(`{"statusCode":200,"isBase64Encoded":true,"body":"!"}`),
	} {
		t.Run(name, func(t *testing.T) {
			c := &cloud{functions: map[string]lambda.Handler{apiVersion: function, authVersion: function}}
			h, log := c.start(t)
			if err := h.handle(t.Context(), event); err != nil {
				t.Fatal(err)
			}
			c.wantReport(t, "Failed")
			if failed := strings.Count(log.String(), `"check failed"`); failed != len(h.checks) {
				t.Errorf("%d of %d checks failed:\n%s", failed, len(h.checks), log)
			}
		})
	}
}

func TestABodyInBase64IsRead(t *testing.T) {
	t.Parallel()
	i := invoke(served(`{"statusCode":200,"isBase64Encoded":true,"body":"e30="}`).Invoke)
	if a, err := i.ask(t.Context(), request{method: http.MethodGet, path: "/"}); err != nil || a.Body != "{}" {
		t.Errorf("the body is %q (%v)", a.Body, err)
	}
}

func TestALambdaThatRefusesFailsTheDeployment(t *testing.T) {
	c := &cloud{invoked: answers(http.StatusForbidden, "application/json", `{"Message":"not authorized to perform: lambda:InvokeFunction"}`)}
	h, log := c.start(t)
	if err := h.handle(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	c.wantReport(t, "Failed")
	if !strings.Contains(log.String(), "not authorized to perform: lambda:InvokeFunction") {
		t.Errorf("the log has no reason:\n%s", log)
	}
}

func TestAVersionThatHangsFailsTheDeploymentInTime(t *testing.T) {
	hung := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}
	c := &cloud{invoked: hung}
	h, log := c.start(t)
	ctx, cancel := context.WithTimeout(t.Context(), reserve+100*time.Millisecond)
	defer cancel()
	started := time.Now()
	if err := h.handle(ctx, event); err != nil {
		t.Fatal(err)
	}
	c.wantReport(t, "Failed")
	if took := time.Since(started); took > reserve/2 || strings.Count(log.String(), "no time was left") != len(h.checks)-1 {
		t.Errorf("after %s the log is\n%s", took, log)
	}
}

func TestAReportThatIsLostIsAnError(t *testing.T) {
	c := &cloud{functions: newApplication(t).functions()}
	c.reported = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-ErrorType", "DeploymentDoesNotExistException")
		answers(http.StatusBadRequest, "application/x-amz-json-1.1", `{"__type":"DeploymentDoesNotExistException"}`)(w, nil)
	}
	h, log := c.start(t)
	if err := h.handle(t.Context(), event); err == nil || !strings.Contains(err.Error(), "report Succeeded of deployment d-1") {
		t.Errorf("error is %v", err)
	}
	if !strings.Contains(log.String(), "the deployment does not know the outcome") {
		t.Errorf("the log is\n%s", log)
	}
}

func TestOnlyCodeDeployIsAnswered(t *testing.T) {
	c := &cloud{functions: newApplication(t).functions()}
	h, _ := c.start(t)
	for _, e := range []lifecycle.Hook{{}, {Deployment: "d"}, {Execution: "e"}} {
		if err := h.handle(t.Context(), e); !errors.Is(err, errNoHook) {
			t.Errorf("%+v: error is %v", e, err)
		}
	}
	if len(c.reports) > 0 {
		t.Errorf("CodeDeploy heard %v", c.reports)
	}
}

func TestACheckThatPanicsHasFailed(t *testing.T) {
	t.Parallel()
	var passed *bool
	h := &hook{
		checks: []check{{"fragile", func(context.Context) error { panic("a mistake") }}},
		report: func(_ context.Context, _ lifecycle.Hook, p bool) error { passed = &p; return nil },
		log:    runtime.NewLogger(io.Discard, runtime.Function{}),
	}
	if err := h.handle(t.Context(), event); err != nil || passed == nil || *passed {
		t.Errorf("passed %v, error %v", passed, err)
	}
}

// A database that was just restarted has a few seconds; one that stays away has not.
func TestADatabaseThatIsAwayForAMomentFailsNothing(t *testing.T) {
	for name, back := range map[string]int{"comes back": attempts, "stays away": attempts + 1} {
		t.Run(name, func(t *testing.T) {
			app := newApplication(t)
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				auth := gateway.New(app.auth, runtime.NewLogger(io.Discard, runtime.Function{}))
				i := invoke(func(ctx context.Context, payload []byte) ([]byte, error) {
					if asked++; asked < back {
						app.sessions.err = society.ErrUnavailable
					} else {
						app.sessions.err = society.ErrUnauthenticated
					}
					return auth.Invoke(ctx, payload)
				})
				err := i.refusesForgedSession("/auth/refresh")(t.Context())
				if stayed := back > attempts; stayed != (err != nil) || asked != attempts {
					t.Errorf("asked %d times: %v", asked, err)
				}
			})
		})
	}
}

func TestAWaitEndsWithTheTime(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	i := invoke(func(context.Context, []byte) ([]byte, error) {
		cancel()
		return []byte(`{"statusCode":503}`), nil
	})
	if a, err := i.ask(ctx, request{method: http.MethodGet, path: "/"}); err != nil || a.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("answer %+v, error %v", a, err)
	}
}
