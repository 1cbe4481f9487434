package cloudfront

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/miyabi-society/platform/infra/local/byterange"
)

const (
	via = "local.cloudfront.net (CloudFront)"
	pop = "LOC50-C1" // a location as CloudFront names them
)

// response passes an answer on to the viewer: with the behaviour's response headers policy, then its viewer-response
// function, and CloudFront's own headers.
type response struct {
	server   *Server
	viewer   http.ResponseWriter
	request  *http.Request // the viewer's
	behavior *behavior
	id       string
	result   string // the first word of x-cache
	edge     bool   // it was made here: no function runs on it
	page     []byte // replaces the body that is written, unless nil
	sent     bool
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
	w.behavior.headers.apply(h)
	if f := w.behavior.functions[viewerResponse]; f != nil && !w.edge && status < http.StatusBadRequest {
		var failure *functionFailure
		if status, failure = f.onResponse(w, status); failure != nil {
			status = w.replace(f, failure)
		}
	}
	h.Set("X-Cache", w.result+" from cloudfront")
	h.Set("X-Amz-Cf-Id", w.id)
	h.Set("X-Amz-Cf-Pop", pop)
	appendTo(h, "Via", "1.1 "+via)
	setDefault(h, "Server", "CloudFront")
	w.viewer.WriteHeader(status)
	if w.page != nil && w.request.Method != http.MethodHead {
		_, _ = w.viewer.Write(w.page) // a viewer that left is no error
	}
}

// Write sends a part of the body.
func (w *response) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.page != nil || w.request.Method == http.MethodHead {
		return len(p), nil
	}
	w.extend()
	return w.viewer.Write(p)
}

// extend gives the viewer time to take the next part; one that does not read is dropped then.
func (w *response) extend() {
	_ = http.NewResponseController(w.viewer).SetWriteDeadline(time.Now().Add(w.server.patience)) // what has no connection does not wait
}

// send answers with what the origin was asked for: an object that it brought, or one that still holds.
func (w *response) send(o *object) {
	if o.result != "Miss" && !o.failed {
		w.sendKept(o, o.result)
		return
	}
	w.result = o.result
	w.sendWhole(o)
}

func (w *response) sendWhole(o *object) {
	maps.Copy(w.Header(), o.header.Clone())
	w.WriteHeader(o.status)
	_, _ = io.CopyN(w, bytes.NewReader(o.body), int64(len(o.body))) // in parts; a viewer that left is no error
}

// sendKept answers from the cache: conditions and ranges apply to whole objects (pages RangeGETs and
// RequestAndResponseBehaviorS3Origin).
func (w *response) sendKept(o *object, result string) {
	w.result = result
	h := w.Header()
	h.Set("Age", strconv.Itoa(int(w.server.now().Sub(o.stored).Seconds())))
	if o.failed {
		w.result = "Error"
	}
	if o.status != http.StatusOK || o.failed || o.headless {
		w.sendWhole(o)
		return
	}
	maps.Copy(h, o.header.Clone())
	h.Del("Content-Length")
	r := w.request.Clone(w.request.Context())
	if !byterange.InOrder(r.Header.Get("Range"), int64(len(o.body))) {
		r.Header.Del("Range")
	}
	modified, _ := http.ParseTime(h.Get("Last-Modified")) // without one that condition does not apply
	http.ServeContent(w, r, "", modified, bytes.NewReader(o.body))
}

// fail answers with an error of CloudFront's own; result is the first word of x-cache.
func (w *response) fail(status int, result, reason string) {
	w.edge = true
	w.setPage(status, result, reason)
	w.WriteHeader(status)
}

// failFunction answers that a function brought no usable result.
func (w *response) failFunction(f *function, failure *functionFailure) {
	w.edge = true
	w.WriteHeader(w.replace(f, failure))
}

func (w *response) replace(f *function, failure *functionFailure) int {
	slog.Warn("cloudfront function failed", "function", f.arn, "path", w.request.URL.Path, "error", failure.err)
	w.setPage(failure.status, failure.result, failure.Error())
	return failure.status
}

// setPage makes the error page the answer.
func (w *response) setPage(status int, result, reason string) {
	w.result = result
	w.page = fmt.Appendf(nil, errorPage, status, html.EscapeString(reason), w.id)
	h := w.Header()
	clear(h)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(w.page)))
	w.behavior.headers.apply(h)
}

const errorPage = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>ERROR: The request could not be satisfied</title></head>
<body><h1>%d ERROR</h1><h2>The request could not be satisfied.</h2><hr><p>%s</p><pre>Generated by cloudfront (CloudFront)
Request ID: %s</pre></body></html>
`
