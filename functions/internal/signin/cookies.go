package signin

import (
	"context"
	"net/http"
	"time"

	"github.com/miyabi-society/platform/functions/internal/identity"
	"github.com/miyabi-society/platform/functions/internal/society"
)

// attemptTime is how long a person may take at GitHub.
const attemptTime = 10 * time.Minute

// attemptCookie must come along when GitHub sends the browser back, which SameSite=Lax allows and Strict does not.
func attemptCookie(value string, age int) *http.Cookie {
	return &http.Cookie{Name: identity.OAuthCookie, Value: value, Path: "/", MaxAge: age, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

func accessCookie(value string, age int) *http.Cookie {
	return &http.Cookie{Name: identity.AccessCookie, Value: value, Path: "/", MaxAge: age, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

func refreshCookie(value string, age int) *http.Cookie {
	return &http.Cookie{Name: identity.RefreshCookie, Value: value, Path: identity.RefreshPath, MaxAge: age, Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

// setSession gives the browser its two tokens.
func (s *server) setSession(ctx context.Context, w http.ResponseWriter, who society.SignedIn, refresh string) error {
	access, err := s.Tokens.Sign(ctx, who)
	if err != nil {
		return err
	}
	http.SetCookie(w, accessCookie(access, int(identity.AccessLifetime.Seconds())))
	http.SetCookie(w, refreshCookie(refresh, int(society.RefreshLifetime.Seconds())))
	return nil
}

// clearSession makes the browser forget both.
func clearSession(w http.ResponseWriter) {
	http.SetCookie(w, accessCookie("", -1))
	http.SetCookie(w, refreshCookie("", -1))
}
