package cloudfront

import (
	"bytes"
	"compress/gzip"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/andybalholm/brotli"
)

// brotliLevel is as fast as gzip's default level and smaller.
const brotliLevel = 4

// normalizesEncoding reports whether Accept-Encoding is more than any other header to the policy.
func (p CachePolicy) normalizesEncoding() bool {
	return bool(p.Key.EnableAcceptEncodingBrotli || p.Key.EnableAcceptEncodingGzip)
}

// normalized is what the policy makes of the viewer's Accept-Encoding: br,gzip, one of them, or nothing (page
// cache-key-understand-cache-policy, "Compression support"). A viewer of HTTP 1.0 gets nothing compressed (page
// ServingCompressedFiles).
func (p CachePolicy) normalized(r *http.Request) string {
	var list []string
	if bool(p.Key.EnableAcceptEncodingBrotli) && accepts(r, "br") {
		list = append(list, "br")
	}
	if bool(p.Key.EnableAcceptEncodingGzip) && accepts(r, "gzip") {
		list = append(list, "gzip")
	}
	return strings.Join(list, ",")
}

// accepts reads Accept-Encoding (RFC 9110, section 12.5.3).
func accepts(r *http.Request, encoding string) bool {
	if !r.ProtoAtLeast(1, 1) {
		return false
	}
	for item := range listed(r.Header, "Accept-Encoding") {
		name, params, _ := strings.Cut(item, ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			q, weighted := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
			weight, err := strconv.ParseFloat(q, 64)
			return !weighted || err != nil || weight > 0
		}
	}
	return false
}

// compresses applies the conditions of page ServingCompressedFiles and returns the encoding, if any. The preferred one comes
// first in accepted, a normalized Accept-Encoding.
func (b *behavior) compresses(accepted string, o *object) (encoding string) {
	size, err := strconv.Atoi(o.header.Get("Content-Length"))
	if !bool(b.Compress) || o.headless || o.header.Get("Content-Encoding") != "" || err != nil || size < 1_000 || size > 10_000_000 ||
		!slices.Contains([]int{http.StatusOK, http.StatusForbidden, http.StatusNotFound}, o.status) || !isCompressible(o.header.Get("Content-Type")) {
		return ""
	}
	encoding, _, _ = strings.Cut(accepted, ",")
	return encoding
}

// compress makes a strong ETag weak, as the compressed body is not that object byte for byte, and removes an invalid one.
func (o *object) compress(encoding string) {
	var compressed bytes.Buffer
	var to io.WriteCloser = gzip.NewWriter(&compressed)
	if encoding == "br" {
		to = brotli.NewWriterLevel(&compressed, brotliLevel)
	}
	_, _ = to.Write(o.body) // a buffer takes everything
	_ = to.Close()
	o.body = compressed.Bytes()
	o.header.Set("Content-Encoding", encoding)
	if !slices.Contains(slices.Collect(listed(o.header, "Vary")), "Accept-Encoding") {
		o.header.Add("Vary", "Accept-Encoding")
	}
	switch tag := o.header.Get("Etag"); {
	case strings.HasPrefix(tag, `"`):
		o.header.Set("Etag", "W/"+tag)
	case !strings.HasPrefix(tag, "W/"):
		o.header.Del("Etag")
	}
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
