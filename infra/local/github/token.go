package github

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// accessToken exchanges a code (the flow, "2. Users are redirected back to your site by GitHub"). Errors are answered
// with status 200, as GitHub does (page troubleshooting-oauth-app-access-token-request-errors).
func (s *server) accessToken(w http.ResponseWriter, r *http.Request) {
	in, err := tokenParameters(w, r)
	if err != nil {
		http.Error(w, "the parameters could not be read: "+err.Error(), http.StatusBadRequest)
		return
	}
	if !equal(in.Get("client_id"), s.ClientID) || !equal(in.Get("client_secret"), s.ClientSecret) {
		answerToken(w, r, tokenError("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect."))
		return
	}
	g, ok := s.grants.takeCode(in.Get("code"))
	if !ok || !g.proves(in.Get("code_verifier")) {
		answerToken(w, r, tokenError("bad_verification_code", "The code passed is incorrect or expired."))
		return
	}
	if uri := in.Get("redirect_uri"); uri != "" && uri != g.redirectURI && (g.redirectURI != "" || uri != s.CallbackURL) {
		answerToken(w, r, tokenError("redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application."))
		return
	}
	answerToken(w, r, map[string]string{"access_token": s.grants.addToken(g), "scope": strings.Join(g.scopes(), ","), "token_type": "bearer"})
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

// tokenParameters reads a form, a query string or a JSON object; client credentials may also come as basic
// authentication.
func tokenParameters(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	values := url.Values{}
	if t, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); t == "application/json" {
		var fields map[string]string
		if err := json.NewDecoder(r.Body).Decode(&fields); err != nil {
			return nil, err
		}
		for name, value := range fields {
			values.Set(name, value)
		}
	} else if err := r.ParseForm(); err != nil {
		return nil, err
	} else {
		values = r.Form
	}
	if id, secret, ok := r.BasicAuth(); ok {
		values.Set("client_id", unescape(id)) // escaped by RFC 6749, section 2.3.1
		values.Set("client_secret", unescape(secret))
	}
	return values, nil
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

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
