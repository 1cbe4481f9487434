package cloudfront

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	siteHost = "site.s3.us-east-1.amazonaws.com"
	apiHost  = "abc123.execute-api.us-east-1.amazonaws.com"
)

// origin records what reaches it and answers as told.
type recorder struct {
	name    string
	request *http.Request
	body    string
	answer  func(http.ResponseWriter)
}

func (o *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.request = r
	b, _ := io.ReadAll(r.Body)
	o.body = string(b)
	if o.answer != nil {
		o.answer(w)
		return
	}
	w.Header().Set("X-Origin", o.name)
	_, _ = io.WriteString(w, o.name)
}

// edge is a distribution with a site and an API behind it.
type edge struct {
	dist      Distribution
	site, api *recorder
	handler   http.Handler // made by the first request
}

func newEdge() *edge {
	return &edge{
		site: &recorder{name: "site"}, api: &recorder{name: "api"},
		dist: Distribution{
			Origins:   map[string]Origin{"site": {Domain: siteHost}, "api": {Domain: apiHost}},
			Default:   Behavior{OriginID: "site", AllowedMethods: []string{"GET", "HEAD"}},
			Behaviors: []Behavior{{PathPattern: "/api/*", OriginID: "api", Forward: ForwardAllExceptHost, AllowedMethods: []string{"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}}},
		},
	}
}

func (e *edge) do(t *testing.T, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	if e.handler == nil {
		var err error
		e.handler, err = New(e.dist, func(host string) (http.Handler, bool) {
			origins := map[string]http.Handler{siteHost: e.site, apiHost: e.api}
			h, ok := origins[host]
			return h, ok
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	rec := httptest.NewRecorder()
	e.handler.ServeHTTP(rec, r)
	return rec
}

func get(path string, header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.RemoteAddr = "127.0.0.1:4444"
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

func wantEqual(t *testing.T, what string, got, want any) {
	t.Helper()
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	if string(g) != string(w) {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}

func wantContains(t *testing.T, what, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("%s: got %q, want it to contain %q", what, got, want)
	}
}
