package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/miyabi-society/platform/functions/internal/gateway"
	"github.com/miyabi-society/platform/functions/internal/identity"
	"github.com/miyabi-society/platform/functions/internal/problem"
	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient/invoker"
)

// invoke gives an event to one version and returns its answer.
type invoke func(ctx context.Context, payload []byte) ([]byte, error)

// smokeSet is what the new versions of api and auth must do before anybody is sent to them. It changes nothing: no
// request of it is signed in. A canary alone would prove little on the few requests that the platform gets.
func smokeSet(environment string, api, auth invoke) []check {
	const document, health, refresh = "/api/v1/openapi.json", "/api/v1/health", "/auth/refresh"
	return []check{
		{"api answers and knows its environment", api.expect(request{method: http.MethodGet, path: health}, status(http.StatusOK), ofEnvironment(environment))},
		{"api gives its OpenAPI document", api.expect(request{method: http.MethodGet, path: document}, status(http.StatusOK), isOpenAPI)},
		{"api refuses who is not signed in", api.expect(request{method: http.MethodGet, path: "/api/v1/me"}, isProblem(http.StatusUnauthorized))},
		{"api has nothing at an unknown path", api.expect(request{method: http.MethodGet, path: "/api/v1/no-such-path"}, isProblem(http.StatusNotFound))},
		{"api refuses a wrong method", api.expect(request{method: http.MethodDelete, path: health}, isProblem(http.StatusMethodNotAllowed), allows(http.MethodGet))},
		{"api refuses a session order", api.refuses(`{"session":{"action":"sign_out","token":""}}`)},
		{"auth sends the browser on to sign in", auth.expect(request{method: http.MethodGet, path: "/auth/login"}, status(http.StatusFound), beginsSignIn)},
		{"auth has nothing at an unknown path", auth.expect(request{method: http.MethodGet, path: "/auth/no-such-path"}, isProblem(http.StatusNotFound))},
		{"auth refuses a wrong method", auth.expect(request{method: http.MethodGet, path: refresh}, isProblem(http.StatusMethodNotAllowed), allows(http.MethodPost))},
		{"auth refuses another site", auth.expect(request{method: http.MethodPost, path: refresh, site: "cross-site"}, isProblem(http.StatusForbidden))},
		{"auth refuses who has no session", auth.expect(request{method: http.MethodPost, path: refresh, site: "same-origin"}, isProblem(http.StatusUnauthorized))},
		{"the database knows no forged session", auth.refusesForgedSession(refresh)},
		{"auth refuses what is no request", auth.refuses(`{}`)},
	}
}

// rule says what is wrong with an answer; nil when nothing is.
type rule func(answer) error

// expect makes a check of one request and what its answer must be.
func (i invoke) expect(r request, rules ...rule) func(context.Context) error {
	return func(ctx context.Context) error {
		a, err := i.ask(ctx, r)
		if err != nil {
			return err
		}
		for _, rule := range rules {
			if err := rule(a); err != nil {
				return fmt.Errorf("%s %s: %w", r.method, r.path, err)
			}
		}
		return nil
	}
}

// refusesForgedSession asks with a refresh token that nobody was given: auth asks the session alias of api, and that the
// database. Anything but 401 means that one of them does not work.
func (i invoke) refusesForgedSession(path string) func(context.Context) error {
	return func(ctx context.Context) error {
		token, _ := identity.NewRefreshToken()
		return i.expect(request{method: http.MethodPost, path: path, site: "same-origin", cookie: identity.RefreshCookie + "=" + token},
			isProblem(http.StatusUnauthorized))(ctx)
	}
}

// refuses makes a check that the function does not take an event for a request.
func (i invoke) refuses(event string) func(context.Context) error {
	return func(ctx context.Context) error {
		answer, err := i(ctx, []byte(event))
		switch {
		case err == nil:
			return fmt.Errorf("the event %s was served: %s", event, excerpt(string(answer)))
		case !errors.Is(err, invoker.ErrFailed) || !strings.Contains(err.Error(), gateway.ErrNotHTTP.Error()):
			return err
		}
		return nil
	}
}

func status(want int) rule {
	return func(a answer) error {
		if a.StatusCode != want {
			return fmt.Errorf("answers %d, want %d: %s", a.StatusCode, want, excerpt(a.Body))
		}
		return nil
	}
}

// isProblem wants a problem document of the status.
func isProblem(want int) rule {
	return func(a answer) error {
		if err := status(want)(a); err != nil {
			return err
		}
		var document problem.Problem
		if err := json.Unmarshal([]byte(a.Body), &document); err != nil || a.header("Content-Type") != problem.ContentType || document.Status != want || document.Title == "" {
			return fmt.Errorf("answers %d without a problem document: %s", a.StatusCode, excerpt(a.Body))
		}
		return nil
	}
}

func ofEnvironment(want string) rule {
	return func(a answer) error {
		var health struct{ Status, Environment string }
		if err := json.Unmarshal([]byte(a.Body), &health); err != nil || health.Status != "ok" || health.Environment != want {
			return fmt.Errorf("is not well in environment %s: %s", want, excerpt(a.Body))
		}
		return nil
	}
}

func isOpenAPI(a answer) error {
	var document struct {
		OpenAPI string
		Paths   map[string]any
	}
	if err := json.Unmarshal([]byte(a.Body), &document); err != nil || !strings.HasPrefix(document.OpenAPI, "3.") || len(document.Paths) == 0 {
		return fmt.Errorf("is no OpenAPI document: %s", excerpt(a.Body))
	}
	return nil
}

func allows(method string) rule {
	return func(a answer) error {
		if !strings.Contains(a.header("Allow"), method) {
			return fmt.Errorf("allows %q, want %s", a.header("Allow"), method)
		}
		return nil
	}
}

// beginsSignIn wants the way to GitHub with PKCE and a state or, in an environment whose OAuth app nobody has registered
// yet, the page that says so.
func beginsSignIn(a answer) error {
	to := a.header("Location")
	if strings.Contains(to, "code_challenge_method=S256") && strings.Contains(to, "state=") {
		return nil
	}
	if strings.Contains(to, "error=not_configured") {
		return nil
	}
	return fmt.Errorf("leads to %q, which begins no sign-in", excerpt(to))
}
