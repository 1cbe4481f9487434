package cloudfront

import (
	"net/http"
	"strconv"
	"time"
)

// ErrorResponse is what a distribution answers instead of an origin's error (page custom-error-pages).
type ErrorResponse struct {
	PagePath      string // path of the page within the distribution; "" keeps the origin's answer
	Status        int    // status that the viewer gets
	CachingMinTTL time.Duration
}

// errorPage answers with the page that is declared for the origin's status. The page comes through the behaviour that
// covers its path, without that behaviour's function. Where it cannot be had, the origin's status stays.
func (s *Server) errorPage(w *originWriter, r *http.Request) {
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
		return
	}
	h := w.out.Header()
	for name, values := range captured.header {
		h[name] = values
	}
	h.Set("Content-Length", strconv.Itoa(len(captured.body)))
	w.out.cache = "Error from cloudfront"
	w.out.WriteHeader(w.replaced.Status)
	if w.out.request.Method != http.MethodHead {
		_, _ = w.out.Write(captured.body) // a viewer that left is no error
	}
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
