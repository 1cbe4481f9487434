package cloudfront

import (
	"net/http"
	"strconv"
	"strings"
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
	zip      compressor // nil while the answer is not compressed
	encoding string     // of zip
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
	if encoding := w.encodingFor(status); encoding != "" {
		w.startCompression(encoding)
	}
	w.viewer.WriteHeader(status)
}

// Write sends a part of the body.
func (w *response) Write(p []byte) (int, error) {
	if !w.sent {
		w.WriteHeader(http.StatusOK)
	}
	w.extend()
	if w.zip != nil {
		return w.zip.Write(p)
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
	if w.zip != nil {
		_ = w.zip.Close() // a viewer that left is no error
		w.zip.Reset(nil)
		compressors[w.encoding].Put(w.zip)
		w.zip = nil
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
