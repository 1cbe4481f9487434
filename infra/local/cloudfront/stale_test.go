package cloudfront

import (
	"net/http"
	"strconv"
	"testing"
	"time"
)

// failing is an origin that answers a page until it is told to fail with a status.
func failing(status *int, header ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/sorry.html" {
			_, _ = w.Write([]byte("sorry"))
			return
		}
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(*status)
		_, _ = w.Write([]byte("page"))
	}
}

func TestAStaleObjectWithoutATagServesOnWhileTheOriginFails(t *testing.T) {
	t.Parallel()
	status := 200
	e := withCache(t, hour, failing(&status))
	e.want(t, 1, "/")
	status = 503
	e.clock = e.clock.Add(2 * time.Hour)
	rec := e.do(t, get("/"))
	wantEqual(t, "answer", strconv.Itoa(rec.Code)+rec.Body.String(), "200page")
}

func TestTheFailingOriginOfAStaleObjectRestsForTheErrorCachingTime(t *testing.T) {
	t.Parallel()
	status := 200
	e := withCache(t, hour, failing(&status, "Etag", `"1"`))
	e.want(t, 1, "/")
	status = 503
	e.clock = e.clock.Add(2 * time.Hour)
	e.want(t, 2, "/")
	e.clock = e.clock.Add(defaultErrorTTL - time.Second)
	e.want(t, 2, "/")
	e.clock = e.clock.Add(2 * time.Second)
	e.want(t, 3, "/")
	status = 404
	e.clock = e.clock.Add(defaultErrorTTL + time.Second)
	wantEqual(t, "not found", e.do(t, get("/")).Code, 404)
}

func TestACustomErrorPageIsKeptForTheErrorCachingTime(t *testing.T) {
	t.Parallel()
	for control, keeps := range map[string]time.Duration{"": 5 * time.Second, "max-age=60": time.Minute} {
		status := 404
		e := newEdge()
		kept := Seconds(5 * time.Second)
		e.CustomErrorResponses = []ErrorResponse{{404, 200, "/sorry.html", &kept}}
		c := withCacheOn(t, e, hour, failing(&status, "Cache-Control", control))
		for range 2 {
			rec := c.do(t, get("/none"))
			wantEqual(t, "answer", strconv.Itoa(rec.Code)+rec.Body.String(), "200sorry")
			wantEqual(t, "x-cache", rec.Header().Get("X-Cache"), "Error from cloudfront")
		}
		wantEqual(t, "asked for the object and the page", c.asked, 2)
		status = 200
		c.clock = c.clock.Add(keeps - time.Second)
		wantEqual(t, "still", c.do(t, get("/none")).Body.String(), "sorry")
		c.clock = c.clock.Add(2 * time.Second)
		wantEqual(t, "then", c.do(t, get("/none")).Body.String(), "page")
	}
}
