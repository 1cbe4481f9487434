package signin

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/functions/internal/identity"
	"github.com/miyabi-society/platform/functions/internal/society"
)

const (
	githubToken = "gho_token-that-nobody-may-see"
	clientPart  = "client-secret-that-nobody-may-see"
)

// hub plays GitHub: it gives a token for the code of a sign-in whose verifier fits the challenge.
type hub struct {
	mu        sync.Mutex
	challenge string
	failure   func(w http.ResponseWriter, r *http.Request) bool
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.failure != nil && h.failure(w, r) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/login/oauth/access_token":
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if r.FormValue("code") != "good" || base64.RawURLEncoding.EncodeToString(sum[:]) != h.challenge || r.FormValue("client_secret") != clientPart {
			_, _ = io.WriteString(w, `{"error":"bad_verification_code","error_description":"`+githubToken+`"}`)
			return
		}
		_, _ = io.WriteString(w, `{"access_token":"`+githubToken+`","token_type":"bearer"}`)
	case "/api/v3/user":
		if r.Header.Get("Authorization") != "Bearer "+githubToken {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, `{"id":7,"login":"hana","name":null,"email":null,"avatar_url":"https://avatars.example/7"}`)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// sessions plays the session function: one valid token at a time.
type sessions struct {
	mu      sync.Mutex
	account society.GitHubAccount
	valid   society.TokenHash
	signed  int
	err     error
}

func (s *sessions) SignIn(_ context.Context, a society.GitHubAccount, token society.TokenHash) (society.SignedIn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account, s.valid = a, token
	s.signed++
	return society.SignedIn{User: uuid.New(), Session: uuid.New()}, s.err
}

func (s *sessions) Rotate(_ context.Context, token, next society.TokenHash) (society.SignedIn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return society.SignedIn{}, s.err
	}
	if token != s.valid {
		return society.SignedIn{}, society.ErrUnauthenticated
	}
	s.valid = next
	return society.SignedIn{User: uuid.New(), Session: uuid.New()}, nil
}

func (s *sessions) SignOut(_ context.Context, token society.TokenHash) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if token == s.valid {
		s.valid = society.TokenHash{}
	}
	return s.err
}

// site is the whole of /auth with a browser's cookies.
type site struct {
	handler  http.Handler
	hub      *hub
	sessions *sessions
	secret   string
	log      bytes.Buffer
	cookies  map[string]*http.Cookie
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{hub: &hub{}, sessions: &sessions{}, cookies: map[string]*http.Cookie{}}
	s.secret = `{"github_client_id":"id","github_client_secret":"` + clientPart + `","jwt_key":"` + strings.Repeat("k", 64) + `"}`
	server := httptest.NewServer(s.hub)
	t.Cleanup(server.Close)
	web, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	source := identity.NewSecretSource(func(context.Context) (string, error) {
		if s.secret == "" {
			return "", errors.New("no answer")
		}
		return s.secret, nil
	})
	s.handler = New(Services{
		Sessions: s.sessions, Secrets: source, Tokens: identity.NewAccessTokens(source, "dev"),
		GitHubURL: web, GitHubAPIURL: web.JoinPath("api/v3"), Client: &http.Client{Timeout: 200 * time.Millisecond},
		Log: slog.New(slog.NewJSONHandler(&s.log, nil)),
	})
	return s
}

// do sends a request with the cookies that a browser would send and keeps the ones it would keep.
func (s *site) do(method, target string, header ...string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	for _, c := range s.cookies {
		if strings.HasPrefix(r.URL.Path, c.Path) {
			r.AddCookie(c)
		}
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	answer := w.Result()
	for _, c := range answer.Cookies() {
		if c.MaxAge < 0 {
			delete(s.cookies, c.Name)
		} else {
			s.cookies[c.Name] = c
		}
	}
	return answer
}

// begin starts a sign-in and gives its state, as GitHub would get it.
func (s *site) begin(t *testing.T, target string) string {
	t.Helper()
	answer := s.do(http.MethodGet, target)
	to, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || answer.StatusCode != http.StatusFound || to.Path != "/login/oauth/authorize" {
		t.Fatalf("login answers %d to %s (%v)", answer.StatusCode, to, err)
	}
	q := to.Query()
	if q.Get("client_id") != "id" || q.Get("code_challenge_method") != "S256" || q.Get("scope") != "read:user" || q.Has("redirect_uri") {
		t.Errorf("authorize query is %v", q)
	}
	s.hub.mu.Lock()
	s.hub.challenge = q.Get("code_challenge")
	s.hub.mu.Unlock()
	return q.Get("state")
}

func (s *site) signIn(t *testing.T) {
	t.Helper()
	answer := s.do(http.MethodGet, "/auth/callback?code=good&state="+s.begin(t, "/auth/login?redirect=/ja/organizations/?a=b%26c"))
	if got := answer.Header.Get("Location"); got != "/ja/organizations/?a=b&c" {
		t.Fatalf("callback sends to %s; log %s", got, s.log.String())
	}
}

func TestASignInSetsBothCookiesAndGoesWhereItWasAsked(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn(t)
	for name, want := range map[string]http.Cookie{
		identity.AccessCookie:  {Path: "/", MaxAge: 900, SameSite: http.SameSiteLaxMode},
		identity.RefreshCookie: {Path: "/auth", MaxAge: 30 * 24 * 3600, SameSite: http.SameSiteStrictMode},
	} {
		got := s.cookies[name]
		if got == nil || got.Path != want.Path || got.MaxAge != want.MaxAge || got.SameSite != want.SameSite || !got.Secure || !got.HttpOnly || got.Domain != "" {
			t.Errorf("%s is %v", name, got)
		}
	}
	if s.cookies[identity.OAuthCookie] != nil {
		t.Error("the cookie of the attempt is still there")
	}
	if want := (society.GitHubAccount{ID: 7, Login: "hana", Name: "hana", AvatarURL: "https://avatars.example/7"}); s.sessions.account != want {
		t.Errorf("signed in %+v", s.sessions.account)
	}
}

func TestFailedSignInsSaySo(t *testing.T) {
	t.Parallel()
	answerWith := func(status int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(status); return true }
	}
	for _, c := range []struct {
		name, want string
		arrange    func(s *site)
		query      string
	}{
		{"another state", "sign_in_expired", nil, "code=good&state=other"},
		{"no state", "sign_in_expired", nil, "code=good"},
		{"no cookie", "sign_in_expired", func(s *site) { clear(s.cookies) }, ""},
		{"a broken cookie", "sign_in_expired", func(s *site) { s.cookies[identity.OAuthCookie].Value = "e30" }, ""},
		{"the person said no", "access_denied", nil, "error=access_denied"},
		{"another error of GitHub", "sign_in_failed", nil, "error=redirect_uri_mismatch"},
		{"no code", "sign_in_failed", nil, "code="},
		{"a wrong code", "sign_in_failed", nil, "code=bad"},
		{"another challenge", "sign_in_failed", func(s *site) { s.hub.challenge = "x" }, ""},
		{"GitHub has a problem", "github_unavailable", func(s *site) { s.hub.failure = answerWith(http.StatusBadGateway) }, ""},
		{"GitHub is silent", "github_unavailable", func(s *site) {
			s.hub.failure = func(http.ResponseWriter, *http.Request) bool { time.Sleep(400 * time.Millisecond); return true }
		}, ""},
		{"GitHub talks nonsense", "github_unavailable", func(s *site) {
			s.hub.failure = func(w http.ResponseWriter, _ *http.Request) bool { _, _ = io.WriteString(w, "<html>"); return true }
		}, ""},
		{"GitHub refuses its own token", "sign_in_failed", func(s *site) {
			s.hub.failure = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/api/v3/user" {
					w.WriteHeader(http.StatusUnauthorized)
				}
				return r.URL.Path == "/api/v3/user"
			}
		}, ""},
		{"GitHub limits us", "github_unavailable", func(s *site) {
			s.hub.failure = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/api/v3/user" {
					w.WriteHeader(http.StatusTooManyRequests)
				}
				return r.URL.Path == "/api/v3/user"
			}
		}, ""},
		{"the database is down", "unavailable", func(s *site) { s.sessions.err = society.ErrUnavailable }, ""},
		{"a mistake of ours", "unavailable", func(s *site) { s.sessions.err = errors.New("x") }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			state := s.begin(t, "/auth/login?redirect=/ja/x/")
			if c.arrange != nil {
				c.arrange(s)
			}
			query := c.query
			if query == "" {
				query = "code=good"
			}
			if !strings.Contains(query, "state=") && c.name != "no state" {
				query += "&state=" + state
			}
			answer := s.do(http.MethodGet, "/auth/callback?"+query)
			locale := "/ja/"
			if strings.Contains(c.name, "cookie") {
				locale = "/en/"
			}
			if got := answer.Header.Get("Location"); answer.StatusCode != http.StatusFound || got != locale+"?error="+c.want {
				t.Errorf("answers %d to %s, want %s", answer.StatusCode, got, c.want)
			}
			if s.cookies[identity.AccessCookie] != nil || s.cookies[identity.OAuthCookie] != nil {
				t.Errorf("cookies %v", s.cookies)
			}
			if text := s.log.String(); strings.Contains(text, githubToken) || strings.Contains(text, clientPart) || strings.Contains(text, state) {
				t.Errorf("a secret is in the log: %s", text)
			}
		})
	}
}

func TestAnAttemptWorksOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	state := s.begin(t, "/auth/login")
	kept := *s.cookies[identity.OAuthCookie]
	s.do(http.MethodGet, "/auth/callback?code=good&state="+state)
	s.cookies[identity.OAuthCookie] = &kept
	s.hub.challenge = "" // GitHub gives a token for a code once
	if got := s.do(http.MethodGet, "/auth/callback?code=good&state="+state).Header.Get("Location"); got != "/en/?error=sign_in_failed" {
		t.Errorf("the second time goes to %s", got)
	}
}

func TestWithoutAnOAuthAppTheLoginSaysSo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.secret = `{"github_client_id":"","github_client_secret":"","jwt_key":"` + strings.Repeat("k", 64) + `"}`
	if got := s.do(http.MethodGet, "/auth/login?redirect=/ja/").Header.Get("Location"); got != "/ja/?error=not_configured" {
		t.Errorf("goes to %s", got)
	}
	if !strings.Contains(s.log.String(), "github_client_id") {
		t.Errorf("the log does not say what to do: %s", s.log.String())
	}
	s = newSite(t)
	s.secret = ""
	if got := s.do(http.MethodGet, "/auth/login").Header.Get("Location"); got != "/en/?error=unavailable" {
		t.Errorf("without the secret it goes to %s", got)
	}
}

func TestRefreshRotates(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn(t)
	before := s.cookies[identity.RefreshCookie].Value
	if answer := s.do(http.MethodPost, "/auth/refresh", "Sec-Fetch-Site", "same-origin"); answer.StatusCode != http.StatusNoContent {
		t.Fatalf("answers %d", answer.StatusCode)
	}
	if s.cookies[identity.RefreshCookie].Value == before || s.cookies[identity.AccessCookie] == nil {
		t.Error("the cookies did not change")
	}
	s.cookies[identity.RefreshCookie].Value = before
	answer := s.do(http.MethodPost, "/auth/refresh", "Sec-Fetch-Site", "same-origin")
	if answer.StatusCode != http.StatusUnauthorized || answer.Header.Get("Content-Type") != "application/problem+json" || len(s.cookies) != 0 {
		t.Errorf("the used token answers %d, cookies %v", answer.StatusCode, s.cookies)
	}
	if answer := s.do(http.MethodPost, "/auth/refresh", "Sec-Fetch-Site", "same-origin"); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a cookie it answers %d", answer.StatusCode)
	}
}

func TestAnOutageDoesNotSignOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn(t)
	s.sessions.err = society.ErrUnavailable
	answer := s.do(http.MethodPost, "/auth/refresh", "Sec-Fetch-Site", "same-origin")
	if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" || s.cookies[identity.RefreshCookie] == nil {
		t.Errorf("answers %d, cookies %v", answer.StatusCode, s.cookies)
	}
	if answer := s.do(http.MethodPost, "/auth/logout", "Sec-Fetch-Site", "same-origin"); answer.StatusCode != http.StatusServiceUnavailable || len(s.cookies) != 0 {
		t.Errorf("logout answers %d, cookies %v", answer.StatusCode, s.cookies)
	}
}

func TestLogoutRevokesAndForgets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn(t)
	if answer := s.do(http.MethodPost, "/auth/logout", "Origin", "http://example.com"); answer.StatusCode != http.StatusNoContent || len(s.cookies) != 0 {
		t.Errorf("answers %d, cookies %v", answer.StatusCode, s.cookies)
	}
	if s.sessions.valid != (society.TokenHash{}) {
		t.Error("the session is not revoked")
	}
	if answer := s.do(http.MethodPost, "/auth/logout", "Sec-Fetch-Site", "same-origin"); answer.StatusCode != http.StatusNoContent {
		t.Errorf("the second time answers %d", answer.StatusCode)
	}
}

func TestOtherSitesAndPathsAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct {
		method, path string
		header       []string
		status       int
		allow        string
	}{
		{http.MethodPost, "/auth/refresh", nil, http.StatusForbidden, ""},
		{http.MethodPost, "/auth/logout", []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden, ""},
		{http.MethodPost, "/auth/logout", []string{"Origin", "https://evil.example"}, http.StatusForbidden, ""},
		{http.MethodGet, "/auth/logout", nil, http.StatusMethodNotAllowed, http.MethodPost},
		{http.MethodPost, "/auth/login", nil, http.StatusMethodNotAllowed, http.MethodGet},
		{http.MethodGet, "/auth/mock", nil, http.StatusNotFound, ""},
		{http.MethodGet, "/auth/login/", nil, http.StatusNotFound, ""},
	} {
		answer := s.do(c.method, c.path, c.header...)
		if answer.StatusCode != c.status || answer.Header.Get("Allow") != c.allow || answer.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s answers %d %v", c.method, c.path, answer.StatusCode, answer.Header)
		}
	}
}

func TestRedirectsStayOnTheSite(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"/", "/ja/", "/en/organizations/x/tasks/?status=running#top", "/ja/a%2Fb/", "/authors/"} {
		if got := safeRedirect(good); got != good {
			t.Errorf("%s becomes %s", good, got)
		}
	}
	for _, bad := range []string{
		"", "ja", "https://evil.example", "//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, "/\t/evil.example", "/\n/evil.example",
		"/%5cevil.example", "/%2f/evil.example", "javascript:alert(1)", "/ /evil.example", "/ja/\x00", "/雅", "/auth/logout", "/auth", "/api/v1/me", "/live",
		"/" + strings.Repeat("a", 2000), "http:/evil.example", "@evil.example", "/%zz",
	} {
		if got := safeRedirect(bad); got != "/" {
			t.Errorf("%q becomes %q", bad, got)
		}
	}
}
