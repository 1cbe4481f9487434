package cloudfront

import (
	"compress/gzip"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

// Encodings that CloudFront makes, in the order in which it prefers them.
const (
	encodingBrotli = "br"
	encodingGzip   = "gzip"
)

// compressor is a writer that another answer can use once it is closed.
type compressor interface {
	io.WriteCloser
	Reset(to io.Writer)
}

// brotliLevel is as fast as gzip's default level and smaller.
const brotliLevel = 4

var compressors = map[string]*sync.Pool{
	encodingBrotli: {New: func() any { return brotli.NewWriterLevel(nil, brotliLevel) }},
	encodingGzip:   {New: func() any { return gzip.NewWriter(nil) }},
}

// encodings are those of the viewer's Accept-Encoding that the policy enables, none for HTTP 1.0: joined, the normalized header that is in
// the key and reaches the origin (page ServingCompressedFiles and cache-key-understand-cache-policy, "Compression
// support").
func (p CachePolicy) encodings(r *http.Request) []string {
	accepted := r.Header.Values("Accept-Encoding")
	if !r.ProtoAtLeast(1, 1) {
		return nil
	}
	var list []string
	for _, e := range []struct {
		name    string
		enabled bool
	}{{encodingBrotli, p.Brotli}, {encodingGzip, p.Gzip}} {
		if e.enabled && accepts(accepted, e.name) {
			list = append(list, e.name)
		}
	}
	return list
}

// normalizesEncoding reports whether Accept-Encoding is more than any other header to the policy.
func (p CachePolicy) normalizesEncoding() bool { return p.Brotli || p.Gzip }

// encodingFor applies the conditions of page ServingCompressedFiles; "" sends the answer as it is.
func (w *response) encodingFor(status int) string {
	h := w.Header()
	size, err := strconv.Atoi(h.Get("Content-Length"))
	accepted := w.behavior.Cache.encodings(w.request)
	switch {
	case !w.behavior.Compress, len(accepted) == 0, w.request.Method == http.MethodHead,
		status != http.StatusOK && status != http.StatusForbidden && status != http.StatusNotFound,
		err != nil, size < 1_000, size > 10_000_000,
		h.Get("Content-Encoding") != "", !isCompressible(h.Get("Content-Type")):
		return ""
	}
	return accepted[0]
}

// startCompression makes a strong ETag weak, as the compressed body is not that object byte for byte, and removes an
// invalid one.
func (w *response) startCompression(encoding string) {
	h := w.Header()
	h.Del("Content-Length")
	h.Del("Accept-Ranges")
	h.Set("Content-Encoding", encoding)
	h.Add("Vary", "Accept-Encoding")
	switch tag := h.Get("Etag"); {
	case strings.HasPrefix(tag, `"`):
		h.Set("Etag", "W/"+tag)
	case !strings.HasPrefix(tag, "W/"):
		h.Del("Etag")
	}
	w.encoding, w.zip = encoding, compressors[encoding].Get().(compressor)
	w.zip.Reset(w.viewer)
}

// accepts reads Accept-Encoding (RFC 9110, section 12.5.3).
func accepts(accepted []string, encoding string) bool {
	for item := range strings.SplitSeq(strings.Join(accepted, ","), ",") {
		name, params, _ := strings.Cut(item, ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			q, weighted := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
			weight, err := strconv.ParseFloat(q, 64)
			return !weighted || err != nil || weight > 0
		}
	}
	return false
}

// compressible are the types of page ServingCompressedFiles, "File types that CloudFront compresses".
var compressible = strings.Fields(`
	application/dash+xml application/eot application/font application/font-sfnt application/javascript application/json
	application/opentype application/otf application/pdf application/pkcs7-mime application/protobuf application/rss+xml
	application/truetype application/ttf application/vnd.apple.mpegurl application/vnd.mapbox-vector-tile
	application/vnd.ms-fontobject application/wasm application/xhtml+xml application/xml application/x-font-opentype
	application/x-font-truetype application/x-font-ttf application/x-httpd-cgi application/x-javascript
	application/x-mpegurl application/x-opentype application/x-otf application/x-perl application/x-ttf font/eot
	font/opentype font/otf font/ttf image/svg+xml text/css text/csv text/html text/javascript text/js text/plain
	text/richtext text/tab-separated-values text/xml text/x-component text/x-java-source text/x-script
	vnd.apple.mpegurl`)

func isCompressible(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && slices.Contains(compressible, t)
}
