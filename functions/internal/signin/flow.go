package signin

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/miyabi-society/platform/functions/internal/identity"
	"github.com/miyabi-society/platform/functions/internal/identity/github"
	"github.com/miyabi-society/platform/functions/internal/runtime"
	"github.com/miyabi-society/platform/functions/internal/society"
)

// The codes that a failed sign-in shows the dashboard: /<locale>/?error=<code>.
const (
	// codeDenied: the person said no at GitHub.
	codeDenied = "access_denied"
	// codeExpired: the sign-in was begun in another browser, too long ago, or not at all.
	codeExpired = "sign_in_expired"
	// codeRefused: GitHub did not accept its own code.
	codeRefused = "sign_in_failed"
	// codeGitHub: GitHub does not answer.
	codeGitHub = "github_unavailable"
	// codeUnavailable: we cannot finish at the moment.
	codeUnavailable = "unavailable"
	// codeNotConfigured: nobody has put the OAuth app into the identity secret.
	codeNotConfigured = "not_configured"
)

// attempt is a sign-in under way. It lives in a cookie that only this host can set and read, which binds the state to
// the browser that began.
type attempt struct {
	State    string `json:"s"`
	Verifier string `json:"v"`
	// Redirect is where the browser goes when it is signed in.
	Redirect string `json:"r"`
}

// login begins: it sends the browser to GitHub.
func (s *server) login(w http.ResponseWriter, r *http.Request) {
	a := attempt{State: rand.Text(), Verifier: github.NewVerifier(), Redirect: safeRedirect(r.URL.Query().Get("redirect"))}
	app, err := s.app(r.Context())
	if err != nil {
		s.fail(w, r, a.Redirect, err)
		return
	}
	if err := setAttempt(w, a); err != nil {
		s.fail(w, r, a.Redirect, err)
		return
	}
	redirect(w, app.AuthorizeURL(a.State, a.Verifier))
}

// callback ends: GitHub sent the browser back with a code.
func (s *server) callback(w http.ResponseWriter, r *http.Request) {
	a, ok := readAttempt(r)
	clearAttempt(w)
	query := r.URL.Query()
	if !ok || subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(a.State)) != 1 {
		s.refuse(w, r, a.Redirect, codeExpired, "the state is not the one of this browser")
		return
	}
	if code := query.Get("error"); code != "" {
		s.refuse(w, r, a.Redirect, denied(code), "github sent the browser back without a code")
		return
	}
	if query.Get("code") == "" {
		s.refuse(w, r, a.Redirect, codeRefused, "github sent the browser back without a code")
		return
	}
	if err := s.finish(w, r, a, query.Get("code")); err != nil {
		s.fail(w, r, a.Redirect, err)
		return
	}
	redirect(w, a.Redirect)
}

func denied(code string) string {
	if code == codeDenied {
		return codeDenied
	}
	return codeRefused
}

func (s *server) finish(w http.ResponseWriter, r *http.Request, a attempt, code string) error {
	app, err := s.app(r.Context())
	if err != nil {
		return err
	}
	account, err := app.Account(r.Context(), code, a.Verifier)
	if err != nil {
		return err
	}
	token, hash := identity.NewRefreshToken()
	who, err := s.Sessions.SignIn(r.Context(), account, hash)
	if err != nil {
		return err
	}
	return s.setSession(r.Context(), w, who, token)
}

// fail tells the log what went wrong and the dashboard what to say.
func (s *server) fail(w http.ResponseWriter, r *http.Request, target string, err error) {
	code := codeUnavailable
	switch {
	case errors.Is(err, errNotConfigured):
		code = codeNotConfigured
	case errors.Is(err, github.ErrRefused):
		code = codeRefused
	case errors.Is(err, github.ErrUnavailable):
		code = codeGitHub
	case !errors.Is(err, society.ErrUnavailable):
		s.Log.ErrorContext(r.Context(), "sign-in failed", "error", err.Error())
	}
	s.refuse(w, r, target, code, err.Error())
}

func (s *server) refuse(w http.ResponseWriter, r *http.Request, target, code, reason string) {
	s.Log.WarnContext(r.Context(), "sign-in refused", "code", code, "reason", reason)
	query := url.Values{"error": {code}}
	if id := runtime.RequestID(r.Context()); id != "" {
		query.Set("request", id)
	}
	redirect(w, "/"+localeOf(target)+"/?"+query.Encode())
}

func redirect(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusFound)
}

func setAttempt(w http.ResponseWriter, a attempt) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	http.SetCookie(w, attemptCookie(base64.RawURLEncoding.EncodeToString(text), int(attemptTime.Seconds())))
	return nil
}

func clearAttempt(w http.ResponseWriter) { http.SetCookie(w, attemptCookie("", -1)) }

// readAttempt checks the redirect again: a cookie comes from outside like any other input.
func readAttempt(r *http.Request) (attempt, bool) {
	var a attempt
	c, err := r.Cookie(identity.OAuthCookie)
	if err != nil {
		return a, false
	}
	text, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || json.Unmarshal(text, &a) != nil {
		return attempt{}, false
	}
	a.Redirect = safeRedirect(a.Redirect)
	return a, a.State != "" && a.Verifier != ""
}
