// Package signin serves /auth: signing in with GitHub, refreshing a session, signing out.
package signin

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/miyabi-society/platform/functions/internal/identity"
	"github.com/miyabi-society/platform/functions/internal/identity/github"
	"github.com/miyabi-society/platform/functions/internal/origin"
	"github.com/miyabi-society/platform/functions/internal/problem"
	"github.com/miyabi-society/platform/functions/internal/society"
)

// Services are what signing in needs.
type Services struct {
	Sessions society.Sessions
	Secrets  *identity.SecretSource
	Tokens   *identity.AccessTokens
	// GitHubURL and GitHubAPIURL are where GitHub is.
	GitHubURL, GitHubAPIURL *url.URL
	Client                  *http.Client
	Log                     *slog.Logger
}

type server struct{ Services }

// New makes the handler of everything under /auth.
func New(s Services) http.Handler {
	h := &server{s}
	routes := map[string]struct {
		method string
		serve  http.HandlerFunc
	}{
		"/auth/login":    {http.MethodGet, h.login},
		"/auth/callback": {http.MethodGet, h.callback},
		"/auth/refresh":  {http.MethodPost, h.refresh},
		"/auth/logout":   {http.MethodPost, h.logout},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		route, ok := routes[r.URL.Path]
		switch {
		case !ok:
			problem.Write(w, r, problem.NotFound())
		case r.Method != route.method:
			problem.Write(w, r, problem.MethodNotAllowed(route.method))
		case !origin.Same(r):
			problem.Write(w, r, problem.CrossOrigin())
		default:
			route.serve(w, r)
		}
	})
}

// app gives the OAuth app as the secret describes it now.
func (s *server) app(ctx context.Context) (*github.App, error) {
	secret, err := s.Secrets.Get(ctx)
	if err != nil {
		return nil, err
	}
	if secret.GitHubClientID == "" || secret.GitHubClientSecret == "" {
		return nil, errNotConfigured
	}
	return &github.App{
		ClientID: secret.GitHubClientID, ClientSecret: secret.GitHubClientSecret,
		Web: s.GitHubURL, API: s.GitHubAPIURL, Client: s.Client,
	}, nil
}

// errNotConfigured tells the operators what is left to do.
var errNotConfigured = errors.New("the identity secret has no github_client_id and github_client_secret; register an OAuth app at GitHub with the callback https://<domain>/auth/callback and put both into the secret")

// refresh gives the browser a new access token and the next refresh token.
func (s *server) refresh(w http.ResponseWriter, r *http.Request) {
	token, ok := refreshToken(r)
	if !ok {
		clearSession(w)
		problem.Write(w, r, problem.Unauthenticated())
		return
	}
	next, hash := identity.NewRefreshToken()
	who, err := s.Sessions.Rotate(r.Context(), token, hash)
	if err == nil {
		err = s.setSession(r.Context(), w, who, next)
	}
	if err != nil {
		if errors.Is(err, society.ErrUnauthenticated) {
			clearSession(w)
		}
		problem.Write(w, r, problem.From(r.Context(), s.Log, err))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// logout revokes the session. The browser forgets it in any case, also when it cannot be revoked now; then the answer
// says so.
func (s *server) logout(w http.ResponseWriter, r *http.Request) {
	clearSession(w)
	if token, ok := refreshToken(r); ok {
		if err := s.Sessions.SignOut(r.Context(), token); err != nil {
			problem.Write(w, r, problem.From(r.Context(), s.Log, err))
			return
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

func refreshToken(r *http.Request) (society.TokenHash, bool) {
	c, err := r.Cookie(identity.RefreshCookie)
	if err != nil {
		return society.TokenHash{}, false
	}
	return identity.HashRefreshToken(c.Value)
}
