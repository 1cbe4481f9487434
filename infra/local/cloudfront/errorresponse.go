package cloudfront

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// ErrorResponse is what a distribution answers instead of an origin's error (page custom-error-pages).
type ErrorResponse struct {
	PagePath      string // path of the page within the distribution; "" keeps the origin's answer
	Status        int    // status that the viewer gets
	CachingMinTTL time.Duration
}

// DefaultErrorTTL is the error caching minimum TTL where none is declared (page custom-error-pages-expiration).
const DefaultErrorTTL = 10 * time.Second

func (d *Distribution) errorTTL(status int) time.Duration {
	if rule, declared := d.Errors[status]; declared {
		return rule.CachingMinTTL
	}
	return DefaultErrorTTL
}

// errorPage answers with the page that is declared for the origin's status, and makes it what e keeps. The page comes
// through the behaviour that covers its path, without that behaviour's function. Where it cannot be had, the origin's
// status stays and the result is false.
func (s *Server) errorPage(w *originWriter, r *http.Request, e *entry) bool {
	page := s.behaviorFor(w.replaced.PagePath)
	o := s.dist.Origins[page.OriginID]
	handler, ok := s.origins(o.Domain)
	captured := &pageWriter{header: http.Header{}}
	if ok {
		ask := r.Clone(r.Context())
		ask.Method, ask.Body, ask.ContentLength = http.MethodGet, http.NoBody, 0
		for _, name := range conditions {
			ask.Header.Del(name)
		}
		setPath(ask.URL, w.replaced.PagePath)
		handler.ServeHTTP(captured, originRequest(ask, page.Behavior, o, w.out.id))
	}
	if captured.status != http.StatusOK {
		w.out.fail(w.status, "Error", "The origin answered with an error, and the page declared for it could not be read.")
		return false
	}
	e.status, e.header, e.body = w.replaced.Status, captured.header, captured.body
	e.header.Set("Content-Length", strconv.Itoa(len(e.body)))
	h := w.out.Header()
	for name, values := range e.header {
		h[name] = slices.Clone(values)
	}
	w.out.cache = "Error from cloudfront"
	w.out.WriteHeader(w.replaced.Status)
	if w.out.request.Method != http.MethodHead {
		_, _ = w.out.Write(captured.body) // a viewer that left is no error
	}
	return true
}

// pageWriter takes a whole answer.
type pageWriter struct {
	header http.Header
	status int
	body   []byte
}

// Header returns the headers.
func (w *pageWriter) Header() http.Header { return w.header }

// WriteHeader notes the status.
func (w *pageWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write appends to the body.
func (w *pageWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	w.body = append(w.body, p...)
	return len(p), nil
}
