package cloudfront

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Sizes of the cache in bytes; one that is full is emptied.
const (
	maxObject = 32 << 20
	maxCache  = 128 << 20
	overhead  = 4 << 10 // about what key, headers and bookkeeping of an object take
)

// size is about what the object takes of the memory.
func (o *object) size() int { return len(o.body) + overhead }

// cache holds answers of origins by key, each in the versions that were asked for.
type cache struct {
	mu      sync.Mutex
	objects map[string][]*object
	size    int
}

// object is one answer of an origin. It is not changed once it is kept.
type object struct {
	status   int
	header   http.Header
	body     []byte
	headless bool   // HEAD brought it: its headers describe a body that is not there
	asked    string // the normalized Accept-Encoding that brought it
	result   string // the first word of x-cache for the viewer that it was asked for
	failed   bool   // it tells an error, if only by a page of another status
	stored   time.Time
	expires  time.Time
}

func newCache() *cache { return &cache{objects: map[string][]*object{}} }

// serves reports whether a viewer with this normalized Accept-Encoding can have the object: the first version that is
// compressed in a way it accepts serves on, and an uncompressed one serves those who asked alike (page
// ServingCompressedFiles).
func (o *object) serves(accepted string) bool {
	encoding := o.header.Get("Content-Encoding")
	return o.asked == accepted || encoding != "" && slices.Contains(strings.Split(accepted, ","), encoding)
}

func (c *cache) get(key, accepted string) *object {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range c.objects[key] {
		if o.serves(accepted) {
			return o
		}
	}
	return nil
}

// put keeps the object instead of those that would have served its viewer.
func (c *cache) put(key string, o *object) {
	c.mu.Lock()
	defer c.mu.Unlock()
	versions := slices.DeleteFunc(c.objects[key], func(old *object) bool {
		replaced := old.serves(o.asked)
		if replaced {
			c.size -= old.size()
		}
		return replaced
	})
	if c.size+o.size() > maxCache {
		clear(c.objects)
		c.size, versions = 0, nil
	}
	c.objects[key] = append(versions, o)
	c.size += o.size()
}

// key is made of the method, the path and what the policy names of query, headers and cookies. The versions of
// Accept-Encoding are under one key.
func (b *behavior) key(r *http.Request) string {
	k := b.cache.Key
	parts := []string{b.TargetOriginID, r.URL.EscapedPath(), selectQuery(r.URL.RawQuery, k.Query.includes), selectCookies(r.Header, k.Cookies.includes)}
	for _, name := range k.Headers.Names {
		if name == "Host" {
			parts = append(parts, r.Host)
			continue
		}
		parts = append(parts, strings.Join(r.Header.Values(name), ","))
	}
	return strings.Join(parts, "\x00")
}

func selectQuery(raw string, includes func(name string) bool) string {
	var kept []string
	for pair := range strings.SplitSeq(raw, "&") {
		if name, _, _ := strings.Cut(pair, "="); includes(name) {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

// selectCookies sorts by name (page Cookies).
func selectCookies(h http.Header, includes func(name string) bool) string {
	name := func(pair string) string {
		name, _, _ := strings.Cut(pair, "=")
		return name
	}
	var kept []string
	for pair := range strings.SplitSeq(strings.Join(h.Values("Cookie"), ";"), ";") {
		if pair = strings.TrimSpace(pair); pair != "" && includes(name(pair)) {
			kept = append(kept, pair)
		}
	}
	slices.SortStableFunc(kept, func(a, b string) int { return strings.Compare(name(a), name(b)) })
	return strings.Join(kept, "; ")
}

// until is the object with another end and what it is to the viewer that asked.
func (o *object) until(end time.Time, result string) *object {
	again := *o
	again.expires, again.result = end, result
	return &again
}

// refreshed is the object after the origin said with these headers that it still holds.
func (o *object) refreshed(h http.Header, policy CachePolicy, now time.Time) *object {
	fresh := o.until(now, "RefreshHit")
	fresh.stored, fresh.header = now, o.header.Clone()
	for _, name := range []string{"Cache-Control", "Expires"} {
		if v := h.Values(name); len(v) > 0 {
			fresh.header[name] = v
		}
	}
	fresh.expires = now.Add(policy.lifetime(o.status, fresh.header, now, 0))
	return fresh
}

// canBeValidated reports whether an object that is stale from the start is worth keeping: the origin can be asked whether it
// still holds, which no-cache and max-age=0 mean (page RequestAndResponseBehaviorS3Origin, "Simultaneous requests").
func (o *object) canBeValidated() bool {
	tagged := o.header.Get("Etag") != "" || o.header.Get("Last-Modified") != ""
	return tagged && o.status == http.StatusOK && o.header.Get("Vary") != "*" && !cacheControl(o.header).has("no-store", "private")
}

// mayBeStale reports whether the object may be served after its time while the origin fails (pages HTTPStatusCodes and
// Expiration): stale-if-error bounds it, other directives forbid it.
func (o *object) mayBeStale(now time.Time) bool {
	c := cacheControl(o.header)
	if c.forbids() || c.has("must-revalidate", "proxy-revalidate", "s-maxage") {
		return false
	}
	bound, bounded := c.seconds("stale-if-error")
	return !bounded || now.Before(o.expires.Add(bound))
}
