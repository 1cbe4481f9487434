package cloudfront

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// page makes the site answer with a body of one type.
func (e *edge) page(contentType, body string, header ...string) {
	e.site.answer = func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Header().Set("Etag", `"tag"`)
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		_, _ = io.WriteString(w, body)
	}
}

func TestTextIsCompressedForViewersThatAcceptIt(t *testing.T) {
	t.Parallel()
	e := newEdge()
	e.dist.Default.Compress = true
	text := strings.Repeat("雅 ", 1000)
	e.page("text/html; charset=utf-8", text)
	for range 2 { // the second one takes a used compressor
		rec := e.do(t, get("/", "Accept-Encoding", "br;q=1.0, gzip;q=0.8"))
		wantEqual(t, "encoding", rec.Header().Get("Content-Encoding"), "gzip")
		wantEqual(t, "etag", rec.Header().Get("Etag"), `W/"tag"`)
		wantEqual(t, "vary", rec.Header().Get("Vary"), "Accept-Encoding")
		wantEqual(t, "length", rec.Header().Get("Content-Length"), "")
		z, err := gzip.NewReader(rec.Body)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(z)
		if err != nil || string(plain) != text {
			t.Errorf("got %d bytes, %v", len(plain), err)
		}
	}
}

func TestWhatIsNotCompressed(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 2000)
	for name, c := range map[string]struct {
		contentType, body, accept string
		header                    []string
		off                       bool
	}{
		"not asked for":      {contentType: "text/html", body: long},
		"refused":            {contentType: "text/html", body: long, accept: "gzip;q=0"},
		"other encoding":     {contentType: "text/html", body: long, accept: "br, x-gzip"},
		"small":              {contentType: "text/html", body: long[:999], accept: "gzip"},
		"binary":             {contentType: "image/png", body: long, accept: "gzip"},
		"compressed already": {contentType: "text/html", body: long, accept: "gzip", header: []string{"Content-Encoding", "br"}},
		"switched off":       {contentType: "text/html", body: long, accept: "gzip", off: true},
	} {
		e := newEdge()
		e.dist.Default.Compress = !c.off
		e.page(c.contentType, c.body, c.header...)
		rec := e.do(t, get("/", "Accept-Encoding", c.accept))
		if rec.Header().Get("Content-Encoding") == "gzip" || rec.Body.String() != c.body {
			t.Errorf("%s: it was compressed", name)
		}
	}
}

func TestResponseHeadersPolicyIsApplied(t *testing.T) {
	t.Parallel()
	e := newEdge()
	e.dist.Default.ResponseHeaders = ResponseHeaders{
		Remove: []string{"X-Powered-By"},
		Set:    []ResponseHeader{{"X-Frame-Options", "DENY", true}, {"Referrer-Policy", "no-referrer", false}, {"X-New", "1", false}},
	}
	e.page("text/html", "x", "X-Frame-Options", "SAMEORIGIN", "Referrer-Policy", "origin", "X-Powered-By", "y")
	rec := e.do(t, get("/"))
	for name, want := range map[string]string{"X-Frame-Options": "DENY", "Referrer-Policy": "origin", "X-New": "1", "X-Powered-By": ""} {
		wantEqual(t, name, rec.Header().Get(name), want)
	}
	wantEqual(t, "an error of CloudFront's own", e.do(t, get("/"+strings.Repeat("a", maxURL))).Header().Get("X-Frame-Options"), "DENY")
	wantEqual(t, "another behaviour", e.do(t, get("/api/x")).Header().Get("X-Frame-Options"), "")
}
