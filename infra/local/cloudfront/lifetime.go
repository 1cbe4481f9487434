package cloudfront

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

func (p CachePolicy) caches() bool { return p.MaxTTL > 0 }

// lifetime says how long an answer of the origin may be served again (pages Expiration and HTTPStatusCodes). errorTTL is
// the error caching minimum TTL of its status.
func (p CachePolicy) lifetime(status int, h http.Header, now time.Time, errorTTL time.Duration) time.Duration {
	least, usual, most := time.Duration(p.MinTTL), time.Duration(p.DefaultTTL), time.Duration(p.MaxTTL)
	c := cacheControl(h)
	age, aged := c.age(h, now)
	switch status {
	case http.StatusNotFound, http.StatusRequestURITooLong, http.StatusInternalServerError, http.StatusNotImplemented,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return max(errorTTL, min(age, most))
	case http.StatusBadRequest, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusPreconditionFailed, http.StatusUnsupportedMediaType:
		if !c.has("max-age", "s-maxage") {
			return 0
		}
		return max(errorTTL, min(age, most))
	case http.StatusOK, http.StatusNoContent, http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return 0
	}
	switch {
	case c.forbids():
		return least
	case least == 0 && h.Get("Vary") == "*": // page RequestAndResponseBehaviorCustomOrigin, "Content negotiation"
		return 0
	case aged:
		return min(max(age, least), most)
	}
	return max(usual, least)
}

// directives are those of Cache-Control.
type directives map[string]string

func cacheControl(h http.Header) directives {
	d := directives{}
	for member := range listed(h, "Cache-Control") {
		name, value, _ := strings.Cut(member, "=")
		d[strings.ToLower(name)] = strings.Trim(value, `"`)
	}
	return d
}

func (d directives) has(names ...string) bool {
	for _, name := range names {
		if _, ok := d[name]; ok {
			return true
		}
	}
	return false
}

// forbids reports what keeps an object out of the cache where the minimum TTL is 0.
func (d directives) forbids() bool { return d.has("no-cache", "no-store", "private") }

// age is what the origin asks for: s-maxage before max-age before Expires, which is in the past when it is no date (RFC
// 9111, section 5.3).
func (d directives) age(h http.Header, now time.Time) (time.Duration, bool) {
	for _, name := range []string{"s-maxage", "max-age"} {
		if age, ok := d.seconds(name); ok {
			return age, true
		}
	}
	expires := h.Get("Expires")
	at, err := http.ParseTime(expires)
	if err != nil {
		return 0, expires != ""
	}
	return max(at.Sub(now), 0), true
}

func (d directives) seconds(name string) (time.Duration, bool) {
	n, err := strconv.ParseInt(d[name], 10, 32)
	return time.Duration(max(n, 0)) * time.Second, err == nil
}
