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

// originRequest turns the viewer's request, which has the given id, into the origin's.
func originRequest(in *http.Request, b Behavior, o Origin, id string) *http.Request {
	h := in.Header
	cookies := selectCookies(h, b.Cache.Cookies)
	encodings := b.Cache.encodings(h.Values("Accept-Encoding"))
	everything := b.Forward == ForwardAll || b.Forward == ForwardAllExceptHost
	connection := connectionHeaders(h)
	for name := range h {
		kept := everything || slices.Contains(alwaysForwarded, name) || slices.Contains(forwardedByPolicy[b.Forward], name) || b.Cache.Headers.includes(name)
		if !kept || slices.Contains(neverForwarded, name) || slices.Contains(connection, name) || isEdgeHeader(name) {
			h.Del(name)
		}
	}
	if !everything {
		in.URL.RawQuery = selectQuery(in.URL.RawQuery, b.Cache.Query)
		setIf(h, "Cookie", cookies)
	}
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
	if b.Forward != ForwardAll && !b.Cache.Headers.includes("Host") {
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
