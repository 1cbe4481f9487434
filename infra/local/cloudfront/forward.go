package cloudfront

import (
	"net/http"
	"slices"
	"strings"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

// conditions and ranges are answered by the origin where the object is not cached.
var conditions = []string{"If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Range"}

func unconditional(h http.Header) {
	for _, name := range conditions {
		h.Del(name)
	}
}

// alwaysForwarded are the viewer's headers that reach an origin without an origin request policy: those of conditional
// and range requests, those that describe a body or say who asks, and those of a WebSocket handshake.
var alwaysForwarded = append([]string{
	"Content-Length", "Content-Type", "Sec-Websocket-Extensions", "Sec-Websocket-Key", "Sec-Websocket-Protocol", "Sec-Websocket-Version",
	"X-Forwarded-For",
}, conditions...)

// hopHeaders belong to one connection (RFC 9110, section 7.6.1): CloudFront removes them in both directions.
var hopHeaders = []string{"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

// neverForwarded are the headers that CloudFront removes whatever the policy (page RequestAndResponseBehaviorCustomOrigin,
// "HTTP request headers and CloudFront behavior").
var neverForwarded = append([]string{
	"Expect", "Proxy-Authorization", "X-Accel-Buffering", "X-Accel-Charset", "X-Accel-Limit-Rate", "X-Accel-Redirect", "X-Forwarded-Proto", "X-Real-Ip",
}, hopHeaders...)

// writing are the methods whose Authorization reaches the origin without a policy (page as above).
var writing = []string{http.MethodDelete, http.MethodPatch, http.MethodPost, http.MethodPut}

// The two policies of a behaviour together say what reaches the origin (page controlling-origin-requests).

func (b *behavior) forwardsHeader(name string) bool {
	return b.cache.Key.Headers.includes(name) || b.forward.Headers.includes(name)
}

func (b *behavior) forwardsCookie(name string) bool {
	return b.cache.Key.Cookies.includes(name) || b.forward.Cookies.includes(name)
}

func (b *behavior) forwardsParameter(name string) bool {
	return b.cache.Key.Query.includes(name) || b.forward.Query.includes(name)
}

// namesHeader reports whether a policy asks for a header that CloudFront makes.
func (b *behavior) namesHeader(name string) bool {
	forward := b.forward.Headers
	return slices.Contains(b.cache.Key.Headers.Names, name) || forward.Kind != "allExcept" && slices.Contains(forward.Names, name)
}

// madeHeaders are those that CloudFront can add to a viewer's request (page adding-cloudfront-headers). Every viewer is a
// desktop here; where it is and the connection's TLS are not known, and their headers are left out.
func madeHeaders(r *http.Request) map[string]string {
	return map[string]string{
		"Cloudfront-Forwarded-Proto": "https", "Cloudfront-Viewer-Address": r.RemoteAddr,
		"Cloudfront-Viewer-Http-Version": strings.TrimPrefix(r.Proto, "HTTP/"),
		"Cloudfront-Is-Desktop-Viewer":   "true", "Cloudfront-Is-Mobile-Viewer": "false", "Cloudfront-Is-Smarttv-Viewer": "false",
		"Cloudfront-Is-Tablet-Viewer": "false", "Cloudfront-Is-Android-Viewer": "false", "Cloudfront-Is-Ios-Viewer": "false",
	}
}

// originRequest turns the viewer's request, which has the given id, into the origin's.
func (b *behavior) originRequest(in *http.Request, id string) *http.Request {
	h := in.Header
	cookies, connection := selectCookies(h, b.forwardsCookie), connectionHeaders(h)
	encodings := b.cache.normalized(in)
	if encodings == "" && h.Get("Accept-Encoding") != "" && in.ProtoAtLeast(1, 1) {
		encodings = "identity"
	}
	for name := range h {
		kept := b.forwardsHeader(name) || slices.Contains(alwaysForwarded, name) || name == "Authorization" && slices.Contains(writing, in.Method)
		own := hasPrefix(name, "X-Amz-Cf-", "X-Edge-", "Cloudfront-")
		if !kept || own || slices.Contains(neverForwarded, name) || slices.Contains(connection, name) {
			h.Del(name)
		}
	}
	for name, value := range madeHeaders(in) {
		if b.namesHeader(name) {
			h.Set(name, value)
		}
	}
	in.URL.RawQuery = selectQuery(in.URL.RawQuery, b.forwardsParameter)
	setIf(h, "Cookie", cookies)
	if b.cache.normalizesEncoding() {
		h.Del("Accept-Encoding")
		setIf(h, "Accept-Encoding", encodings)
	}
	setDefault(h, "User-Agent", "Amazon CloudFront")
	h.Set("X-Amz-Cf-Id", id)
	appendTo(h, "X-Forwarded-For", gateway.SourceIP(in))
	appendTo(h, "Via", strings.TrimPrefix(in.Proto, "HTTP/")+" "+via)
	for _, custom := range b.origin.OriginCustomHeaders {
		h.Set(custom.HeaderName, custom.HeaderValue)
	}
	if !b.forwardsHeader("Host") {
		in.Host = b.origin.DomainName
	}
	if path := strings.TrimSuffix(b.origin.OriginPath, "/"); path != "" {
		setPath(in.URL, path+in.URL.EscapedPath())
	}
	in.RequestURI = in.URL.RequestURI()
	return in
}

// fromOrigin removes what the viewer does not get of an answer (page RequestAndResponseBehaviorCustomOrigin, "HTTP response
// headers that CloudFront removes or replaces"): cookies where none reach the origin, and the names in Vary that the
// origin cannot tell answers by.
func (b *behavior) fromOrigin(h http.Header) {
	for _, name := range append(connectionHeaders(h), hopHeaders...) {
		h.Del(name)
	}
	if !b.cache.Key.Cookies.some() && !b.forward.Cookies.some() {
		h.Del("Set-Cookie")
	}
	var kept []string
	for name := range listed(h, "Vary") {
		if slices.Contains([]string{"*", "Accept-Encoding", "Cookie"}, http.CanonicalHeaderKey(name)) || b.forwardsHeader(http.CanonicalHeaderKey(name)) {
			kept = append(kept, name)
		}
	}
	h.Del("Vary")
	setIf(h, "Vary", strings.Join(kept, ", "))
}

func hasPrefix(name string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// listed goes through the members of a header that is a list (RFC 9110, section 5.6.1).
func listed(h http.Header, name string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for member := range strings.SplitSeq(strings.Join(h.Values(name), ","), ",") {
			if member = strings.TrimSpace(member); member != "" && !yield(member) {
				return
			}
		}
	}
}

func connectionHeaders(h http.Header) []string {
	var names []string
	for name := range listed(h, "Connection") {
		names = append(names, http.CanonicalHeaderKey(name))
	}
	return names
}

func appendTo(h http.Header, name, value string) {
	h.Set(name, strings.Join(slices.Concat(h.Values(name), []string{value}), ", "))
}

func setIf(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}

func setDefault(h http.Header, name, value string) {
	if h.Get(name) == "" {
		h.Set(name, value)
	}
}

func isWebSocket(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket") && slices.Contains(connectionHeaders(r.Header), "Upgrade")
}
