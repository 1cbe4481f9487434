// Package github stands in for GitHub's sign-in on this machine, so that the production sign-in code runs unchanged:
// the web application flow of an OAuth app with PKCE, and the two user endpoints of the REST API.
//
// It follows https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps ("the flow" below),
// its two troubleshooting pages, and https://docs.github.com/en/rest/users.
package github

import (
	"net/http"
	"net/url"
)

// Config describes the one registered OAuth app and the people who can sign in.
type Config struct {
	ClientID     string
	ClientSecret string
	CallbackURL  string // the registered authorization callback URL
	People       []Person
}

// Person is one GitHub account.
type Person struct {
	ID    int64
	Login string
	Name  string
	Email string // primary and verified, but not public
}

// New returns the stand-in. It answers below /login/oauth/, /api/v3/ and /avatars/, keeps codes and tokens in memory
// and starts no goroutine.
func New(c Config) http.Handler {
	s := &server{Config: c, grants: newGrants()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login/oauth/authorize", s.choose)
	mux.HandleFunc("POST /login/oauth/authorize", s.authorize)
	mux.HandleFunc("POST /login/oauth/access_token", s.accessToken)
	mux.HandleFunc("GET /api/v3/user", s.withToken("", s.user))
	mux.HandleFunc("GET /api/v3/user/emails", s.withToken("user:email", s.emails))
	mux.HandleFunc("GET /avatars/{id}", s.avatar)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) { apiError(w, http.StatusNotFound, "Not Found") })
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { notFoundPage(w) })
	return mux
}

type server struct {
	Config
	grants *grants
}

func (s *server) person(login string) (Person, bool) {
	for _, p := range s.People {
		if p.Login == login {
			return p, true
		}
	}
	return Person{}, false
}

// redirectTarget applies GitHub's rule for redirect_uri (the flow, "Redirect URLs"): without it the registered callback;
// else the same host and port, and its path or one below it.
func (s *server) redirectTarget(given string) (*url.URL, bool) {
	registered, err := url.Parse(s.CallbackURL)
	if err != nil {
		return nil, false
	}
	if given == "" {
		return registered, true
	}
	u, err := url.Parse(given)
	if err != nil || u.Scheme != registered.Scheme || u.Host != registered.Host || u.User != nil || !below(u.Path, registered.Path) {
		return registered, false
	}
	return u, true
}

// DemoPeople are the accounts of a local run; ids and logins stay the same for ever.
func DemoPeople() []Person {
	return []Person{
		{ID: 9_000_001, Login: "hanako-sato", Name: "佐藤 花子", Email: "hanako.sato@example.com"},
		{ID: 9_000_002, Login: "taro-suzuki", Name: "鈴木 太郎", Email: "taro.suzuki@example.com"},
		{ID: 9_000_003, Login: "yui-takahashi", Name: "高橋 結衣", Email: "yui.takahashi@example.com"},
		{ID: 9_000_004, Login: "ren-tanaka", Name: "田中 蓮", Email: "ren.tanaka@example.com"},
	}
}
