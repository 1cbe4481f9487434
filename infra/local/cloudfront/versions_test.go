package cloudfront

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// text answers with a text that is compressed.
func text(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/css")
	h.Set("Etag", `"1"`)
	h.Set("Content-Length", "2000")
	_, _ = w.Write([]byte(strings.Repeat("a", 2_000)))
}

func TestTheFirstCompressedVersionServesWhoAcceptsIt(t *testing.T) {
	t.Parallel()
	e := newEdge()
	e.Default.Compress = true
	c := withCacheOn(t, e, both, text)
	for _, step := range []struct {
		accepted, encoding string
		asked              int
	}{
		{"gzip", "gzip", 1}, {"gzip, br", "gzip", 1}, {"br", "br", 2}, {"br, gzip", "gzip", 2}, {"", "", 3}, {"deflate", "", 3}, {"gzip", "gzip", 3},
	} {
		h := c.want(t, step.asked, "/a.css", "Accept-Encoding", step.accepted)
		wantEqual(t, step.accepted, h.Get("Content-Encoding"), step.encoding)
	}
	wantEqual(t, "condition on a compressed version", c.do(t, get("/a.css", "Accept-Encoding", "gzip", "If-None-Match", `W/"1"`)).Code, 304)
}

func TestHeadIsKeptAndServesNoGet(t *testing.T) {
	t.Parallel()
	c := withCache(t, hour, text)
	head := func() *httptest.ResponseRecorder {
		r := get("/a.css")
		r.Method = http.MethodHead
		return c.do(t, r)
	}
	for i, want := range []string{"Miss", "Hit"} {
		rec := head()
		wantEqual(t, "HEAD "+strconv.Itoa(i), rec.Header().Get("X-Cache")+rec.Header().Get("Content-Length"), want+" from cloudfront2000")
		wantEqual(t, "body and requests", rec.Body.Len()+c.asked, 1)
	}
	wantEqual(t, "GET", c.want(t, 2, "/a.css").Get("X-Cache"), "Miss from cloudfront")
	c.clock = c.clock.Add(2 * time.Hour)
	wantEqual(t, "HEAD of what GET brought", head().Body.Len(), 0)
	wantEqual(t, "it was asked for whole", c.site.request.Method, "GET")
}

func TestOptionsIsKeptWhereTheBehaviorSaysSo(t *testing.T) {
	t.Parallel()
	for _, cached := range []bool{false, true} {
		e := newEdge()
		e.Default.AllowedMethods = []string{"GET", "HEAD", "OPTIONS"}
		if cached {
			e.Default.CachedMethods = e.Default.AllowedMethods
		}
		c := withCacheOn(t, e, hour, says("Allow", "GET", "x"))
		for range 2 {
			r := get("/")
			r.Method = http.MethodOptions
			c.do(t, r)
		}
		wantEqual(t, "asked", c.asked, map[bool]int{false: 2, true: 1}[cached])
		c.want(t, c.asked+1, "/")
	}
}

func TestSimultaneousRequestsForOneObjectAreCollapsed(t *testing.T) {
	t.Parallel()
	for control, want := range map[string]int32{"max-age=60": 1, "no-store": 5} {
		synctest.Test(t, func(t *testing.T) {
			e := newEdge()
			e.Default.Cache = hour
			var asked atomic.Int32
			origin := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				time.Sleep(time.Second)
				w.Header().Set("Cache-Control", control)
				_, _ = w.Write([]byte("x"))
			})
			if err := e.serve(origin); err != nil {
				t.Fatal(err)
			}
			var viewers sync.WaitGroup
			for range 5 {
				viewers.Go(func() { wantEqual(t, control, e.do(t, get("/")).Body.String(), "x") })
			}
			viewers.Wait()
			wantEqual(t, control, asked.Load(), want)
		})
	}
}

func TestStaleIfErrorBoundsHowLongAStaleObjectServes(t *testing.T) {
	t.Parallel()
	for control, want := range map[string]int{"max-age=10, stale-if-error=60": 200, "max-age=10, stale-if-error=20": 503, "max-age=10, stale-if-error=0": 503, "max-age=10": 200} {
		status := 200
		e := withCache(t, hour, failing(&status, "Cache-Control", control))
		e.want(t, 1, "/")
		status = 503
		e.clock = e.clock.Add(40 * time.Second)
		wantEqual(t, control, e.do(t, get("/")).Code, want)
	}
}

func TestErrorsAreKeptAsTheirHeadersSayWithinTheMaximum(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status      int
		name, value string
		kept        time.Duration
	}{
		{403, "Cache-Control", "max-age=60", time.Minute},
		{403, "Expires", "Thu, 01 Jan 2026 00:10:00 GMT", 0},
		{404, "Cache-Control", "no-store", defaultErrorTTL},
		{404, "Cache-Control", "max-age=1", defaultErrorTTL},
		{404, "Cache-Control", "max-age=99999", time.Hour},
		{200, "Expires", "0", 0},
	} {
		e := withCache(t, hour, failing(&c.status, c.name, c.value))
		e.want(t, 1, "/")
		if c.kept > 0 {
			e.clock = e.clock.Add(c.kept - time.Second)
			e.want(t, 1, "/")
		}
		e.clock = e.clock.Add(2 * time.Second)
		e.want(t, 2, "/")
	}
}

func TestAnswersSayWhereTheyComeFrom(t *testing.T) {
	t.Parallel()
	e := newEdge()
	h := e.do(t, get("/", "X-Forwarded-For", "203.0.113.9")).Header()
	wantEqual(t, "server and pop", h.Get("Server")+h.Get("X-Amz-Cf-Pop"), "CloudFront"+pop)
	wantEqual(t, "X-Forwarded-For without a policy", e.site.request.Header.Get("X-Forwarded-For"), "203.0.113.9, 127.0.0.1")
	e.page("text/html", "x", "Server", "AmazonS3")
	wantEqual(t, "the origin's", e.do(t, get("/")).Header().Get("Server"), "AmazonS3")
}

func TestWhatIsStaleFromTheStartIsAskedForAgainWithItsTag(t *testing.T) {
	t.Parallel()
	for control, want := range map[string]string{"no-cache": "RefreshHit", "max-age=0": "RefreshHit", "no-store": "Miss", "private, max-age=0": "Miss"} {
		e := withCache(t, hour, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Etag", `"1"`)
			w.Header().Set("Cache-Control", control)
			http.ServeContent(w, r, "a.txt", time.Time{}, strings.NewReader("page"))
		})
		e.want(t, 1, "/")
		for asked := range 2 {
			wantEqual(t, control, e.want(t, asked+2, "/").Get("X-Cache"), want+" from cloudfront")
		}
	}
}
