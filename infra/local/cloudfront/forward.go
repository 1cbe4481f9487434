package cloudfront

import (
	"net/http"
	"slices"
	"strings"
)

// alwaysForwarded are the viewer's headers that reach an origin without an origin request policy: those of conditional
// and range requests, those that describe a body, and those of a WebSocket handshake.
var alwaysForwarded = []string{
	"Content-Length", "Content-Type", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Range",
	"Sec-Websocket-Extensions", "Sec-Websocket-Key", "Sec-Websocket-Protocol", "Sec-Websocket-Version",
}

// neverForwarded are the headers that CloudFront removes whatever the policy (page RequestAndResponseBehaviorCustomOrigin,
// "HTTP request headers and CloudFront behavior").
var neverForwarded = []string{
	"Connection", "Expect", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer",
	"Transfer-Encoding", "Upgrade", "X-Accel-Buffering", "X-Accel-Charset", "X-Accel-Limit-Rate", "X-Accel-Redirect",
	"X-Forwarded-Proto", "X-Real-Ip",
}

var forwardedByPolicy = map[Forward][]string{
	ForwardCORSHeaders:      {"Access-Control-Request-Headers", "Access-Control-Request-Method", "Origin"},
	ForwardUserAgentReferer: {"Referer", "User-Agent"},
}

// writing are the methods whose Authorization reaches the origin without a policy (page as above).
var writing = []string{http.MethodDelete, http.MethodPatch, http.MethodPost, http.MethodPut}

func (b Behavior) forwardsEverything() bool {
	return b.Forward == ForwardAll || b.Forward == ForwardAllExceptHost
}

// forwardsHeader reports whether a policy lets the viewer's header reach the origin.
func (b Behavior) forwardsHeader(name string) bool {
	return b.forwardsEverything() || slices.Contains(forwardedByPolicy[b.Forward], http.CanonicalHeaderKey(name)) || b.Cache.Headers.includesHeader(name)
}

// varyForViewers keeps the names in Vary that the origin can tell answers by (page RequestAndResponseBehaviorCustomOrigin,
// "HTTP response headers that CloudFront removes or replaces").
func (b Behavior) varyForViewers(h http.Header) {
	var kept []string
	for name := range strings.SplitSeq(strings.Join(h.Values("Vary"), ","), ",") {
		name = strings.TrimSpace(name)
		if name == "*" || strings.EqualFold(name, "Accept-Encoding") || strings.EqualFold(name, "Cookie") || name != "" && b.forwardsHeader(name) {
			kept = append(kept, name)
		}
	}
	h.Del("Vary")
	setIf(h, "Vary", strings.Join(kept, ", "))
}

// originRequest turns the viewer's request, which has the given id, into the origin's.
func originRequest(in *http.Request, b Behavior, o Origin, id string) *http.Request {
	h := in.Header
	forwarded := b.Cache.Cookies
	if b.forwardsEverything() {
		forwarded = allOf
	}
	cookies, encodings, connection := selectCookies(h, forwarded), b.Cache.encodings(in), connectionHeaders(h)
	for name := range h {
		kept := b.forwardsHeader(name) || slices.Contains(alwaysForwarded, name) || name == "Authorization" && slices.Contains(writing, in.Method)
		if !kept || slices.Contains(neverForwarded, name) || slices.Contains(connection, name) || isEdgeHeader(name) {
			h.Del(name)
		}
	}
	if !b.forwardsEverything() {
		in.URL.RawQuery = selectQuery(in.URL.RawQuery, b.Cache.Query)
	}
	setIf(h, "Cookie", cookies)
	if b.Cache.normalizesEncoding() {
		h.Del("Accept-Encoding")
		setIf(h, "Accept-Encoding", strings.Join(encodings, ","))
	}
	if h.Get("User-Agent") == "" {
		h.Set("User-Agent", "Amazon CloudFront")
	}
	h.Set("X-Amz-Cf-Id", id)
	appendTo(h, "X-Forwarded-For", viewerIP(in))
	appendTo(h, "Via", strings.TrimPrefix(in.Proto, "HTTP/")+" local.cloudfront.net (CloudFront)")
	for name, value := range o.CustomHeaders {
		h.Set(name, value)
	}
	if b.Forward != ForwardAll && !b.Cache.Headers.includesHeader("Host") {
		in.Host = o.Domain
	}
	if o.Path != "" {
		setPath(in.URL, o.Path+in.URL.EscapedPath())
	}
	in.RequestURI = in.URL.RequestURI()
	return in
}

// isEdgeHeader reports names that belong to CloudFront.
func isEdgeHeader(name string) bool {
	return strings.HasPrefix(name, "X-Amz-Cf-") || strings.HasPrefix(name, "X-Edge-")
}

func connectionHeaders(h http.Header) []string {
	var names []string
	for _, v := range h.Values("Connection") {
		for name := range strings.SplitSeq(v, ",") {
			names = append(names, http.CanonicalHeaderKey(strings.TrimSpace(name)))
		}
	}
	return names
}

func appendTo(h http.Header, name, value string) {
	if earlier := h.Values(name); len(earlier) > 0 {
		value = strings.Join(earlier, ", ") + ", " + value
	}
	h.Set(name, value)
}
