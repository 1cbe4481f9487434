package github

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// choose shows the people to sign in as, on a page whose form repeats the request for a person's consent (the flow,
// "1. Request a user's GitHub identity").
func (s *server) choose(w http.ResponseWriter, r *http.Request) {
	if target, ok := s.check(w, r, r.URL.Query()); ok {
		writePage(w, http.StatusOK, "choose", choosePage{People: s.People, Action: "?" + r.URL.RawQuery, Host: target.Host})
	}
}

// authorize takes the choice and sends the person back with a code.
func (s *server) authorize(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		writePage(w, http.StatusBadRequest, "message", "The form could not be read. / フォームを読み取れませんでした。")
		return
	}
	target, ok := s.check(w, r, r.Form)
	if !ok {
		return
	}
	if r.Form.Get("cancel") != "" {
		refuse(w, r, target, "access_denied", "The user has denied your application access.", r.Form.Get("state"))
		return
	}
	for _, p := range s.People {
		if p.Login == r.Form.Get("login") {
			given := grant{p, r.Form.Get("scope"), r.Form.Get("redirect_uri"), r.Form.Get("code_challenge"), s.now().Add(codeLifetime)}
			code := strings.ToLower(rand.Text())[:20]
			s.codes.Store(code, given)
			redirect(w, r, target, url.Values{"code": {code}, "state": {r.Form.Get("state")}})
			return
		}
	}
	writePage(w, http.StatusUnprocessableEntity, "message", "Choose one of the people on the list. / 一覧から選んでください。")
}

// check refuses what GitHub refuses before it asks (page troubleshooting-authorization-request-errors). An unknown app
// is a page that does not exist; everything else goes back to the app.
func (s *server) check(w http.ResponseWriter, r *http.Request, asked url.Values) (*url.URL, bool) {
	if id := asked.Get("client_id"); id != s.ClientID || id == "" {
		notFoundPage(w, r)
		return nil, false
	}
	target, ok := s.redirectTarget(asked.Get("redirect_uri"))
	challenge, method := asked.Get("code_challenge"), asked.Get("code_challenge_method")
	switch {
	case target == nil:
		writePage(w, http.StatusInternalServerError, "message", "The registered callback URL is not valid. / 登録されたコールバック URL が正しくありません。")
	case !ok:
		refuse(w, r, target, "redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application.", asked.Get("state"))
	case challenge != "" && method != "S256", challenge == "" && method != "": // RFC 7636, section 4.4.1
		refuse(w, r, target, "invalid_request", "Give a code_challenge with the code_challenge_method S256.", asked.Get("state"))
	default:
		return target, true
	}
	return nil, false
}

// redirectTarget applies GitHub's rule for redirect_uri (the flow, "Redirect URLs"): without it the registered callback;
// else the same host, or a subdomain, and port, and its path or one below it.
func (s *server) redirectTarget(given string) (*url.URL, bool) {
	registered, err := url.Parse(s.CallbackURL)
	if err != nil || given == "" {
		return registered, err == nil
	}
	u, err := url.Parse(given)
	if err != nil || u.Scheme != registered.Scheme || u.User != nil || !below(u.Path, registered.Path) {
		return registered, false
	}
	if u.Host != registered.Host && !strings.HasSuffix(u.Host, "."+registered.Host) {
		return registered, false
	}
	return u, true
}

// below reports whether a path is base or lies under it. A path that is not clean never does.
func below(p, base string) bool {
	base = strings.TrimSuffix(base, "/")
	clean := strings.TrimSuffix(p, "/")
	return (clean == "" || path.Clean(clean) == clean) && (clean == base || strings.HasPrefix(clean, base+"/"))
}

func refuse(w http.ResponseWriter, r *http.Request, target *url.URL, kind, description, state string) {
	page := "/apps/managing-oauth-apps/troubleshooting-authorization-request-errors/#" + strings.ReplaceAll(kind, "_", "-")
	redirect(w, r, target, url.Values{"error": {kind}, "error_description": {description}, "error_uri": {page}, "state": {state}})
}

// redirect adds the parameters to those that the target has; an empty state is left out.
func redirect(w http.ResponseWriter, r *http.Request, target *url.URL, add url.Values) {
	query := target.Query()
	for name, values := range add {
		if values[0] != "" {
			query.Set(name, values[0])
		}
	}
	target.RawQuery = query.Encode()
	http.Redirect(w, r, target.String(), http.StatusFound) //nolint:gosec // the target is the registered callback or below it
}
