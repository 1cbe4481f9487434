package cloudfront

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

var optimized = managedCaches["658327ea-f89d-4fab-a63d-7e88639e58f6"]

// cached is an edge whose default behaviour has a cache policy, with a clock that a test moves and a count of the
// requests that reach the origin.
type cached struct {
	*edge
	clock time.Time
	asked int
}

func withCache(t *testing.T, policy CachePolicy, answer func(http.ResponseWriter, *http.Request)) *cached {
	t.Helper()
	return withCacheOn(t, newEdge(), policy, answer)
}

func withCacheOn(t *testing.T, e *edge, policy CachePolicy, answer func(http.ResponseWriter, *http.Request)) *cached {
	t.Helper()
	c := &cached{edge: e, clock: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	c.Default.Cache = policy
	origin := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.asked++
		c.site.request = r
		answer(w, r)
	})
	if err := c.serve(origin); err != nil {
		t.Fatal(err)
	}
	c.handler.now = func() time.Time { return c.clock }
	return c
}

// says answers with one header and a body.
func says(name, value, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		if name != "" {
			w.Header().Set(name, value)
		}
		_, _ = w.Write([]byte(body))
	}
}

// want asks for a path and checks how often the origin was asked in all.
func (c *cached) want(t *testing.T, asked int, path string, header ...string) http.Header {
	t.Helper()
	rec := c.do(t, get(path, header...))
	if c.asked != asked {
		t.Errorf("%s: the origin was asked %d times, want %d", path, c.asked, asked)
	}
	return rec.Header()
}

func TestLifetimesFollowTheOriginWithinThePolicy(t *testing.T) {
	t.Parallel()
	custom := cachePolicy(0, time.Hour, 2*time.Hour, false, Selections{})
	for _, c := range []struct {
		policy      CachePolicy
		name, value string
		want        time.Duration
	}{
		{optimized, "", "", 24 * time.Hour},
		{optimized, "Cache-Control", "max-age=60", time.Minute},
		{optimized, "Cache-Control", "max-age=60, s-maxage=90", 90 * time.Second},
		{optimized, "Cache-Control", "no-cache", time.Second},
		{optimized, "Cache-Control", "no-store", time.Second},
		{optimized, "Cache-Control", "max-age=0", time.Second},
		{custom, "", "", time.Hour},
		{custom, "Cache-Control", "no-store", 0},
		{custom, "Cache-Control", "private, max-age=9", 0},
		{custom, "Cache-Control", "max-age=99999", 2 * time.Hour},
		{custom, "Expires", "Thu, 01 Jan 2026 00:10:00 GMT", 10 * time.Minute},
		{custom, "Cache-Control", "public", time.Hour},
		{CachePolicy{}, "Cache-Control", "max-age=60", 0},
	} {
		e := withCache(t, c.policy, says(c.name, c.value, "x"))
		e.want(t, 1, "/")
		if c.want > 0 {
			e.clock = e.clock.Add(c.want - time.Millisecond)
			wantEqual(t, "x-cache", e.want(t, 1, "/").Get("X-Cache"), "Hit from cloudfront")
		}
		e.clock = e.clock.Add(2 * time.Millisecond)
		e.want(t, 2, "/")
	}
}

func TestAHitHasTheHeadersOfTheFirstAnswerAndItsAge(t *testing.T) {
	t.Parallel()
	e := withCache(t, optimized, says("Content-Type", "text/css", "body{}"))
	e.want(t, 1, "/a.css")
	e.clock = e.clock.Add(5 * time.Second)
	h := e.want(t, 1, "/a.css")
	wantEqual(t, "age", h.Get("Age"), "5")
	wantEqual(t, "type", h.Get("Content-Type"), "text/css")
	wantEqual(t, "via", h.Values("Via"), []string{"1.1 local.cloudfront.net (CloudFront)"})
}

func TestTheKeyHoldsWhatThePolicyNames(t *testing.T) {
	t.Parallel()
	e := withCache(t, cachePolicy(0, time.Hour, time.Hour, true, Selections{only("Accept-Language"), only("theme"), only("page")}), says("", "", "x"))
	e.want(t, 1, "/?page=1&x=1", "Accept-Language", "ja", "Cookie", "theme=dark; other=1")
	wantEqual(t, "query at the origin", e.site.request.URL.RawQuery, "page=1")
	wantEqual(t, "cookie at the origin", e.site.request.Header.Get("Cookie"), "theme=dark")
	wantEqual(t, "header at the origin", e.site.request.Header.Get("Accept-Language"), "ja")
	e.want(t, 1, "/?x=2&page=1", "Accept-Language", "ja", "Cookie", "theme=dark; other=2", "Accept", "text/html")
	e.want(t, 2, "/?page=2", "Accept-Language", "ja", "Cookie", "theme=dark")
	e.want(t, 3, "/?page=1", "Accept-Language", "en", "Cookie", "theme=dark")
	e.want(t, 4, "/?page=1", "Accept-Language", "ja", "Cookie", "theme=light")
	e.want(t, 5, "/?page=1", "Accept-Language", "ja", "Cookie", "theme=dark", "Accept-Encoding", "gzip")
	e.want(t, 5, "/?page=1", "Accept-Language", "ja", "Cookie", "theme=dark", "Accept-Encoding", "deflate, gzip;q=0.5")
	e.want(t, 6, "/?page=1", "Accept-Language", "ja", "Cookie", "theme=dark", "Accept-Encoding", "gzip, br")
	e.want(t, 7, "/other?page=1", "Accept-Language", "ja", "Cookie", "theme=dark")
}

func TestAStaleObjectIsAskedForAgainWithItsTag(t *testing.T) {
	t.Parallel()
	tag := `"1"`
	e := withCache(t, optimized, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", tag)
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, "a.html", time.Time{}, strings.NewReader("page "+tag))
	})
	e.want(t, 1, "/")
	e.clock = e.clock.Add(2 * time.Second)
	h := e.want(t, 2, "/")
	wantEqual(t, "asked with", e.site.request.Header.Get("If-None-Match"), `"1"`)
	wantEqual(t, "x-cache", h.Get("X-Cache"), "RefreshHit from cloudfront")
	wantEqual(t, "within the second", e.want(t, 2, "/").Get("X-Cache"), "Hit from cloudfront")
	tag = `"2"`
	e.clock = e.clock.Add(2 * time.Second)
	rec := e.do(t, get("/"))
	wantEqual(t, "body", rec.Body.String(), `page "2"`)
	wantEqual(t, "etag", rec.Header().Get("Etag"), `"2"`)
	wantEqual(t, "x-cache", rec.Header().Get("X-Cache"), "Miss from cloudfront")
	e.want(t, 3, "/")
}

func TestAStaleObjectServesOnWhileTheOriginFails(t *testing.T) {
	t.Parallel()
	for control, want := range map[string]int{"max-age=10": 200, "max-age=10, must-revalidate": 500, "no-cache": 500} {
		failing := false
		e := withCache(t, optimized, func(w http.ResponseWriter, _ *http.Request) {
			if failing {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			w.Header().Set("Etag", `"1"`)
			w.Header().Set("Cache-Control", control)
			_, _ = w.Write([]byte("page"))
		})
		e.want(t, 1, "/")
		failing = true
		e.clock = e.clock.Add(time.Minute)
		wantEqual(t, control, e.do(t, get("/")).Code, want)
	}
}

func TestRangesAndConditionsAreAnsweredFromTheCache(t *testing.T) {
	t.Parallel()
	e := withCache(t, optimized, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"t"`)
		http.ServeContent(w, r, "a.txt", time.Time{}, strings.NewReader("0123456789"))
	})
	rec := e.do(t, get("/a.txt", "Range", "bytes=2-4"))
	wantEqual(t, "range of a miss", rec.Body.String(), "234")
	e.want(t, 2, "/a.txt") // a part is not kept
	rec = e.do(t, get("/a.txt", "Range", "bytes=2-4"))
	wantEqual(t, "range of a hit", strconv.Itoa(rec.Code)+rec.Body.String(), "206234")
	wantEqual(t, "Content-Range", rec.Header().Get("Content-Range"), "bytes 2-4/10")
	wantEqual(t, "beyond the end", e.do(t, get("/a.txt", "Range", "bytes=50-")).Code, 416)
	wantEqual(t, "same tag", e.do(t, get("/a.txt", "If-None-Match", `W/"t"`)).Code, 304)
	wantEqual(t, "other tag", e.do(t, get("/a.txt", "If-None-Match", `"u"`)).Code, 200)
	head := get("/a.txt")
	head.Method = http.MethodHead
	rec = e.do(t, head)
	wantEqual(t, "HEAD", strconv.Itoa(rec.Code)+rec.Body.String()+rec.Header().Get("Content-Length"), "20010")
	wantEqual(t, "origin asked", e.asked, 2)
}

func TestErrorsAreKeptTenSeconds(t *testing.T) {
	t.Parallel()
	for status, kept := range map[int]bool{404: true, 500: true, 503: true, 403: false, 400: false, 429: false, 416: false} {
		e := withCache(t, optimized, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		e.want(t, 1, "/")
		if !kept {
			e.want(t, 2, "/")
			continue
		}
		wantEqual(t, "x-cache", e.want(t, 1, "/").Get("X-Cache"), "Error from cloudfront")
		e.clock = e.clock.Add(11 * time.Second)
		e.want(t, 2, "/")
	}
}

func TestOtherMethodsAndBehaviorsWithoutCachingAlwaysAsk(t *testing.T) {
	t.Parallel()
	e := withCache(t, optimized, says("Cache-Control", "max-age=600", "x"))
	e.want(t, 1, "/api/x")
	e.want(t, 2, "/api/x")
	head := get("/page")
	head.Method = http.MethodHead
	e.do(t, head)
	e.want(t, 4, "/page") // what HEAD brought has no body to keep
}

func TestSetCookieReachesViewersOnlyWhereCookiesReachTheOrigin(t *testing.T) {
	t.Parallel()
	e := withCache(t, optimized, says("Set-Cookie", "a=1", "x"))
	wantEqual(t, "site", e.want(t, 1, "/").Get("Set-Cookie"), "")
	wantEqual(t, "api", e.want(t, 2, "/api/x").Get("Set-Cookie"), "a=1")
}

func TestTheCacheIsBounded(t *testing.T) {
	t.Parallel()
	c := newCache()
	body := make([]byte, maxObject)
	for i := range 20 {
		c.put(strconv.Itoa(i), &object{body: body})
		if c.size > maxCache || c.size < len(c.objects)*maxObject {
			t.Fatalf("%d objects of %d bytes", len(c.objects), c.size)
		}
	}
	for i := range 100_000 {
		c.put(strconv.Itoa(i), &object{})
	}
	if len(c.objects) > 40_000 {
		t.Errorf("%d objects without a body are kept", len(c.objects))
	}
	c = newCache()
	for range 100_000 {
		c.put("the same", &object{})
	}
	if len(c.objects["the same"]) != 1 || c.size > 10_000 {
		t.Errorf("%d versions of %d bytes", len(c.objects["the same"]), c.size)
	}
}

func TestACachedTextIsCompressedForWhoAcceptsIt(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("a", 2000)
	e := newEdge()
	e.Default.Cache, e.Default.Compress = optimized, true
	e.page("text/html", text)
	for range 2 {
		wantEqual(t, "encoding", e.do(t, get("/", "Accept-Encoding", "gzip")).Header().Get("Content-Encoding"), "gzip")
		wantEqual(t, "plain", e.do(t, get("/")).Body.String(), text)
	}
}

func TestACustomErrorResponseReplacesTheOriginsError(t *testing.T) {
	t.Parallel()
	e := newEdge()
	e.CustomErrorResponses = []ErrorResponse{{404, 200, "/index.html", new(Seconds)}}
	e.site.answer = nil
	e.api.answer = func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound); _, _ = w.Write([]byte("raw")) }
	rec := e.do(t, get("/api/none"))
	wantEqual(t, "answer", strconv.Itoa(rec.Code)+rec.Body.String(), "200site")
	wantEqual(t, "page", e.site.request.URL.Path, "/index.html")
	wantEqual(t, "viewers of the page", e.site.request.Header.Get("X-Forwarded-For"), "127.0.0.1")
	e.site.answer = func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) }
	wantEqual(t, "without the page", e.do(t, get("/api/none")).Code, 404)
}
