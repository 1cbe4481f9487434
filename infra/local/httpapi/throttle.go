package httpapi

import (
	"sync"
	"time"
)

// bucket is a token bucket: it holds at most the burst limit and gains the rate limit in tokens each second; a request
// takes one (page http-api-throttling).
type bucket struct {
	limit  Throttle
	mu     sync.Mutex
	tokens float64
	at     time.Time
}

func newBucket(limit Throttle) *bucket {
	return &bucket{limit: limit, tokens: float64(limit.BurstLimit)}
}

// allow takes a token if there is one. Without both limits every request passes.
func (b *bucket) allow(now time.Time) bool {
	if b.limit.RateLimit <= 0 || b.limit.BurstLimit <= 0 {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.at.IsZero() && now.After(b.at) {
		gained := now.Sub(b.at).Seconds() * b.limit.RateLimit
		b.tokens = min(b.tokens+gained, float64(b.limit.BurstLimit))
	}
	if b.at.IsZero() || now.After(b.at) {
		b.at = now
	}
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
