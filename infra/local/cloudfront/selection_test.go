package cloudfront

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

var hour = cachePolicy(0, time.Hour, time.Hour, false, Selections{})

func TestNamesOfParametersAndCookiesAreCaseSensitive(t *testing.T) {
	t.Parallel()
	policy := hour
	policy.Key.Query, policy.Key.Cookies, policy.Key.Headers = only("color"), only("theme"), only("accept-language")
	e := withCache(t, policy, says("", "", "x"))
	e.want(t, 1, "/?color=red&Color=blue", "Cookie", "theme=dark; Theme=light", "Accept-Language", "ja")
	wantEqual(t, "query", e.site.request.URL.RawQuery, "color=red")
	wantEqual(t, "cookie", e.site.request.Header.Get("Cookie"), "theme=dark")
	e.want(t, 1, "/?color=red&Color=green", "Cookie", "Theme=red; theme=dark", "Accept-Language", "ja")
	e.want(t, 2, "/?color=Red", "Cookie", "theme=dark", "Accept-Language", "ja")
}

func TestTheOrderOfParametersCountsAndThatOfCookiesDoesNot(t *testing.T) {
	t.Parallel()
	policy := hour
	policy.Key.Query, policy.Key.Cookies = all, all
	e := withCache(t, policy, says("", "", "x"))
	e.want(t, 1, "/?a=1&b=2", "Cookie", "b=2; a=1")
	wantEqual(t, "sorted", e.site.request.Header.Get("Cookie"), "a=1; b=2")
	e.want(t, 1, "/?a=1&b=2", "Cookie", "a=1; b=2")
	e.want(t, 2, "/?b=2&a=1", "Cookie", "a=1; b=2")
	e.want(t, 3, "/?a=1;b=2", "Cookie", "a=1; b=2")
}

func TestOneObjectIsKeptForEachOrigin(t *testing.T) {
	t.Parallel()
	e := newEdge()
	e.Default.Cache = hour
	e.API.Cache, e.API.ViewerRequest = hour, `function handler(event) { event.request.uri = "/page"; return event.request; }`
	wantEqual(t, "site", e.do(t, get("/page")).Body.String(), "site")
	wantEqual(t, "api", e.do(t, get("/api/x")).Body.String(), "api")
}

func TestAuthorizationReachesTheOriginWithMethodsThatWrite(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]string{"GET": "", "HEAD": "", "POST": "Bearer x", "PUT": "Bearer x", "PATCH": "Bearer x", "DELETE": "Bearer x"} {
		e := newEdge()
		e.API.Forward = OriginRequestPolicy{}
		r := httptest.NewRequest(method, "/api/x", nil)
		r.Header.Set("Authorization", "Bearer x")
		e.do(t, r)
		wantEqual(t, method, e.api.request.Header.Get("Authorization"), want)
	}
}

func TestVaryNamesWhatTheOriginGets(t *testing.T) {
	t.Parallel()
	policy := hour
	policy.Key.Headers = only("Accept-Language")
	e := withCache(t, policy, says("Vary", "Accept-Encoding, Cookie, accept-language, User-Agent", "x"))
	for range 2 {
		wantEqual(t, "vary", e.want(t, 1, "/").Get("Vary"), "Accept-Encoding, Cookie, accept-language")
	}
	wantEqual(t, "to a behaviour that forwards everything", e.want(t, 2, "/api/x").Get("Vary"), "Accept-Encoding, Cookie, accept-language, User-Agent")
	e = withCache(t, hour, says("Vary", "Origin", "x"))
	wantEqual(t, "nothing left", e.want(t, 1, "/").Values("Vary"), nil)
}

func TestVaryOnEverythingIsAskedForEachTimeWhereTheMinimumIsZero(t *testing.T) {
	t.Parallel()
	e := withCache(t, hour, says("Vary", "*", "x"))
	e.want(t, 1, "/")
	e.want(t, 2, "/")
	wantEqual(t, "conditions", e.site.request.Header.Get("If-None-Match"), "")
	e = withCache(t, optimized, says("Vary", "*", "x"))
	e.want(t, 1, "/")
	e.want(t, 1, "/")
}

func TestTheViewersCacheControlForcesNothing(t *testing.T) {
	t.Parallel()
	e := withCache(t, hour, says("", "", "x"))
	e.want(t, 1, "/")
	e.want(t, 1, "/", "Cache-Control", "no-cache", "Pragma", "no-cache")
	head := get("/")
	head.Method = http.MethodHead
	wantEqual(t, "HEAD of a kept object", e.do(t, head).Header().Get("X-Cache"), "Hit from cloudfront")
}
