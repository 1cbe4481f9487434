package cloudfront

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CachePolicy says what is cached, for how long and by which key (page cache-key-understand-cache-policy). Its zero
// value caches nothing.
type CachePolicy struct {
	MinTTL, DefaultTTL, MaxTTL time.Duration
	// Headers, Cookies and Query are part of the key and reach the origin.
	Headers, Cookies, Query Selection
	// EnableAcceptEncodingBrotli and EnableAcceptEncodingGzip: what viewers accept of these is part of the key, reaches the
	// origin, and is what the edge may compress with.
	Brotli, Gzip bool
}

// Selection chooses names: none, whitelist, allExcept or all.
type Selection struct {
	Kind  string
	Names []string // of a whitelist or of allExcept
}

// includes is for parameters and cookies, whose names are case-sensitive (pages QueryStringParameters and Cookies).
func (s Selection) includes(name string) bool { return s.chooses(slices.Contains(s.Names, name)) }

func (s Selection) includesHeader(name string) bool {
	return s.chooses(slices.ContainsFunc(s.Names, func(n string) bool { return strings.EqualFold(n, name) }))
}

func (s Selection) chooses(listed bool) bool {
	switch s.Kind {
	case "all":
		return true
	case "allExcept":
		return !listed
	case "whitelist":
		return listed
	}
	return false
}

const (
	day  = 24 * time.Hour
	year = 365 * day
)

func only(names ...string) Selection { return Selection{"whitelist", names} }

var allOf = Selection{Kind: "all"}

// ManagedCachePolicies by id (page using-managed-cache-policies).
var ManagedCachePolicies = map[string]CachePolicy{
	"4135ea2d-6df8-44a3-9df3-4b5a84be39ad": {},                                                                             // CachingDisabled
	"658327ea-f89d-4fab-a63d-7e88639e58f6": {MinTTL: time.Second, DefaultTTL: day, MaxTTL: year, Brotli: true, Gzip: true}, // CachingOptimized
	"b2884449-e4de-46a7-ac36-70bc7f1ddd6d": {MinTTL: time.Second, DefaultTTL: day, MaxTTL: year},                           // CachingOptimizedForUncompressedObjects
	"83da9c7e-98b4-4e11-a168-04f0df8e2c65": { // UseOriginCacheControlHeaders
		MaxTTL: year, Cookies: allOf, Headers: only("Host", "Origin", "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override"), Brotli: true, Gzip: true,
	},
	"4cc15a8a-d715-48a4-82b8-cc0b614638fe": { // UseOriginCacheControlHeaders-QueryStrings
		MaxTTL: year, Cookies: allOf, Query: allOf, Headers: only("Host", "Origin", "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override"), Brotli: true, Gzip: true,
	},
}

func (p CachePolicy) caches() bool { return p.MaxTTL > 0 }

// lifetime says how long an answer of the origin may be served again (pages Expiration and HTTPStatusCodes). errorTTL is
// the error caching minimum TTL of its status.
func (p CachePolicy) lifetime(status int, h http.Header, now time.Time, errorTTL time.Duration) time.Duration {
	if !p.caches() {
		return 0
	}
	c := cacheControl(h)
	age, aged := c.age(h, now)
	switch status {
	case http.StatusNotFound, http.StatusRequestURITooLong, http.StatusInternalServerError, http.StatusNotImplemented,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return max(errorTTL, age)
	case http.StatusBadRequest, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusPreconditionFailed, http.StatusUnsupportedMediaType:
		if !aged {
			return 0
		}
		return max(errorTTL, age)
	case http.StatusOK, http.StatusNoContent, http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return 0
	}
	switch {
	case c.forbids():
		return p.MinTTL
	case p.MinTTL == 0 && h.Get("Vary") == "*": // page RequestAndResponseBehaviorCustomOrigin, "Content negotiation"
		return 0
	case aged:
		return min(max(age, p.MinTTL), p.MaxTTL)
	}
	return max(p.DefaultTTL, p.MinTTL)
}

// directives are those of Cache-Control.
type directives map[string]string

func cacheControl(h http.Header) directives {
	d := directives{}
	for part := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		d[strings.ToLower(name)] = strings.Trim(value, `"`)
	}
	return d
}

// forbids reports what keeps an object out of the cache where the minimum TTL is 0.
func (d directives) forbids() bool {
	for _, name := range []string{"no-cache", "no-store", "private"} {
		if _, ok := d[name]; ok {
			return true
		}
	}
	return false
}

// age is what the origin asks for: s-maxage before max-age before Expires.
func (d directives) age(h http.Header, now time.Time) (time.Duration, bool) {
	for _, name := range []string{"s-maxage", "max-age"} {
		if seconds, err := strconv.Atoi(d[name]); err == nil {
			return time.Duration(max(seconds, 0)) * time.Second, true
		}
	}
	if at, err := http.ParseTime(h.Get("Expires")); err == nil {
		return max(at.Sub(now), 0), true
	}
	return 0, false
}
