package cloudfront

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"html"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Limits of a request (page cloudfront-limits, "General quotas").
const (
	maxURL     = 8_192  // bytes
	maxRequest = 20_480 // bytes of URL and headers
)

// viewerPatience is how long a viewer may take to read a part of an answer.
const viewerPatience = time.Minute

// New returns the handler of a distribution. origins finds the handler of an origin by host name when a request needs
// it. The handler starts no goroutine of its own.
func New(d Distribution, origins func(host string) (http.Handler, bool)) (*Server, error) {
	s := &Server{dist: d, origins: origins, cache: newCache(), now: time.Now, patience: viewerPatience}
	for _, b := range append(slices.Clone(d.Behaviors), d.Default) {
		if _, ok := d.Origins[b.OriginID]; !ok {
			return nil, fmt.Errorf("behaviour %q names the origin %q, which the distribution does not have", b.PathPattern, b.OriginID)
		}
		c := compiledBehavior{Behavior: b}
		if b.ViewerRequest.Code != "" {
			var err error
			if c.function, err = compileFunction(b.ViewerRequest); err != nil {
				return nil, fmt.Errorf("behaviour %q: %w", b.PathPattern, err)
			}
		}
		s.behaviors = append(s.behaviors, c)
	}
	return s, nil
}

type compiledBehavior struct {
	Behavior
	function *function // nil where none is associated
}

// Server serves a distribution.
type Server struct {
	dist      Distribution
	origins   func(host string) (http.Handler, bool)
	behaviors []compiledBehavior // the default is last
	cache     *cache
	now       func() time.Time
	patience  time.Duration
}

// Invalidate removes the objects under the paths from the cache; a * at a path's end covers what begins so.
func (s *Server) Invalidate(paths ...string) { s.cache.invalidate(paths) }

// ServeHTTP chooses the behaviour by the viewer's path, runs its function, and asks the origin.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out := &response{viewer: w, request: r, behavior: s.behaviorFor(r.URL.EscapedPath()), id: requestID(), cache: "Miss from cloudfront", patience: s.patience}
	s.serve(out, r)
	out.finish()
}

func (s *Server) serve(out *response, r *http.Request) {
	b := out.behavior
	if status, reason := refusal(b, r); status != 0 {
		out.fail(status, "Error", reason)
		return
	}
	in := r.Clone(r.Context()) // functions and policies never change the viewer's request
	if in.URL.Path == "" {
		in.URL.Path = "/"
	}
	if b.function != nil {
		generated, err := b.function.apply(in, s.eventContext(r, out.id))
		if err != nil {
			slog.Warn("cloudfront function failed", "function", b.ViewerRequest.ARN, "path", r.URL.Path, "error", err.err)
			out.fail(err.status, err.result, err.Error())
			return
		}
		if generated != nil {
			out.cache = "FunctionGeneratedResponse from cloudfront"
			generated.write(out)
			return
		}
	}
	s.forward(out, in, b.Behavior)
}

// behaviorFor returns the first behaviour whose pattern covers the path. A function's rewrite does not change it.
func (s *Server) behaviorFor(path string) compiledBehavior {
	path = normalize(path)
	last := len(s.behaviors) - 1
	for _, b := range s.behaviors[:last] {
		if matchPattern(b.PathPattern, path) {
			return b
		}
	}
	return s.behaviors[last]
}

// refusal returns the status and reason for a request that CloudFront does not pass on, or 0 (pages
// RequestAndResponseBehaviorCustomOrigin and DownloadDistValuesCacheBehavior, "Allowed HTTP methods").
func refusal(b compiledBehavior, r *http.Request) (int, string) {
	size := len(r.URL.RequestURI())
	if size > maxURL {
		return http.StatusRequestEntityTooLarge, "Bad request. The URL is longer than 8,192 bytes."
	}
	for name, values := range r.Header {
		for _, v := range values {
			size += len(name) + len(v)
		}
	}
	switch {
	case size > maxRequest:
		return http.StatusRequestEntityTooLarge, "Bad request. The headers are longer than 20,480 bytes."
	case r.Method == http.MethodTrace || r.Method == http.MethodConnect:
		return http.StatusMethodNotAllowed, "The HTTP method is never passed on."
	case !slices.Contains(b.AllowedMethods, r.Method):
		return http.StatusForbidden, "This distribution is not configured to allow the HTTP request method that was used for this request."
	case r.Method == http.MethodGet && r.ContentLength != 0:
		return http.StatusForbidden, "Bad request. A GET request must not have a body."
	}
	return 0, ""
}

func isWebSocket(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket") &&
		strings.Contains(strings.ToLower(strings.Join(r.Header.Values("Connection"), ",")), "upgrade")
}

// forward sends the request to the behaviour's origin.
func (s *Server) forward(out *response, in *http.Request, b Behavior) {
	o := s.dist.Origins[b.OriginID]
	handler, ok := s.origins(o.Domain)
	if !ok {
		out.fail(http.StatusBadGateway, "Error", "CloudFront wasn't able to connect to the origin "+o.Domain+".")
		return
	}
	if in.URL.Path == "/" && s.dist.DefaultRootObject != "" {
		setPath(in.URL, "/"+s.dist.DefaultRootObject)
	}
	request := originRequest(in, b, o, out.id)
	if isWebSocket(out.request) { // page distribution-working-with.websockets
		request.Header.Set("Connection", "Upgrade")
		request.Header.Set("Upgrade", "websocket")
	}
	s.answerFrom(handler, out, request, b)
}

func (s *Server) eventContext(r *http.Request, id string) eventContext {
	return eventContext{DomainName: s.dist.DomainName, DistributionID: s.dist.ID, EventType: "viewer-request", RequestID: id, viewerIP: viewerIP(r)}
}

func viewerIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// setPath sets a path that may hold percent escapes.
func setPath(u *url.URL, escaped string) {
	if plain, err := url.PathUnescape(escaped); err == nil {
		u.Path, u.RawPath = plain, escaped
		return
	}
	u.Path, u.RawPath = escaped, ""
}

func requestID() string {
	b := make([]byte, 40)
	_, _ = rand.Read(b) // never fails: see crypto/rand
	return base64.URLEncoding.EncodeToString(b)
}

// errorPage is what CloudFront itself answers.
func errorPage(status int, reason, id string) string {
	return fmt.Sprintf("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>ERROR: The request could not be satisfied</title></head>\n"+
		"<body><h1>%d ERROR</h1><h2>The request could not be satisfied.</h2><hr><p>%s</p><pre>Generated by cloudfront (CloudFront)\nRequest ID: %s</pre></body></html>\n",
		status, html.EscapeString(reason), id)
}
