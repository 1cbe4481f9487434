package cloudfront

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/miyabi-society/platform/infra/local/wildcard"
)

// Limits of a request (page cloudfront-limits, "General quotas").
const (
	maxURL     = 8_192  // bytes
	maxRequest = 20_480 // bytes of URL and headers
)

// viewerPatience is how long a viewer may take to read a part of an answer.
const viewerPatience = time.Minute

// Server serves a distribution. It starts no goroutine of its own.
type Server struct {
	id, domain string
	root       string // what "/" stands for, without a leading slash
	behaviors  []*behavior
	errors     map[int]ErrorResponse
	origins    func(host string) (http.Handler, bool)
	cache      *cache
	flights    singleflight.Group
	now        func() time.Time
	patience   time.Duration
}

// behavior is a Behavior with what it refers to.
type behavior struct {
	Behavior
	origin    Origin
	cache     CachePolicy
	forward   OriginRequestPolicy
	headers   ResponseHeadersPolicy
	functions map[string]*function // by event type
}

// New returns the handler of the distribution with this id and domain name, which reach its functions. origins finds the
// handler of an origin by host name when a request needs it.
func New(id, domain string, c Config, p Policies, origins func(host string) (http.Handler, bool)) (*Server, error) {
	s := &Server{
		id: id, domain: domain, root: strings.TrimPrefix(c.DefaultRootObject, "/"), errors: map[int]ErrorResponse{},
		origins: origins, cache: newCache(), now: time.Now, patience: viewerPatience,
	}
	for _, config := range append(slices.Clone(c.CacheBehaviors), c.DefaultCacheBehavior) { // the default is last
		b, err := newBehavior(config, c.Origins, p)
		if err != nil {
			return nil, fmt.Errorf("behaviour %q: %w", config.PathPattern, err)
		}
		s.behaviors = append(s.behaviors, b)
	}
	for _, e := range c.CustomErrorResponses {
		if !slices.Contains(errorCodes, e.ErrorCode) {
			return nil, fmt.Errorf("CustomErrorResponses: CloudFront has no error responses for the status %d", e.ErrorCode)
		}
		s.errors[int(e.ErrorCode)] = e
	}
	return s, nil
}

func newBehavior(config Behavior, origins []Origin, p Policies) (*behavior, error) {
	b := &behavior{Behavior: config, functions: map[string]*function{}}
	if len(b.AllowedMethods) == 0 {
		b.AllowedMethods = []string{http.MethodGet, http.MethodHead}
	}
	i := slices.IndexFunc(origins, func(o Origin) bool { return o.ID == config.TargetOriginID })
	if i < 0 {
		return nil, fmt.Errorf("it names the origin %q, which the distribution does not have", config.TargetOriginID)
	}
	b.origin = origins[i]
	var unknown [3]error
	b.cache, unknown[0] = find(p.Caches, "cache policy", config.CachePolicyID)
	b.forward, unknown[1] = find(p.Requests, "origin request policy", config.OriginRequestPolicyID)
	b.headers, unknown[2] = find(p.Responses, "response headers policy", config.ResponseHeadersPolicyID)
	for _, a := range config.FunctionAssociations {
		code, err := find(p.Functions, "function", a.FunctionARN)
		if err == nil {
			b.functions[a.EventType], err = compileFunction(a.FunctionARN, code)
		}
		if err != nil {
			return nil, err
		}
	}
	return b, errors.Join(unknown[:]...)
}

// ServeHTTP chooses the behaviour by the viewer's path, runs its function, and asks the cache or the origin.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out := &response{server: s, viewer: w, request: r, behavior: s.behaviorFor(r.URL), id: rand.Text() + rand.Text() + "=="}
	s.serve(out, r)
	out.WriteHeader(http.StatusOK) // an answer without a body
}

func (s *Server) serve(out *response, r *http.Request) {
	if status, reason := refusal(out.behavior, r); status != 0 {
		out.fail(status, "Error", reason)
		return
	}
	in := r.Clone(r.Context()) // functions and policies never change the viewer's request
	if in.URL.Path == "" {
		in.URL.Path = "/"
	}
	if f := out.behavior.functions[viewerRequest]; f != nil {
		generated, err := f.onRequest(in, out)
		if err != nil {
			generated = out.setFailure(f, err)
		}
		if generated != 0 {
			out.edge = true
			out.WriteHeader(generated)
			return
		}
	}
	if in.URL.Path == "/" && s.root != "" {
		setPath(in.URL, "/"+s.root)
	}
	s.answer(out, out.behavior.originRequest(in, out.id))
}

// behaviorFor returns the first behaviour whose pattern covers the path (page DownloadDistValuesCacheBehavior, "Path
// pattern"): * stands for any text, slashes included, ? for exactly one character; case counts; the leading slash may be
// missing. Dot segments are removed for this alone (RFC 3986, section 5.2.4), and a function's rewrite changes nothing.
func (s *Server) behaviorFor(u *url.URL) *behavior {
	path := strings.TrimPrefix(new(url.URL).ResolveReference(u).EscapedPath(), "/")
	last := len(s.behaviors) - 1
	for _, b := range s.behaviors[:last] {
		if wildcard.Match(strings.TrimPrefix(b.PathPattern, "/"), path) {
			return b
		}
	}
	return s.behaviors[last]
}

// refusal returns the status and reason for a request that CloudFront does not pass on, or 0 (pages
// RequestAndResponseBehaviorCustomOrigin and DownloadDistValuesCacheBehavior, "Allowed HTTP methods").
func refusal(b *behavior, r *http.Request) (int, string) {
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

// setPath sets a path that may hold percent escapes.
func setPath(u *url.URL, escaped string) {
	if plain, err := url.PathUnescape(escaped); err == nil {
		u.Path, u.RawPath = plain, escaped
		return
	}
	u.Path, u.RawPath = escaped, ""
}
