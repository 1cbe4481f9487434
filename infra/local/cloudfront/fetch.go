package cloudfront

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// answer serves a request as it goes to the origin: from the cache, or by the origin.
func (s *Server) answer(out *response, r *http.Request) {
	b := out.behavior
	handler, ok := s.origins(b.origin.DomainName)
	switch {
	case !ok:
		out.fail(http.StatusBadGateway, "Error", "CloudFront wasn't able to connect to the origin "+b.origin.DomainName+".")
	case isWebSocket(out.request): // page distribution-working-with.websockets
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Upgrade", "websocket")
		out.result = "Error" // of a handshake that is refused
		handler.ServeHTTP(out, r)
	default:
		f := &fetch{server: s, out: out, origin: handler, request: r, accepted: b.cache.normalized(out.request)}
		if b.cache.caches() && (r.Method == http.MethodGet || r.Method == http.MethodHead || slices.Contains(b.CachedMethods, r.Method)) {
			f.fromCache()
			return
		}
		f.send(nil)
	}
}

// fetch is a request that the cache or the origin answers.
type fetch struct {
	server   *Server
	out      *response
	origin   http.Handler
	request  *http.Request // the origin's
	key      string        // "" keeps nothing
	accepted string        // normalized Accept-Encoding
}

// fromCache serves a fresh object. Otherwise one viewer's request goes to the origin, and those that come meanwhile get
// what it brings if that is kept (page RequestAndResponseBehaviorCustomOrigin, "Simultaneous requests for the same object").
func (f *fetch) fromCache() {
	s := f.server
	key := f.out.behavior.key(f.request)
	f.key = f.request.Method + key
	if f.request.Method == http.MethodHead && s.cache.get(http.MethodGet+key, f.accepted) != nil {
		f.key, f.request.Method = http.MethodGet+key, http.MethodGet // what GET brought serves HEAD as well
	}
	stale := s.cache.get(f.key, f.accepted)
	if stale != nil && s.now().Before(stale.expires) {
		f.out.send(stale, "Hit")
		return
	}
	flight := f.key + "\x00" + f.accepted
	for _, name := range conditions {
		flight += "\x00" + f.request.Header.Get(name)
	}
	f.request = f.request.WithContext(context.WithoutCancel(f.request.Context())) // others may wait for the answer
	leads := false
	shared, _, _ := s.flights.Do(flight, func() (any, error) {
		leads = true
		return f.ask(stale), nil
	})
	o := shared.(*object)
	switch {
	case leads:
		f.out.send(o, o.result)
	case s.now().Before(o.expires):
		f.out.send(o, "Hit")
	default:
		f.send(stale)
	}
}

func (f *fetch) send(stale *object) {
	o := f.ask(stale)
	f.out.send(o, o.result)
}

// ask gets an object from the origin, or the stale one when that still holds or must do, and keeps what may be kept.
func (f *fetch) ask(stale *object) *object {
	s, b := f.server, f.out.behavior
	revalidates := stale != nil && stale.status == http.StatusOK && !stale.failed
	conditional := !revalidates && slices.ContainsFunc(conditions, func(name string) bool { return f.request.Header.Get(name) != "" })
	if revalidates {
		unconditional(f.request.Header)
		setIf(f.request.Header, "If-None-Match", stale.header.Get("Etag"))
		setIf(f.request.Header, "If-Modified-Since", stale.header.Get("Last-Modified"))
	}
	o, now := record(f.origin, f.request), s.now()
	lifetime := b.cache.lifetime(o.status, o.header, now, s.errorTTL(o.status))
	if conditional && o.status != http.StatusOK {
		lifetime = 0
	}
	switch {
	case revalidates && o.status == http.StatusNotModified:
		o = stale.refreshed(o.header, b.cache, now)
		lifetime = o.expires.Sub(now)
	case revalidates && o.status >= http.StatusInternalServerError && stale.mayBeStale(now):
		lifetime = s.errorTTL(o.status) // page HTTPStatusCodes: then the origin is asked again
		o = stale.until(now.Add(lifetime), "Hit")
	default:
		f.finish(o, lifetime)
	}
	if f.key != "" && (lifetime > 0 || o.canBeValidated()) && len(o.body) <= maxObject {
		s.cache.put(f.key, o)
	}
	return o
}

// finish makes an origin's answer what is kept and served.
func (f *fetch) finish(o *object, lifetime time.Duration) {
	b, now := f.out.behavior, f.server.now()
	o.result, o.asked, o.headless = "Miss", f.accepted, f.request.Method == http.MethodHead
	o.stored, o.expires = now, now.Add(lifetime)
	if o.failed = o.status >= http.StatusBadRequest; o.failed {
		f.replace(o)
	}
	b.fromOrigin(o.header)
	setDefault(o.header, "Date", now.UTC().Format(http.TimeFormat))
	if encoding := b.compresses(f.accepted, o); f.key != "" && encoding != "" {
		o.compress(encoding)
	}
	if !o.headless {
		o.header.Set("Content-Length", strconv.Itoa(len(o.body)))
	}
}

// replace makes o the page that is declared for its status (page custom-error-pages). The page comes through the behaviour
// that covers its path, without that behaviour's functions; where it cannot be had the origin's answer stays.
func (f *fetch) replace(o *object) {
	rule := f.server.errors[o.status]
	b := f.server.behaviorFor(&url.URL{Path: rule.ResponsePagePath})
	handler, ok := f.server.origins(b.origin.DomainName)
	if rule.ResponsePagePath == "" || !ok {
		return
	}
	ask := f.out.request.Clone(f.request.Context())
	ask.Method, ask.Body, ask.ContentLength = http.MethodGet, http.NoBody, 0
	unconditional(ask.Header)
	setPath(ask.URL, rule.ResponsePagePath)
	if page := record(handler, b.originRequest(ask, f.out.id)); page.status == http.StatusOK {
		o.header, o.body, o.headless = page.header, page.body, false
		if rule.ResponseCode != 0 {
			o.status = int(rule.ResponseCode)
		}
	}
}

func (s *Server) errorTTL(status int) time.Duration {
	if ttl := s.errors[status].ErrorCachingMinTTL; ttl != nil {
		return time.Duration(*ttl)
	}
	return defaultErrorTTL
}

// recorder takes an origin's answer, which is whole in this process before the viewer gets it.
type recorder struct {
	object
	buffer bytes.Buffer
}

func record(origin http.Handler, r *http.Request) *object {
	w := recorder{object: object{header: http.Header{}}}
	origin.ServeHTTP(&w, r)
	w.WriteHeader(http.StatusOK)
	w.body = w.buffer.Bytes()
	return &w.object
}

// Header returns the origin's headers.
func (w *recorder) Header() http.Header { return w.header }

// WriteHeader notes the first status that is not informational.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
}

// Write takes a part of the body.
func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.buffer.Write(p)
}
