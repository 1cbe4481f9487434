package cloudfront

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func TestPathPatterns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"/api/*", "/api/v1/x", true},
		{"/api/*", "/api/", true},
		{"/api/*", "/api", false},
		{"/api/*", "/API/x", false},
		{"api/*", "/api/x", true},
		{"/live", "/live", true},
		{"/live", "/live/", false},
		{"*.jpg", "/a/b.jpg", true},
		{"/a?c", "/abc", true},
		{"/a?c", "/ac", false},
		{"/a?c", "/a/c", true},
		{"*", "/", true},
		{"/*/x/*", "/a/b/x/c", true},
		{"/a*b*c", "/aXXbYYc", true},
		{"/a*b*c", "/aXXbYY", false},
		{"/**", "/", true},
		{"", "/", true},
		{"", "/a", false},
	} {
		if got := matches(t, c.pattern, c.path); got != c.want {
			t.Errorf("%s on %s: got %v", c.pattern, c.path, got)
		}
	}
}

// matches asks a distribution with one pattern.
func matches(t *testing.T, pattern, path string) bool {
	t.Helper()
	e := newEdge()
	e.API.PathPattern = pattern
	return e.do(t, get(path)).Body.String() == "api"
}

func TestTheFirstMatchingBehaviorServes(t *testing.T) {
	t.Parallel()
	e := newEdge()
	e.other = []testBehavior{{Behavior: Behavior{PathPattern: "/api/site/*", TargetOriginID: "site", AllowedMethods: []string{"GET"}}}}
	for path, want := range map[string]string{"/": "site", "/api/v1/me": "api", "/api/site/x": "site", "/apix": "site"} {
		wantEqual(t, path, e.do(t, get(path)).Body.String(), want)
	}
}

func TestBehaviorIsChosenByTheNormalizedPathAndTheOriginGetsTheRawOne(t *testing.T) {
	t.Parallel()
	e := newEdge()
	wantEqual(t, "origin", e.do(t, get("/x/../api/./me")).Body.String(), "api")
	wantEqual(t, "path", e.api.request.URL.EscapedPath(), "/x/../api/./me")
	for raw, pattern := range map[string]string{"/..": "/", "/../../a": "/a", "/a/b/..": "/a/", "/a/.": "/a/", "/a//b": "/a//b", "/a/%2E%2E/b": "/a/%2E%2E/b"} {
		wantEqual(t, raw, matches(t, pattern, raw), true)
	}
}

func TestRootIsTheDefaultRootObject(t *testing.T) {
	t.Parallel()
	e := newEdge()
	e.DefaultRootObject = "index.html"
	e.do(t, get("/"))
	wantEqual(t, "root", e.site.request.URL.Path, "/index.html")
	e.do(t, get("/ja/"))
	wantEqual(t, "below", e.site.request.URL.Path, "/ja/")
}

func TestMethodsThatTheBehaviorDoesNotAllowAreForbidden(t *testing.T) {
	t.Parallel()
	e := newEdge()
	for method, want := range map[string]int{"POST": 403, "OPTIONS": 403, "BREW": 403, "TRACE": 405, "CONNECT": 405, "HEAD": 200} {
		rec := e.do(t, httptest.NewRequest(method, "/x", nil))
		wantEqual(t, method, rec.Code, want)
		if want == 403 {
			wantContains(t, "page", rec.Body.String(), "not configured to allow the HTTP request method")
			wantEqual(t, "x-cache", rec.Header().Get("X-Cache"), "Error from cloudfront")
		}
	}
	wantEqual(t, "POST to the API", e.do(t, httptest.NewRequest("POST", "/api/x", strings.NewReader("b"))).Code, 200)
	wantEqual(t, "body", e.api.body, "b")
}

func TestGetWithABodyIsForbidden(t *testing.T) {
	t.Parallel()
	wantEqual(t, "status", newEdge().do(t, httptest.NewRequest("GET", "/api/x", strings.NewReader("b"))).Code, 403)
}

func TestRequestsOverTheLimitsAreRefused(t *testing.T) {
	t.Parallel()
	e := newEdge()
	for n, want := range map[int]int{8_191: 200, 8_192: 413} {
		wantEqual(t, "url", e.do(t, get("/"+strings.Repeat("a", n))).Code, want)
	}
	for n, want := range map[int]int{20_476: 200, 20_477: 413} { // with the path and the name
		wantEqual(t, "headers", e.do(t, get("/", "X-A", strings.Repeat("a", n))).Code, want)
	}
}

func TestAWebSocketUpgradePassesThroughItsBehavior(t *testing.T) {
	t.Parallel()
	e := newEdge()
	e.API.PathPattern = "/live"
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.CloseNow()
		kind, text, err := c.Read(r.Context())
		if err == nil {
			err = c.Write(r.Context(), kind, append(text, r.Host...))
		}
		if err != nil {
			t.Error(err)
		}
		_ = c.Close(websocket.StatusNormalClosure, "")
	})
	if err := e.serve(origin); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(e.handler)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, _, err := websocket.Dial(ctx, server.URL+"/live?x=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if err := c.Write(ctx, websocket.MessageText, []byte("hello ")); err != nil {
		t.Fatal(err)
	}
	_, text, err := c.Read(ctx)
	if err != nil || string(text) != "hello "+apiHost {
		t.Errorf("got %q, %v", text, err)
	}
	_, _, _ = c.Read(ctx) // the close frame
}

func TestOriginPathGoesBeforeTheRequests(t *testing.T) {
	t.Parallel()
	e := newEdge()
	e.Origins[0].OriginPath = "/release"
	e.do(t, get("/a%5Bb%5D"))
	wantEqual(t, "path", e.site.request.URL.EscapedPath(), "/release/a%5Bb%5D")
	wantEqual(t, "decoded", e.site.request.URL.Path, "/release/a[b]")
	wantEqual(t, "RequestURI", e.site.request.RequestURI, "/release/a%5Bb%5D")
}

func TestOriginCustomHeadersReplaceTheViewers(t *testing.T) {
	t.Parallel()
	e := newEdge()
	decode(t, `{"Id": "api", "DomainName": "`+apiHost+`", "OriginCustomHeaders": [{"HeaderName": "x-secret", "HeaderValue": "real"}]}`, &e.Origins[1])
	e.do(t, get("/api/x", "X-Secret", "forged"))
	wantEqual(t, "header", e.api.request.Header.Values("X-Secret"), []string{"real"})
}

func TestAllViewerExceptHostHeaderForwardsAllButTheHost(t *testing.T) {
	t.Parallel()
	e := newEdge()
	e.do(t, get("http://localhost:8080/api/x?a=1&b=%20", "Authorization", "Bearer x", "Cookie", "a=1", "X-Own", "v", "User-Agent", "ua"))
	r := e.api.request
	wantEqual(t, "host", r.Host, apiHost)
	wantEqual(t, "query", r.URL.RawQuery, "a=1&b=%20")
	for name, want := range map[string]string{"Authorization": "Bearer x", "Cookie": "a=1", "X-Own": "v", "User-Agent": "ua"} {
		wantEqual(t, name, r.Header.Get(name), want)
	}
}

func TestHeadersThatCloudFrontMakesReachTheOriginWhereAPolicyNamesThem(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]string{
		`{"HeadersConfig": {"HeaderBehavior": "allViewer"}}`:                                                                   "1||||",
		`{"HeadersConfig": {"HeaderBehavior": "allExcept", "Headers": ["CloudFront-Viewer-Address"]}}`:                         "1||||",
		`{"HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": ["CloudFront-Viewer-Address"]}}`:                         "|127.0.0.1:4444|||",
		`{"HeadersConfig": {"HeaderBehavior": "allViewerAndWhitelistCloudFront", "Headers": ["CloudFront-Is-Mobile-Viewer"]}}`: "1|||false|",
	} {
		e := newEdge()
		decode(t, policy, &e.Default.Forward)
		e.do(t, get("/", "X-Own", "1", "CloudFront-Viewer-Address", "forged", "CloudFront-Viewer-Country", "XX"))
		var got []string
		for _, name := range []string{"X-Own", "CloudFront-Viewer-Address", "CloudFront-Viewer-Http-Version", "CloudFront-Is-Mobile-Viewer", "CloudFront-Viewer-Country"} {
			got = append(got, e.site.request.Header.Get(name))
		}
		wantEqual(t, policy, strings.Join(got, "|"), want)
	}
	e := newEdge()
	e.Default.Forward = managedRequests["33f36d7e-f396-46d9-90e0-52428a34d9dc"] // AllViewerAndCloudFrontHeaders-2022-06
	e.do(t, get("/", "X-Own", "1"))
	wantEqual(t, "managed", e.site.request.Header.Get("X-Own")+e.site.request.Header.Get("CloudFront-Viewer-Http-Version"), "11.1")
}

func TestAllViewerForwardsTheHost(t *testing.T) {
	t.Parallel()
	e := newEdge()
	e.API.Forward = allViewer
	e.do(t, get("http://localhost:8080/api/x"))
	wantEqual(t, "host", e.api.request.Host, "localhost:8080")
}

func TestWithoutAPolicyTheOriginGetsTheLeast(t *testing.T) {
	t.Parallel()
	e := newEdge()
	e.do(t, get("/x?_rsc=1", "Cookie", "a=1", "X-Own", "v", "Origin", "http://a", "If-None-Match", `"t"`, "Range", "bytes=0-1"))
	r := e.site.request
	wantEqual(t, "query", r.URL.RawQuery, "")
	for name, want := range map[string]string{"Cookie": "", "X-Own": "", "Origin": "", "If-None-Match": `"t"`, "Range": "bytes=0-1", "User-Agent": "Amazon CloudFront"} {
		wantEqual(t, name, r.Header.Get(name), want)
	}
	e = newEdge()
	e.Default.Forward = corsS3Origin
	e.do(t, get("/x", "Origin", "http://a"))
	wantEqual(t, "Origin with its policy", e.site.request.Header.Get("Origin"), "http://a")
}

func TestCloudFrontsOwnHeaders(t *testing.T) {
	t.Parallel()
	e := newEdge()
	rec := e.do(t, get("/api/x", "X-Forwarded-For", "203.0.113.9", "X-Edge-Thing", "1", "X-Amz-Cf-Thing", "1", "X-Real-Ip", "9.9.9.9", "X-Forwarded-Proto", "http"))
	h := e.api.request.Header
	wantEqual(t, "X-Forwarded-For", h.Get("X-Forwarded-For"), "203.0.113.9, 127.0.0.1")
	wantEqual(t, "Via", h.Get("Via"), "1.1 local.cloudfront.net (CloudFront)")
	for _, name := range []string{"X-Edge-Thing", "X-Amz-Cf-Thing", "X-Real-Ip", "X-Forwarded-Proto"} {
		wantEqual(t, name, h.Get(name), "")
	}
	wantEqual(t, "x-cache", rec.Header().Get("X-Cache"), "Miss from cloudfront")
	wantEqual(t, "via", rec.Header().Get("Via"), "1.1 local.cloudfront.net (CloudFront)")
	if id := rec.Header().Get("X-Amz-Cf-Id"); id == "" || id != h.Get("X-Amz-Cf-Id") {
		t.Errorf("X-Amz-Cf-Id: the viewer got %q, the origin %q", id, h.Get("X-Amz-Cf-Id"))
	}
}

func TestConnectionHeadersStopInBothDirections(t *testing.T) {
	t.Parallel()
	e := newEdge()
	e.api.answer = func(w http.ResponseWriter) {
		for name, value := range map[string]string{"Connection": "close, X-Back", "X-Back": "1", "Keep-Alive": "5", "X-Stay": "1"} {
			w.Header().Set(name, value)
		}
	}
	rec := e.do(t, get("/api/x", "Connection", "X-Hop", "X-Hop", "1", "Te", "trailers", "X-Stay", "1"))
	for _, name := range []string{"Connection", "X-Hop", "Te"} {
		wantEqual(t, "to the origin: "+name, e.api.request.Header.Get(name), "")
	}
	for _, name := range []string{"Connection", "X-Back", "Keep-Alive"} {
		wantEqual(t, "to the viewer: "+name, rec.Header().Get(name), "")
	}
	wantEqual(t, "other headers", e.api.request.Header.Get("X-Stay")+rec.Header().Get("X-Stay"), "11")
}

func TestUnknownOriginIsABadGateway(t *testing.T) {
	t.Parallel()
	e := newEdge()
	e.Origins[1].DomainName = "elsewhere.example"
	rec := e.do(t, get("/api/x"))
	wantEqual(t, "status", rec.Code, 502)
	wantContains(t, "page", rec.Body.String(), "elsewhere.example")
	e = newEdge()
	e.Default.TargetOriginID = "missing"
	if err := e.serve(nil); err == nil || !strings.Contains(err.Error(), `names the origin "missing"`) {
		t.Errorf("got error %v", err)
	}
}

func TestErrorsOfTheOriginPassAsTheyAre(t *testing.T) {
	t.Parallel()
	e := newEdge()
	e.api.answer = func(w http.ResponseWriter) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"title":"no"}`)
	}
	rec := e.do(t, get("/api/x"))
	wantEqual(t, "status", rec.Code, 403)
	wantEqual(t, "body", rec.Body.String(), `{"title":"no"}`)
	wantEqual(t, "x-cache", rec.Header().Get("X-Cache"), "Error from cloudfront")
}

func TestTheViewersRequestIsNotChanged(t *testing.T) {
	t.Parallel()
	e := newEdge()
	r := get("/api/x?a=1", "X-Own", "1")
	e.do(t, r)
	wantEqual(t, "header", r.Header.Get("X-Own"), "1")
	wantEqual(t, "via", r.Header.Get("Via"), "")
}

func TestMalformedRequestsAreSurvived(t *testing.T) {
	t.Parallel()
	e := with(`function handler(event) { return event.request; }`)
	e.do(t, get("/"))
	server := httptest.NewServer(e.handler)
	defer server.Close()
	for _, raw := range []string{
		"GET /%ff%fe HTTP/1.1\r\nHost: a\r\n", "GET /%zz HTTP/1.1\r\nHost: a\r\n", "GET * HTTP/1.1\r\nHost: a\r\n", "GET http://a HTTP/1.1\r\nHost: a\r\n",
		"GET //..//../ HTTP/1.1\r\nHost: a\r\n", "GET /?&&=&%ff HTTP/1.1\r\nHost: a\r\nCookie: ;;=;=\xff\r\n", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n",
		"POST /api/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz", "GET / HTTP/1.1\r\nHost: a\r\nConnection: ,,;\r\n", "GET / HTTP/1.1\r\nHost: a\r\n__proto__: 1\r\n",
	} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		fmt.Fprintf(conn, "%s\r\n", raw)
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "HTTP/1.1 ") {
			t.Errorf("%q: got %q, %v", raw, line, err)
		}
		conn.Close()
	}
}

func TestAViewerThatNeverReadsIsDropped(t *testing.T) {
	t.Parallel()
	e := newEdge()
	origin := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 64<<20)) })
	if err := e.serve(origin); err != nil {
		t.Fatal(err)
	}
	e.handler.patience = 100 * time.Millisecond
	ended := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.handler.ServeHTTP(w, r)
		close(ended)
	}))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the answer is still written")
	}
}
