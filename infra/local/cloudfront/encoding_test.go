package cloudfront

import (
	"strings"
	"testing"
)

func TestATagThatIsInvalidIsRemovedWithCompression(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{`"1"`: `W/"1"`, `W/"1"`: `W/"1"`, "1": ""} {
		e := newEdge()
		e.Default.Cache, e.Default.Compress = optimized, true
		e.page("text/html", strings.Repeat("a", 1_000), "Etag", tag)
		wantEqual(t, tag, e.do(t, get("/", "Accept-Encoding", "gzip")).Header().Get("Etag"), want)
		e = newEdge()
		e.page("text/html", "short", "Etag", tag)
		wantEqual(t, "as it is", e.do(t, get("/")).Header().Get("Etag"), tag)
	}
}

func TestAViewerOfHTTP10GetsNoCompression(t *testing.T) {
	t.Parallel()
	e := newEdge()
	e.Default.Cache, e.Default.Compress = optimized, true
	e.page("text/html", strings.Repeat("a", 1_000))
	r := get("/", "Accept-Encoding", "gzip")
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.0", 1, 0
	wantEqual(t, "encoding", e.do(t, r).Header().Get("Content-Encoding"), "")
	wantEqual(t, "at the origin", e.site.request.Header.Get("Accept-Encoding"), "")
}
