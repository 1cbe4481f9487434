package cloudfront

import (
	"compress/gzip"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// response passes an answer on to the viewer: without the headers of the origin's connection, with the behaviour's
// response headers policy, compressed where the rules say so.
type response struct {
	viewer   http.ResponseWriter
	request  *http.Request // the viewer's
	behavior compiledBehavior
	id       string
	cache    string // x-cache
	patience time.Duration
	sent     bool
	gz       *gzip.Writer // nil while the answer is not compressed
}

// Header returns the headers that will be sent.
func (w *response) Header() http.Header { return w.viewer.Header() }

// Unwrap lets an origin take over the connection of a WebSocket handshake.
func (w *response) Unwrap() http.ResponseWriter { return w.viewer }

// WriteHeader completes the headers and sends them once.
func (w *response) WriteHeader(status int) {
	if w.sent {
		return
	}
	w.sent = true
	w.extend()
	if status == http.StatusSwitchingProtocols { // the connection is the origin's and the viewer's from here on
		w.viewer.WriteHeader(status)
		return
	}
	h := w.Header()
	for _, name := range append(connectionHeaders(h), "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade") {
		h.Del(name)
	}
	if status >= 400 && strings.HasPrefix(w.cache, "Miss") {
		w.cache = "Error from cloudfront"
	}
	h.Set("X-Cache", w.cache)
	h.Set("X-Amz-Cf-Id", w.id)
	appendTo(h, "Via", "1.1 local.cloudfront.net (CloudFront)")
	w.behavior.ResponseHeaders.apply(h)
	if w.compresses(status) {
		w.startCompression()
	}
	w.viewer.WriteHeader(status)
}

// Write sends a part of the body.
func (w *response) Write(p []byte) (int, error) {
	if !w.sent {
		w.WriteHeader(http.StatusOK)
	}
	w.extend()
	if w.gz != nil {
		return w.gz.Write(p)
	}
	return w.viewer.Write(p)
}

// extend gives the viewer time to take the next part; one that does not read is dropped then.
func (w *response) extend() {
	_ = http.NewResponseController(w.viewer).SetWriteDeadline(time.Now().Add(w.patience)) // what has no connection does not wait
}

// finish sends an answer without a body and ends the compression.
func (w *response) finish() {
	w.WriteHeader(http.StatusOK)
	if w.gz != nil {
		_ = w.gz.Close() // a viewer that left is no error
		w.gz.Reset(nil)
		compressors.Put(w.gz)
		w.gz = nil
	}
}

// fail answers with an error of CloudFront's own.
func (w *response) fail(status int, result, reason string) {
	w.cache = result + " from cloudfront"
	page := errorPage(status, reason, w.id)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(page)))
	w.WriteHeader(status)
	_, _ = w.Write([]byte(page)) // a viewer that left is no error
}

// apply removes and adds headers; what the policy removes it can add again.
func (p ResponseHeaders) apply(h http.Header) {
	for _, name := range p.Remove {
		h.Del(name)
	}
	for _, add := range p.Set {
		if add.Override || h.Get(add.Name) == "" {
			h.Set(add.Name, add.Value)
		}
	}
}

var compressors = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// compresses applies the conditions of page ServingCompressedFiles.
func (w *response) compresses(status int) bool {
	h := w.Header()
	size, err := strconv.Atoi(h.Get("Content-Length"))
	return w.behavior.Compress && w.request.Method != http.MethodHead &&
		(status == http.StatusOK || status == http.StatusForbidden || status == http.StatusNotFound) &&
		err == nil && size >= 1_000 && size <= 10_000_000 &&
		h.Get("Content-Encoding") == "" && isCompressible(h.Get("Content-Type")) &&
		acceptsGzip(w.request.Header.Values("Accept-Encoding"))
}

// startCompression makes a strong ETag weak, as the compressed body is not that object byte for byte.
func (w *response) startCompression() {
	h := w.Header()
	h.Del("Content-Length")
	h.Del("Accept-Ranges")
	h.Set("Content-Encoding", "gzip")
	h.Add("Vary", "Accept-Encoding")
	if tag := h.Get("Etag"); strings.HasPrefix(tag, `"`) {
		h.Set("Etag", "W/"+tag)
	}
	w.gz = compressors.Get().(*gzip.Writer)
	w.gz.Reset(w.viewer)
}

func acceptsGzip(accepted []string) bool {
	for item := range strings.SplitSeq(strings.Join(accepted, ","), ",") {
		name, params, _ := strings.Cut(item, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
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
