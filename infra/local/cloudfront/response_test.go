package cloudfront

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
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

// compressing enables encodings.
func compressing(brotli, gzip Flag) CachePolicy {
	p := hour
	p.Key.EnableAcceptEncodingBrotli, p.Key.EnableAcceptEncodingGzip = brotli, gzip
	return p
}

var both = compressing(true, true)

func TestTextIsCompressedForViewersThatAcceptIt(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("雅 ", 1000)
	for _, c := range []struct {
		policy         CachePolicy
		accepted, want string
	}{
		{both, "gzip, deflate, br", "br"}, // Brotli is preferred
		{both, "br;q=0.1, gzip;q=1.0", "br"},
		{both, "BR", "br"},
		{both, "gzip", "gzip"},
		{both, "br;q=0, gzip", "gzip"},
		{compressing(false, true), "br, gzip", "gzip"},
		{compressing(true, false), "gzip, br", "br"},
	} {
		e := newEdge()
		e.Default.Compress, e.Default.Cache = true, c.policy
		e.page("text/html; charset=utf-8", text)
		for range 2 { // the second one is from the cache
			rec := e.do(t, get("/", "Accept-Encoding", c.accepted))
			wantEqual(t, c.accepted, rec.Header().Get("Content-Encoding"), c.want)
			wantEqual(t, "etag", rec.Header().Get("Etag"), `W/"tag"`)
			wantEqual(t, "vary", rec.Header().Get("Vary"), "Accept-Encoding")
			wantEqual(t, "text", decompress(t, c.want, rec.Body), text)
		}
	}
}

func decompress(t *testing.T, encoding string, body io.Reader) string {
	t.Helper()
	var plain io.Reader = brotli.NewReader(body)
	if encoding == "gzip" {
		z, err := gzip.NewReader(body)
		if err != nil {
			t.Fatal(err)
		}
		plain = z
	}
	b, err := io.ReadAll(plain)
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

func TestTheOriginGetsWhatThePolicyMakesOfAcceptEncoding(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		policy         CachePolicy
		forward        OriginRequestPolicy
		accepted, want string
	}{
		{both, OriginRequestPolicy{}, "gzip;q=0.5, deflate, br", "br,gzip"},
		{both, allViewer, "gzip, deflate", "gzip"},
		{compressing(false, true), OriginRequestPolicy{}, "gzip, br", "gzip"},
		{both, allViewer, "deflate", "identity"},
		{both, OriginRequestPolicy{}, "gzip;q=0", "identity"},
		{both, allViewer, "", ""},
		{CachePolicy{}, OriginRequestPolicy{}, "gzip", ""}, // like any other header
		{CachePolicy{}, allViewer, "gzip, deflate, br", "gzip, deflate, br"},
	} {
		e := newEdge()
		e.Default.Cache, e.Default.Forward = c.policy, c.forward
		e.do(t, get("/", "Accept-Encoding", c.accepted))
		wantEqual(t, c.accepted, e.site.request.Header.Get("Accept-Encoding"), c.want)
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
		"other encoding":     {contentType: "text/html", body: long, accept: "deflate, x-gzip"},
		"small":              {contentType: "text/html", body: long[:999], accept: "gzip"},
		"binary":             {contentType: "image/png", body: long, accept: "gzip"},
		"compressed already": {contentType: "text/html", body: long, accept: "gzip", header: []string{"Content-Encoding", "br"}},
		"switched off":       {contentType: "text/html", body: long, accept: "gzip", off: true},
	} {
		e := newEdge()
		e.Default.Compress, e.Default.Cache = Flag(!c.off), both
		e.page(c.contentType, c.body, c.header...)
		rec := e.do(t, get("/", "Accept-Encoding", c.accept))
		if rec.Header().Get("Vary") != "" || rec.Body.String() != c.body {
			t.Errorf("%s: it was compressed", name)
		}
	}
}

func TestResponseHeadersPolicyIsApplied(t *testing.T) {
	t.Parallel()
	e := newEdge()
	decode(t, `{"RemoveHeadersConfig": {"Items": [{"Header": "X-Powered-By"}]},
		"SecurityHeadersConfig": {"FrameOptions": {"FrameOption": "DENY", "Override": true}, "ReferrerPolicy": {"ReferrerPolicy": "no-referrer", "Override": "false"}},
		"CustomHeadersConfig": {"Items": [{"Header": "x-new", "Value": "1", "Override": false}, {"Header": "x-empty", "Override": true}]}}`, &e.Default.Headers)
	e.page("text/html", "x", "X-Frame-Options", "SAMEORIGIN", "Referrer-Policy", "origin", "X-Powered-By", "y")
	rec := e.do(t, get("/"))
	for name, want := range map[string]string{"X-Frame-Options": "DENY", "Referrer-Policy": "origin", "X-New": "1", "X-Powered-By": ""} {
		wantEqual(t, name, rec.Header().Get(name), want)
	}
	wantEqual(t, "an error of CloudFront's own", e.do(t, get("/"+strings.Repeat("a", maxURL))).Header().Get("X-Frame-Options"), "DENY")
	wantEqual(t, "another behaviour", e.do(t, get("/api/x")).Header().Get("X-Frame-Options"), "")
}
