package cloudfront

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// answerFrom serves a request from the cache, or from the origin.
func (s *Server) answerFrom(origin http.Handler, out *response, r *http.Request, b Behavior) {
	cacheable := b.Cache.caches() && (r.Method == http.MethodGet || r.Method == http.MethodHead)
	if !cacheable {
		s.ask(origin, out, r, b, "")
		return
	}
	key := b.OriginID + "\x00" + b.Cache.key(r)
	now := s.now()
	e := s.cache.get(key)
	switch {
	case e != nil && now.Before(e.expires):
		out.cache = "Hit from cloudfront"
	case e != nil && e.status == http.StatusOK && !e.failed:
		if e = s.revalidate(origin, out, r, b, key, e); e == nil {
			return
		}
	default:
		s.ask(origin, out, r, b, key)
		return
	}
	if e.failed {
		out.cache = "Error from cloudfront"
	}
	e.serve(out, r, now)
}

// revalidate asks the origin whether a stale object still holds, and returns it if so. Otherwise the origin's answer has
// gone to the viewer.
func (s *Server) revalidate(origin http.Handler, out *response, r *http.Request, b Behavior, key string, e *entry) *entry {
	ask := r.Clone(r.Context())
	for _, name := range conditions {
		ask.Header.Del(name)
	}
	ask.Method = http.MethodGet
	setIf(ask.Header, "If-None-Match", e.header.Get("Etag"))
	setIf(ask.Header, "If-Modified-Since", e.header.Get("Last-Modified"))
	w := &originWriter{out: out, header: http.Header{}, behavior: b, dist: &s.dist, now: s.now, revalidates: true, mayHoldBack: e.mayBeStale(), head: r.Method == http.MethodHead}
	origin.ServeHTTP(w, ask)
	switch {
	case w.status == http.StatusNotModified:
	case w.heldBack: // page HTTPStatusCodes: it serves for the error caching minimum TTL, then the origin is asked again
		out.cache = "Hit from cloudfront"
		kept := *e
		kept.expires = s.now().Add(s.dist.errorTTL(w.status))
		s.cache.put(key, &kept)
		return &kept
	default:
		s.finish(w, r, key)
		return nil
	}
	out.cache = "RefreshHit from cloudfront"
	e = e.refreshed(w.header, b.Cache, s.now())
	s.cache.put(key, e)
	return e
}

func setIf(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}

// conditions and ranges are answered by the origin where the object is not cached. Of such answers a whole object is kept.
var conditions = []string{"If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Range"}

// ask sends the request to the origin and keeps the answer under key if it may be kept; "" keeps nothing.
func (s *Server) ask(origin http.Handler, out *response, r *http.Request, b Behavior, key string) {
	if r.Method != http.MethodGet {
		key = ""
	}
	conditional := slices.ContainsFunc(conditions, func(name string) bool { return r.Header.Get(name) != "" })
	w := &originWriter{out: out, header: http.Header{}, behavior: b, dist: &s.dist, now: s.now, keeps: key != "", conditional: conditional}
	origin.ServeHTTP(w, r)
	s.finish(w, r, key)
}

func (s *Server) finish(w *originWriter, r *http.Request, key string) {
	if !w.sent {
		w.WriteHeader(http.StatusOK)
	}
	now := s.now()
	e := &entry{
		status: w.status, header: w.header, body: w.body.Bytes(), failed: w.status >= http.StatusBadRequest,
		paths: []string{w.out.request.URL.EscapedPath(), r.URL.EscapedPath()}, stored: now, expires: now.Add(w.lifetime),
	}
	if w.replaced != nil && !s.errorPage(w, r, e) {
		return
	}
	declared := e.header.Get("Content-Length")
	if key != "" && w.lifetime > 0 && !w.tooLarge && (declared == "" || declared == strconv.Itoa(len(e.body))) {
		s.cache.put(key, e)
	}
}

// originWriter takes an origin's answer: it passes it on to the viewer, keeps a copy of what may be cached, and holds
// back what a custom error response replaces.
type originWriter struct {
	out      *response
	header   http.Header
	behavior Behavior
	dist     *Distribution
	now      func() time.Time

	keeps       bool // a copy is wanted
	conditional bool // the viewer asked for a range or under a condition
	revalidates bool // 304 answers CloudFront's own question
	mayHoldBack bool // a 5xx is not passed on, because the stale object serves
	heldBack    bool
	head        bool // the viewer wants no body
	sent        bool
	status      int
	lifetime    time.Duration
	body        bytes.Buffer
	tooLarge    bool
	replaced    *ErrorResponse
}

// Header returns the origin's headers.
func (w *originWriter) Header() http.Header { return w.header }

// Unwrap lets an origin take over the connection of a WebSocket handshake.
func (w *originWriter) Unwrap() http.ResponseWriter { return w.out }

// WriteHeader decides what becomes of the answer.
func (w *originWriter) WriteHeader(status int) {
	if w.sent {
		return
	}
	w.sent, w.status = true, status
	w.heldBack = w.mayHoldBack && status >= http.StatusInternalServerError
	if w.heldBack || w.revalidates && status == http.StatusNotModified {
		return
	}
	if w.revalidates || w.keeps && (!w.conditional || status == http.StatusOK) {
		w.lifetime = w.behavior.Cache.lifetime(status, w.header, w.now(), w.dist.errorTTL(status))
	}
	if rule := w.dist.Errors[status]; rule.PagePath != "" {
		w.replaced = &rule
		return
	}
	if !w.behavior.forwardsCookies() { // page Cookies: then Set-Cookie does not reach viewers
		w.header.Del("Set-Cookie")
	}
	w.behavior.varyForViewers(w.header)
	h := w.out.Header()
	for name, values := range w.header {
		h[name] = slices.Clone(values)
	}
	w.out.WriteHeader(status)
}

// Write passes a part of the body on.
func (w *originWriter) Write(p []byte) (int, error) {
	if !w.sent {
		w.WriteHeader(http.StatusOK)
	}
	if w.replaced != nil || w.heldBack || w.revalidates && w.status == http.StatusNotModified {
		return len(p), nil
	}
	if w.lifetime > 0 && !w.tooLarge {
		if w.tooLarge = w.body.Len()+len(p) > maxObject; !w.tooLarge {
			w.body.Write(p)
		}
	}
	if w.head {
		return len(p), nil
	}
	return w.out.Write(p)
}
