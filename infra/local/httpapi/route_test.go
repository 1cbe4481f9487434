package httpapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// The first four cases are the table of page http-api-develop-routes, "Routing API requests".
func TestMostSpecificRouteWins(t *testing.T) {
	t.Parallel()
	keys := []string{
		"$default", "ANY /{proxy+}", "GET /pets/{proxy+}", "GET /pets/dog/{id}", "GET /pets/dog/1",
		"ANY /pets/dog/{id}", "GET /{kind}/dog/2", "ANY /", "GET /files/{name}/raw", "GET /files/{proxy+}",
	}
	for _, c := range []struct{ method, path, want string }{
		{"GET", "/pets/dog/1", "GET /pets/dog/1"},
		{"GET", "/pets/dog/2", "GET /pets/dog/{id}"},
		{"GET", "/pets/cat/1", "GET /pets/{proxy+}"},
		{"POST", "/test/5", "ANY /{proxy+}"},
		{"POST", "/pets/dog/2", "ANY /pets/dog/{id}"},
		{"GET", "/cats/dog/2", "GET /{kind}/dog/2"},
		{"GET", "/", "ANY /"},
		{"OPTIONS", "/pets", "ANY /{proxy+}"},
		{"HEAD", "/pets/dog/1", "ANY /pets/dog/{id}"},
		{"GET", "/files/a/raw", "GET /files/{name}/raw"},
		{"GET", "/files/a/b/raw", "GET /files/{proxy+}"},
		{"GET", "/pets/", "ANY /{proxy+}"},
		{"GET", "/PETS/dog/1", "ANY /{proxy+}"},
	} {
		b := &backend{}
		serve(t, b.api(t, keys...), httptest.NewRequest(c.method, c.path, nil))
		wantEqual(t, c.method+" "+c.path, b.at("routeKey"), c.want)
		wantEqual(t, "requestContext.routeKey", b.at("requestContext", "routeKey"), c.want)
	}
}

func TestDefaultRouteCatchesTheRest(t *testing.T) {
	t.Parallel()
	b := &backend{}
	serve(t, b.api(t, "$default", "GET /a/{proxy+}"), get("/a/"))
	wantEqual(t, "routeKey", b.at("routeKey"), "$default")
	if b.at("pathParameters") != nil {
		t.Error("the default route has no path parameters")
	}
}

func TestNoRouteIsNotFound(t *testing.T) {
	t.Parallel()
	b := &backend{}
	for _, r := range []*http.Request{get("/other"), get("/api/"), get("/tasks/"), get("/tasks/1/2"), httptest.NewRequest("POST", "/tasks/1", nil)} {
		res := serve(t, b.api(t, "ANY /api/{proxy+}", "GET /tasks", "GET /tasks/{id}"), r)
		wantEqual(t, r.URL.Path, res.StatusCode, 404)
		wantEqual(t, "body", body(t, res), `{"message":"Not Found"}`)
		wantEqual(t, "content type", res.Header.Get("Content-Type"), "application/json")
	}
	if b.called != "" {
		t.Error("a function was called")
	}
}

func TestPathParametersAreDecodedTwiceAndAnEncodedSlashDividesThem(t *testing.T) {
	t.Parallel()
	b := &backend{}
	a := b.api(t, "GET /o/{org}/thing", "GET /r/{org}/{rest+}")
	serve(t, a, get("/o/a%252Fb%20c/thing"))
	wantEqual(t, "encoded twice", b.at("pathParameters"), map[string]string{"org": "a/b c"})
	wantEqual(t, "encoded once", serve(t, a, get("/o/a%2Fb/thing")).StatusCode, 404)
	serve(t, a, get("/r/a/x%2F%E3%81%BF/y"))
	wantEqual(t, "greedy", b.at("pathParameters"), map[string]string{"org": "a", "rest": "x/み/y"})
}

func TestNamedStageIsTheFirstSegment(t *testing.T) {
	t.Parallel()
	b := &backend{}
	a := b.api(t, "GET /tasks")
	a.Stage = "dev"
	wantEqual(t, "inside", serve(t, a, get("/dev/tasks")).StatusCode, 204)
	wantEqual(t, "rawPath", b.at("rawPath"), "/dev/tasks")
	wantEqual(t, "stage", b.at("requestContext", "stage"), "dev")
	wantEqual(t, "outside", serve(t, a, get("/tasks")).StatusCode, 404)
	wantEqual(t, "longer name", serve(t, a, get("/devil/tasks")).StatusCode, 404)
}

func TestMistakesOfADescriptionAreNamed(t *testing.T) {
	t.Parallel()
	b := &backend{}
	with := func(change func(*API)) API {
		a := b.api(t, "GET /a")
		change(&a)
		return a
	}
	for name, c := range map[string]struct {
		api  API
		want string
	}{
		"method":   {b.api(t, "FETCH /a"), `route "FETCH /a": write it as "METHOD /path"`},
		"no slash": {b.api(t, "GET a"), `write it as "METHOD /path"`},
		"greedy":   {b.api(t, "GET /{a+}/b"), "a greedy variable must be the last segment"},
		"unclosed": {b.api(t, "GET /{a"), "a variable is written {name} or {name+}"},
		"slash":    {b.api(t, "GET /a/"), "must not end with a slash"},
		"slashes":  {b.api(t, "GET /a//b"), "or have two together"},
		"brace":    {b.api(t, "GET /a{b}"), "a variable is written {name} or {name+}"},
		"empty":    {b.api(t, "GET /{}"), "a variable is written {name} or {name+}"},
		"twice":    {b.api(t, "GET /a", "GET /a"), `route "GET /a" is declared twice`},
		"format":   {with(func(a *API) { a.Routes[0].Format = "1.0" }), `payload format version "1.0": only 2.0 is served`},
		"too long": {with(func(a *API) { a.Routes[0].Timeout = time.Minute }), "API Gateway allows 50ms to 30s"},
	} {
		if _, err := New(c.api); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want %q", name, err, c.want)
		}
	}
}
