package github

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
)

// accessToken exchanges a code (the flow, "2. Users are redirected back to your site by GitHub"). Errors are answered
// with status 200, as GitHub does (page troubleshooting-oauth-app-access-token-request-errors).
func (s *server) accessToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the parameters could not be read: "+err.Error(), http.StatusBadRequest)
		return
	}
	if !equal(r.Form.Get("client_id"), s.ClientID) || !equal(r.Form.Get("client_secret"), s.ClientSecret) {
		answerToken(w, r, tokenError("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect."))
		return
	}
	found, _ := s.codes.LoadAndDelete(r.Form.Get("code"))
	g, ok := found.(grant)
	if !ok || !s.now().Before(g.expires) || !g.proves(r.Form.Get("code_verifier")) {
		answerToken(w, r, tokenError("bad_verification_code", "The code passed is incorrect or expired."))
		return
	}
	if uri := r.Form.Get("redirect_uri"); uri != "" && uri != cmp.Or(g.redirectURI, s.CallbackURL) {
		answerToken(w, r, tokenError("redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application."))
		return
	}
	token := "gho_" + rand.Text() + rand.Text()[:10]
	s.tokens.Store(token, g)
	answerToken(w, r, map[string]string{"access_token": token, "scope": strings.Join(g.scopes(), ","), "token_type": "bearer"})
}

// proves checks the PKCE verifier (RFC 7636, section 4.6).
func (g grant) proves(verifier string) bool {
	if g.challenge == "" {
		return true
	}
	sum := sha256.Sum256([]byte(verifier))
	return equal(base64.RawURLEncoding.EncodeToString(sum[:]), g.challenge)
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func tokenError(kind, description string) map[string]string {
	page := "/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/#" + strings.ReplaceAll(kind, "_", "-")
	return map[string]string{"error": kind, "error_description": description, "error_uri": page}
}

// answerToken writes JSON if the caller accepts it, else a form.
func answerToken(w http.ResponseWriter, r *http.Request, fields map[string]string) {
	w.Header().Set("Cache-Control", "no-store")
	if strings.Contains(r.Header.Get("Accept"), "json") {
		writeJSON(w, http.StatusOK, fields)
		return
	}
	form := url.Values{}
	for name, value := range fields {
		form.Set(name, value)
	}
	w.Header().Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	_, _ = w.Write([]byte(form.Encode())) // a caller that left is no error
}
