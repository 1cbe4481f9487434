package github

import (
	"net/http"
	"net/url"
	"path"
	"strings"
)

// authorization is the request for a person's consent (the flow, "1. Request a user's GitHub identity").
type authorization struct {
	clientID, redirectURI, scope, state, challenge, method string
}

func authorizationOf(v url.Values) authorization {
	return authorization{v.Get("client_id"), v.Get("redirect_uri"), v.Get("scope"), v.Get("state"), v.Get("code_challenge"), v.Get("code_challenge_method")}
}

// values are the parameters again, for the page's hidden fields.
func (a authorization) values() map[string]string {
	return map[string]string{
		"client_id": a.clientID, "redirect_uri": a.redirectURI, "scope": a.scope, "state": a.state,
		"code_challenge": a.challenge, "code_challenge_method": a.method,
	}
}

// choose shows the people to sign in as.
func (s *server) choose(w http.ResponseWriter, r *http.Request) {
	a := authorizationOf(r.URL.Query())
	if target, ok := s.check(w, r, a); ok {
		writePage(w, http.StatusOK, pages.choose, choosePage{People: s.People, Hidden: a.values(), Host: target.Host})
	}
}

// authorize takes the choice and sends the person back with a code.
func (s *server) authorize(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		writePage(w, http.StatusBadRequest, pages.message, "The form could not be read. / フォームを読み取れませんでした。")
		return
	}
	a := authorizationOf(r.Form)
	target, ok := s.check(w, r, a)
	if !ok {
		return
	}
	if r.Form.Get("cancel") != "" {
		s.refuse(w, r, a, target, "access_denied", "The user has denied your application access.")
		return
	}
	p, known := s.person(r.Form.Get("login"))
	if !known {
		writePage(w, http.StatusUnprocessableEntity, pages.message, "Choose one of the people on the list. / 一覧から選んでください。")
		return
	}
	code := s.grants.addCode(grant{person: p, scope: a.scope, redirectURI: a.redirectURI, challenge: a.challenge})
	redirect(w, r, target, url.Values{"code": {code}, "state": {a.state}})
}

// check refuses what GitHub refuses before it asks (page troubleshooting-authorization-request-errors). An unknown app
// is a page that does not exist; everything else goes back to the app.
func (s *server) check(w http.ResponseWriter, r *http.Request, a authorization) (*url.URL, bool) {
	if a.clientID != s.ClientID || a.clientID == "" {
		notFoundPage(w)
		return nil, false
	}
	target, ok := s.redirectTarget(a.redirectURI)
	if target == nil {
		writePage(w, http.StatusInternalServerError, pages.message, "The registered callback URL is not valid. / 登録されたコールバック URL が正しくありません。")
		return nil, false
	}
	if !ok {
		s.refuse(w, r, a, target, "redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application.")
		return nil, false
	}
	if a.challenge != "" && a.method != "S256" || a.challenge == "" && a.method != "" { // RFC 7636, section 4.4.1
		s.refuse(w, r, a, target, "invalid_request", "Give a code_challenge with the code_challenge_method S256.")
		return nil, false
	}
	return target, true
}

func (s *server) refuse(w http.ResponseWriter, r *http.Request, a authorization, target *url.URL, kind, description string) {
	page := "/apps/managing-oauth-apps/troubleshooting-authorization-request-errors/#" + strings.ReplaceAll(kind, "_", "-")
	redirect(w, r, target, url.Values{"error": {kind}, "error_description": {description}, "error_uri": {page}, "state": {a.state}})
}

// redirect adds the parameters to those that the target has; an empty state is left out.
func redirect(w http.ResponseWriter, r *http.Request, target *url.URL, add url.Values) {
	query := target.Query()
	for name, values := range add {
		if values[0] != "" {
			query.Set(name, values[0])
		}
	}
	to := *target
	to.RawQuery = query.Encode()
	http.Redirect(w, r, to.String(), http.StatusFound) //nolint:gosec // the target is the registered callback or below it
}

// below reports whether a path is base or lies under it. A path that is not clean never does.
func below(p, base string) bool {
	base = strings.TrimSuffix(base, "/")
	clean := strings.TrimSuffix(p, "/")
	return (clean == "" || path.Clean(clean) == clean) && (clean == base || strings.HasPrefix(clean, base+"/"))
}
