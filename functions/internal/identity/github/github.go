// Package github signs people in with their GitHub account: OAuth's authorization code with PKCE.
// Source: https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/miyabi-society/platform/functions/internal/society"
)

const (
	// callTime bounds each of the two calls to GitHub.
	callTime = 5 * time.Second
	// maxAnswer is the most that is read of an answer, in bytes.
	maxAnswer = 1 << 20
	// apiVersion pins the shape of the REST API's answers.
	apiVersion = "2022-11-28"
)

var (
	// ErrUnavailable means that GitHub did not answer, or answered that it has a problem.
	ErrUnavailable = errors.New("github does not answer")
	// ErrRefused means that GitHub refused the code: it is used, expired, or of another sign-in.
	ErrRefused = errors.New("github refused the sign-in")
)

// App is the OAuth app, registered at GitHub with https://<domain>/auth/callback as its callback.
type App struct {
	ClientID     string
	ClientSecret string
	// Web is https://github.com; API is https://api.github.com.
	Web, API *url.URL
	Client   *http.Client
}

// NewClient makes the HTTP client for GitHub.
func NewClient() *http.Client { return &http.Client{Timeout: callTime} }

// NewVerifier makes the secret of one sign-in (RFC 7636).
func NewVerifier() string { return oauth2.GenerateVerifier() }

func (a *App) config() *oauth2.Config {
	return &oauth2.Config{
		ClientID: a.ClientID, ClientSecret: a.ClientSecret, Scopes: []string{"read:user"},
		Endpoint: oauth2.Endpoint{
			AuthURL: a.Web.JoinPath("login/oauth/authorize").String(), TokenURL: a.Web.JoinPath("login/oauth/access_token").String(),
			AuthStyle: oauth2.AuthStyleInParams,
		},
	}
}

// AuthorizeURL is where the browser asks the person. GitHub sends it back to the registered callback.
func (a *App) AuthorizeURL(state, verifier string) string {
	return a.config().AuthCodeURL(state, oauth2.S256ChallengeOption(verifier))
}

// Account exchanges a code and asks whose it is. The token that GitHub gives for it lives only in this call: it is not
// kept, returned or written to a log. The error is ErrUnavailable or ErrRefused, and never quotes GitHub's answer.
func (a *App) Account(ctx context.Context, code, verifier string) (society.GitHubAccount, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, a.Client)
	token, err := a.config().Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return society.GitHubAccount{}, exchangeError(err)
	}
	return a.user(ctx, token.AccessToken)
}

// exchangeError keeps only the code of the error: the answer that it quotes could hold a token.
func exchangeError(err error) error {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok || refused.Response == nil {
		if strings.Contains(err.Error(), "missing access_token") {
			return fmt.Errorf("%w: no token in the answer", ErrRefused)
		}
		return fmt.Errorf("%w: exchange the code: %s", ErrUnavailable, kind(err))
	}
	if refused.Response.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("%w: exchange the code: status %d", ErrUnavailable, refused.Response.StatusCode)
	}
	return fmt.Errorf("%w: status %d, error %q", ErrRefused, refused.Response.StatusCode, refused.ErrorCode)
}

// kind says what sort of failure it was without quoting addresses or bodies.
func kind(err error) string {
	if e, ok := errors.AsType[*url.Error](err); ok {
		if e.Timeout() {
			return "timeout"
		}
		return e.Err.Error()
	}
	return "an answer that is not understood"
}

func (a *App) user(ctx context.Context, token string) (society.GitHubAccount, error) {
	var none society.GitHubAccount
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.API.JoinPath("user").String(), nil)
	if err != nil {
		return none, fmt.Errorf("ask for the account: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Accept", "application/vnd.github+json")
	r.Header.Set("X-Github-Api-Version", apiVersion)
	r.Header.Set("User-Agent", "miyabi-society")
	answer, err := a.Client.Do(r)
	if err != nil {
		return none, fmt.Errorf("%w: ask for the account: %s", ErrUnavailable, kind(err))
	}
	defer func() { _ = answer.Body.Close() }()
	switch answer.StatusCode {
	case http.StatusOK:
		return readAccount(io.LimitReader(answer.Body, maxAnswer))
	case http.StatusUnauthorized:
		return none, fmt.Errorf("%w: the token is not accepted", ErrRefused)
	}
	return none, fmt.Errorf("%w: ask for the account: status %d", ErrUnavailable, answer.StatusCode)
}

// readAccount takes the public part of GitHub's user object. A person without a name goes by their login.
func readAccount(body io.Reader) (society.GitHubAccount, error) {
	var u struct {
		ID        int64  `json:"id"`
		Login     string `json:"login"`
		Name      string `json:"name"`
		Email     string `json:"email"`
		AvatarURL string `json:"avatar_url"`
	}
	if err := json.NewDecoder(body).Decode(&u); err != nil || u.ID == 0 || u.Login == "" {
		return society.GitHubAccount{}, fmt.Errorf("%w: the account in the answer is not understood", ErrUnavailable)
	}
	return society.GitHubAccount{ID: u.ID, Login: u.Login, Name: u.Name, Email: u.Email, AvatarURL: u.AvatarURL}.Tidy(), nil
}
