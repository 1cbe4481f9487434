package cloudfront

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Sizes of the cache in bytes; one that is full is emptied.
const (
	maxObject = 32 << 20
	maxCache  = 128 << 20
)

// cache holds answers of origins by key.
type cache struct {
	mu      sync.Mutex
	entries map[string]*entry
	size    int
}

// entry is one answer of an origin; it is never changed.
type entry struct {
	status  int
	header  http.Header
	body    []byte
	failed  bool     // it tells an error, if only by a page of another status
	paths   []string // the viewer's path and the one that its function made of it
	stored  time.Time
	expires time.Time
}

func newCache() *cache { return &cache{entries: map[string]*entry{}} }

func (c *cache) get(key string) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.entries[key]
}

func (c *cache) put(key string, e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.entries[key]; old != nil {
		c.size -= len(old.body)
	}
	if c.size+len(e.body) > maxCache {
		c.entries, c.size = map[string]*entry{}, 0
	}
	c.entries[key] = e
	c.size += len(e.body)
}

// invalidate removes what the paths cover (page invalidation-specifying-objects): * stands for the rest at a path's end.
func (c *cache) invalidate(paths []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, e := range c.entries {
		if slices.ContainsFunc(e.paths, func(p string) bool { return covers(paths, p) }) {
			c.size -= len(e.body)
			delete(c.entries, key)
		}
	}
}

func covers(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		prefix, open := strings.CutSuffix(p, "*")
		return open && strings.HasPrefix(path, prefix) || p == path
	})
}

// key is made of the path and of what the policy names of query, headers and cookies. HEAD is served from what GET
// brought.
func (p CachePolicy) key(r *http.Request) string {
	parts := []string{r.URL.EscapedPath(), selectQuery(r.URL.RawQuery, p.Query)}
	for _, name := range p.Headers.Names {
		if strings.EqualFold(name, "Host") {
			parts = append(parts, r.Host)
			continue
		}
		parts = append(parts, strings.Join(r.Header.Values(name), ","))
	}
	parts = append(parts, selectCookies(r.Header, p.Cookies))
	parts = append(parts, p.encodings(r)...)
	return strings.Join(parts, "\x00")
}

func selectQuery(raw string, s Selection) string {
	var kept []string
	for pair := range strings.SplitSeq(raw, "&") {
		if name, _, _ := strings.Cut(pair, "="); pair != "" && s.includes(name) {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

// selectCookies sorts by name (page Cookies).
func selectCookies(h http.Header, s Selection) string {
	var kept []string
	for pair := range strings.SplitSeq(strings.Join(h.Values("Cookie"), ";"), ";") {
		pair = strings.TrimSpace(pair)
		if name, _, _ := strings.Cut(pair, "="); pair != "" && s.includes(name) {
			kept = append(kept, pair)
		}
	}
	slices.SortStableFunc(kept, func(a, b string) int {
		nameA, _, _ := strings.Cut(a, "=")
		nameB, _, _ := strings.Cut(b, "=")
		return strings.Compare(nameA, nameB)
	})
	return strings.Join(kept, "; ")
}

// refreshed is the entry after the origin said that it still holds.
func (e *entry) refreshed(h http.Header, policy CachePolicy, now time.Time) *entry {
	fresh := *e
	fresh.header = e.header.Clone()
	for _, name := range []string{"Cache-Control", "Expires"} {
		if v := h.Values(name); len(v) > 0 {
			fresh.header[name] = v
		}
	}
	fresh.stored, fresh.expires = now, now.Add(policy.lifetime(e.status, fresh.header, now, 0))
	return &fresh
}

// mayBeStale reports whether the origin lets the object be served after its time while the origin fails.
func (e *entry) mayBeStale() bool {
	c := cacheControl(e.header)
	for _, name := range []string{"must-revalidate", "proxy-revalidate", "s-maxage"} {
		if _, ok := c[name]; ok {
			return false
		}
	}
	return !c.forbids()
}

// serve answers a viewer: conditions and ranges apply to whole objects (pages RangeGETs and RequestAndResponseBehaviorS3Origin).
func (e *entry) serve(w http.ResponseWriter, r *http.Request, now time.Time) {
	h := w.Header()
	for name, values := range e.header {
		h[name] = slices.Clone(values)
	}
	h.Set("Age", strconv.Itoa(int(now.Sub(e.stored).Seconds())))
	if e.status == http.StatusOK && h.Get("Content-Encoding") == "" {
		if breaksRangeRules(r.Header.Get("Range"), len(e.body)) {
			r.Header.Del("Range")
		}
		modified, _ := http.ParseTime(h.Get("Last-Modified")) // without one that condition does not apply
		h.Del("Content-Length")
		http.ServeContent(w, r, "", modified, bytes.NewReader(e.body))
		return
	}
	w.WriteHeader(e.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(e.body) // a viewer that left is no error
	}
}
