package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/miyabi-society/platform/functions/internal/identity"
	"github.com/miyabi-society/platform/functions/internal/postgres"
	"github.com/miyabi-society/platform/functions/internal/postgrestest"
	"github.com/miyabi-society/platform/functions/internal/runtime"
	"github.com/miyabi-society/platform/functions/internal/society"
	"github.com/miyabi-society/platform/migrations"
)

var cluster *postgrestest.Server

func TestMain(m *testing.M) {
	os.Exit(postgrestest.Run(m, func(s *postgrestest.Server) { cluster = s }))
}

// site is the API on a database of its own, as one signed-in person uses it.
type site struct {
	handler http.Handler
	store   *postgres.Store
	tokens  *identity.AccessTokens
	cookie  string
	log     *bytes.Buffer
}

func newSite(t *testing.T, url string) *site {
	t.Helper()
	if url == "" {
		url = cluster.Migrated(t).URL(migrations.AppRole)
	}
	pool, err := pgxpool.New(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	source := identity.NewSecretSource(func(context.Context) (string, error) {
		return `{"jwt_key":"` + strings.Repeat("k", 64) + `"}`, nil
	})
	s := &site{store: postgres.New(pool), tokens: identity.NewAccessTokens(source, "dev"), log: &bytes.Buffer{}}
	s.handler, err = New(Services{
		People: s.store, Organizations: s.store, Tasks: s.store, Tokens: s.tokens, Environment: "dev",
		Log: runtime.NewLogger(s.log, runtime.Function{Environment: "dev"}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// signIn makes this the site of a new person.
func (s *site) signIn(t *testing.T, github int64) uuid.UUID {
	t.Helper()
	_, hash := identity.NewRefreshToken()
	who, err := s.store.SignIn(t.Context(), society.GitHubAccount{ID: github, Login: "hana", Name: "花", AvatarURL: ""}, hash)
	if err != nil {
		t.Fatal(err)
	}
	s.cookieFor(t, who)
	return who.User
}

func (s *site) cookieFor(t *testing.T, who society.SignedIn) {
	t.Helper()
	var err error
	if s.cookie, err = s.tokens.Sign(t.Context(), who); err != nil {
		t.Fatal(err)
	}
}

// answer is a response with its decoded body.
type answer struct {
	*httptest.ResponseRecorder
	body map[string]any
}

func (s *site) do(t *testing.T, method, target, body string, header ...string) answer {
	t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequestWithContext(runtime.WithRequest(t.Context(), "request-1"), method, target, reader)
	if s.cookie != "" {
		r.AddCookie(&http.Cookie{Name: identity.AccessCookie, Value: s.cookie})
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	a := answer{ResponseRecorder: httptest.NewRecorder()}
	s.handler.ServeHTTP(a.ResponseRecorder, r)
	if a.Body.Len() > 0 {
		if err := json.Unmarshal(a.Body.Bytes(), &a.body); err != nil {
			t.Fatalf("%s %s answers %q: %v", method, target, a.Body, err)
		}
	}
	return a
}

// wantProblem checks that an answer is a whole problem document of this status.
func (a answer) wantProblem(t *testing.T, what string, status int) {
	t.Helper()
	if a.Code != status || a.Header().Get("Content-Type") != "application/problem+json" && a.Header().Get("Content-Type") != "application/problem+json; charset=utf-8" {
		t.Errorf("%s: answers %d %s: %s", what, a.Code, a.Header().Get("Content-Type"), a.Body)
	}
	if a.body["status"] != float64(status) || a.body["request_id"] != "request-1" || a.body["title"] == "" || a.body["detail"] == "" {
		t.Errorf("%s: the problem is %v", what, a.body)
	}
}

func (a answer) fields() string {
	var names []string
	list, _ := a.body["errors"].([]any)
	for _, one := range list {
		if m, ok := one.(map[string]any); ok {
			names = append(names, m["field"].(string))
		}
	}
	return strings.Join(names, " ")
}

const organizations = "/api/v1/organizations"

func TestAPersonCreatesAnOrganizationAndATask(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	person := s.signIn(t, 1)
	made := s.do(t, http.MethodPost, organizations, `{"name":"雅の会"}`)
	if made.Code != http.StatusCreated || made.body["role"] != "owner" || made.Header().Get("Location") != organizations+"/"+made.body["id"].(string) {
		t.Fatalf("answers %d %v", made.Code, made.body)
	}
	tasks := made.Header().Get("Location") + "/tasks"
	task := s.do(t, http.MethodPost, tasks, `{"name":"書く","agent_type":"codegen-agent"}`)
	if task.Code != http.StatusCreated || task.body["status"] != "pending" || task.body["priority"] != "P2" || task.body["created_by"] != person.String() {
		t.Fatalf("answers %d %v", task.Code, task.body)
	}
	if made := task.body["created_at"].(string); !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$`).MatchString(made) {
		t.Errorf("created_at is %s, want microseconds in UTC", made)
	}
	read := s.do(t, http.MethodGet, task.Header().Get("Location"), "")
	if read.Code != http.StatusOK || read.body["name"] != "書く" || read.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("answers %d %v", read.Code, read.body)
	}
	list := s.do(t, http.MethodGet, tasks+"?status=pending&status=running&limit=1", "")
	if items, _ := list.body["items"].([]any); list.Code != http.StatusOK || len(items) != 1 || list.body["next_cursor"] != nil {
		t.Errorf("answers %d %v", list.Code, list.body)
	}
	me := s.do(t, http.MethodGet, "/api/v1/me", "")
	if list, _ := me.body["organizations"].([]any); me.Code != http.StatusOK || len(list) != 1 {
		t.Errorf("answers %d %v", me.Code, me.body)
	}
	one := s.do(t, http.MethodGet, made.Header().Get("Location"), "")
	all := s.do(t, http.MethodGet, organizations, "")
	if one.Code != http.StatusOK || all.Code != http.StatusOK {
		t.Errorf("answers %d and %d", one.Code, all.Code)
	}
	for _, want := range []string{`"organization_id"`, `"user_id"`, `"request_id":"request-1"`} {
		if s.do(t, http.MethodGet, organizations+"/"+uuid.NewString()+"/tasks?cursor=!", ""); !strings.Contains(s.log.String()+logOfMistake(t), want) {
			t.Errorf("the log has no %s", want)
		}
	}
}

// logOfMistake is the log of a request of a known person that fails for a reason of ours.
func logOfMistake(t *testing.T) string {
	t.Helper()
	s := newSite(t, "postgres://miyabi_app@127.0.0.1:1/none?sslmode=disable")
	s.cookieFor(t, society.SignedIn{User: uuid.New(), Session: uuid.New()})
	s.do(t, http.MethodGet, organizations+"/"+uuid.NewString(), "")
	return s.log.String()
}

func TestEmptyListsAreListsAndTheLastPageSaysSo(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	s.signIn(t, 1)
	a := s.do(t, http.MethodGet, organizations, "")
	if strings.TrimSpace(a.Body.String()) != `{"items":[],"next_cursor":null}` {
		t.Errorf("answers %s", a.Body)
	}
}

func TestWhatNeedsNoSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, "postgres://miyabi_app@127.0.0.1:1/none?sslmode=disable")
	health := s.do(t, http.MethodGet, "/api/v1/health", "")
	if health.Code != http.StatusOK || health.body["status"] != "ok" || health.body["environment"] != "dev" {
		t.Errorf("health answers %d %v", health.Code, health.body)
	}
	doc := s.do(t, http.MethodGet, "/api/v1/openapi.json", "")
	if doc.Code != http.StatusOK || doc.body["openapi"] != "3.1.0" || doc.Header().Get("Content-Type") != "application/json" {
		t.Errorf("the document answers %d", doc.Code)
	}
	s.do(t, http.MethodPost, "/api/v1/openapi.json", "").wantProblem(t, "POST of the document", http.StatusMethodNotAllowed)
}

func TestWithoutASignInThereIsNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	for _, target := range []string{"/api/v1/me", organizations, organizations + "/" + uuid.NewString() + "/tasks"} {
		s.do(t, http.MethodGet, target, "").wantProblem(t, target, http.StatusUnauthorized)
	}
	s.do(t, http.MethodPost, organizations, `{"name":"x"}`).wantProblem(t, "create", http.StatusUnauthorized)
	s.cookie = "forged"
	s.do(t, http.MethodGet, "/api/v1/me", "").wantProblem(t, "a forged cookie", http.StatusUnauthorized)
	s.cookieFor(t, society.SignedIn{User: uuid.New(), Session: uuid.New()})
	s.do(t, http.MethodGet, "/api/v1/me", "").wantProblem(t, "a person who is gone", http.StatusUnauthorized)
}

func TestBadInputIsRefusedByField(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	s.signIn(t, 1)
	made := s.do(t, http.MethodPost, organizations, `{"name":"x","slug":"taken"}`)
	tasks := made.Header().Get("Location") + "/tasks"
	for _, c := range []struct {
		name, method, target, body string
		status                     int
		fields                     string
	}{
		{"name missing", http.MethodPost, organizations, `{}`, 400, "body.name"},
		{"name empty", http.MethodPost, organizations, `{"name":""}`, 400, "body.name"},
		{"name blank", http.MethodPost, organizations, `{"name":"  "}`, 400, "body.name"},
		{"name with NUL", http.MethodPost, tasks, `{"name":"a\u0000b"}`, 400, "body.name"},
		{"name of a wrong type", http.MethodPost, tasks, `{"name":1}`, 400, "body.name"},
		{"name too long", http.MethodPost, tasks, `{"name":"` + strings.Repeat("雅", 256) + `"}`, 400, "body.name"},
		{"two fields", http.MethodPost, tasks, `{"name":"","priority":"P9"}`, 400, "body.name body.priority"},
		{"unknown field", http.MethodPost, tasks, `{"name":"x","status":"running"}`, 400, "body.status"},
		{"slug with capitals", http.MethodPost, organizations, `{"name":"x","slug":"A-b"}`, 400, "body.slug"},
		{"slug taken", http.MethodPost, organizations, `{"name":"x","slug":"taken"}`, 409, "body.slug"},
		{"no JSON", http.MethodPost, tasks, `{"name":`, 400, "body"},
		{"no object", http.MethodPost, tasks, `[]`, 400, "body"},
		{"more than one", http.MethodPost, tasks, `{"name":"x"} {}`, 400, "body"},
		{"no body", http.MethodPost, tasks, ``, 400, "body"},
		{"bytes that are no text", http.MethodPost, tasks, "{\"name\":\"\xff\"}", 400, "body.name"},
		{"body too large", http.MethodPost, tasks, `{"name":"` + strings.Repeat("x", maxBody) + `"}`, 413, ""},
		{"limit 0", http.MethodGet, tasks + "?limit=0", "", 400, "query.limit"},
		{"limit 101", http.MethodGet, tasks + "?limit=101", "", 400, "query.limit"},
		{"limit x", http.MethodGet, tasks + "?limit=x", "", 400, "query.limit"},
		{"cursor", http.MethodGet, tasks + "?cursor=!", "", 400, "query.cursor"},
		{"status", http.MethodGet, tasks + "?status=done", "", 400, "query.status[0]"},
		{"organization", http.MethodGet, organizations + "/x", "", 400, "path.organization"},
		{"task", http.MethodGet, tasks + "/x", "", 400, "path.task"},
	} {
		a := s.do(t, c.method, c.target, c.body)
		a.wantProblem(t, c.name, c.status)
		if a.fields() != c.fields {
			t.Errorf("%s: names %q, want %q: %s", c.name, a.fields(), c.fields, a.Body)
		}
	}
	s.do(t, http.MethodPost, tasks, `{"name":"x"}`, "Content-Type", "text/plain").wantProblem(t, "text", http.StatusUnsupportedMediaType)
	s.do(t, http.MethodPost, tasks, `{"name":"x"}`, "Content-Type", ";").wantProblem(t, "a broken type", http.StatusUnsupportedMediaType)
}

func TestUnknownPathsAndWrongMethods(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	for _, target := range []string{"/", "/api", "/api/v1", "/api/v1/none", "/api/v2/me", "/api/v1/me/"} {
		s.do(t, http.MethodGet, target, "").wantProblem(t, target, http.StatusNotFound)
	}
	a := s.do(t, http.MethodDelete, organizations, "")
	a.wantProblem(t, "DELETE", http.StatusMethodNotAllowed)
	if a.Header().Get("Allow") != "GET,POST" && a.Header().Get("Allow") != "GET, POST" {
		t.Errorf("Allow is %q", a.Header().Get("Allow"))
	}
}

func TestAnotherTenantIsNotFound(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	s.signIn(t, 1)
	made := s.do(t, http.MethodPost, organizations, `{"name":"x"}`)
	task := s.do(t, http.MethodPost, made.Header().Get("Location")+"/tasks", `{"name":"x"}`)
	s.signIn(t, 2)
	for _, target := range []string{made.Header().Get("Location"), made.Header().Get("Location") + "/tasks", task.Header().Get("Location")} {
		foreign := s.do(t, http.MethodGet, target, "")
		foreign.wantProblem(t, target, http.StatusNotFound)
		none := s.do(t, http.MethodGet, organizations+"/"+uuid.NewString(), "")
		if foreign.Body.String() != none.Body.String() {
			t.Errorf("a foreign id answers %s, none %s", foreign.Body, none.Body)
		}
	}
	s.do(t, http.MethodPost, made.Header().Get("Location")+"/tasks", `{"name":"x"}`).wantProblem(t, "create", http.StatusNotFound)
}

func TestAnotherSiteCannotUseTheCookie(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	s.signIn(t, 1)
	for _, header := range [][]string{
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Sec-Fetch-Site", "none"},
		{"Sec-Fetch-Site", ""},
		{"Sec-Fetch-Site", "", "Origin", "null"},
		{"Sec-Fetch-Site", "", "Origin", "https://evil.example"},
		{"Sec-Fetch-Site", "", "Origin", "http://example.com", "X-Forwarded-Host", "society.example"},
	} {
		s.do(t, http.MethodPost, organizations, `{"name":"x"}`, header...).wantProblem(t, strings.Join(header, " "), http.StatusForbidden)
	}
	for _, header := range [][]string{
		{"Sec-Fetch-Site", "", "Origin", "http://example.com"},
		{"Sec-Fetch-Site", "", "Origin", "https://society.example:8080", "X-Forwarded-Host", "society.example:8080"},
	} {
		if a := s.do(t, http.MethodPost, organizations, `{"name":"x"}`, header...); a.Code != http.StatusCreated {
			t.Errorf("%v answers %d", header, a.Code)
		}
	}
	if a := s.do(t, http.MethodGet, "/api/v1/me", "", "Sec-Fetch-Site", "cross-site"); a.Code != http.StatusOK {
		t.Errorf("reading answers %d", a.Code)
	}
}

func TestADatabaseThatIsDownIs503(t *testing.T) {
	t.Parallel()
	s := newSite(t, "postgres://miyabi_app@127.0.0.1:1/none?sslmode=disable")
	s.cookieFor(t, society.SignedIn{User: uuid.New(), Session: uuid.New()})
	a := s.do(t, http.MethodGet, "/api/v1/me", "")
	a.wantProblem(t, "me", http.StatusServiceUnavailable)
	if a.Header().Get("Retry-After") == "" || strings.Contains(a.Body.String(), "127.0.0.1") {
		t.Errorf("answers %v %s", a.Header(), a.Body)
	}
}
