// Package github stands in for GitHub's sign-in on this machine, so that the production sign-in code runs unchanged:
// the web application flow of an OAuth app with PKCE, and the user endpoint of the REST API.
//
// It follows https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps ("the flow" below),
// its two troubleshooting pages, and https://docs.github.com/en/rest/users.
package github

import (
	"net/http"
	"sync"
	"time"
)

// Config describes the one registered OAuth app and the people who can sign in.
type Config struct {
	URL          string // where the stand-in is reached, without a slash at the end
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
	Email string // not public: no answer has it
}

// New returns the stand-in. It answers below /login/oauth/, /api/v3/ and /avatars/, keeps codes and tokens in memory
// and starts no goroutine.
func New(c Config) http.Handler {
	return (&server{Config: c, now: time.Now}).handler()
}

func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login/oauth/authorize", s.choose)
	mux.HandleFunc("POST /login/oauth/authorize", s.authorize)
	mux.HandleFunc("POST /login/oauth/access_token", s.accessToken)
	mux.HandleFunc("GET /api/v3/user", s.user)
	mux.HandleFunc("GET /avatars/{id}", s.avatar)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) { apiError(w, http.StatusNotFound, "Not Found") })
	mux.HandleFunc("/", notFoundPage)
	return mux
}

type server struct {
	Config
	now           func() time.Time
	codes, tokens sync.Map // grants by their codes, which work once, and by their tokens
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
