package gateway

import (
	"sync"
	"time"
)

// Throttle limits requests: RateLimit a second on average, BurstLimit at once. Zero values set no limit.
type Throttle struct {
	RateLimit  float64
	BurstLimit int
}

// Bucket is a token bucket: it holds at most the burst limit and gains the rate limit in tokens each second; a request
// takes one (page http-api-throttling).
type Bucket struct {
	limit  Throttle
	mu     sync.Mutex
	tokens float64
	at     time.Time
}

// NewBucket returns a full bucket.
func NewBucket(limit Throttle) *Bucket {
	return &Bucket{limit: limit, tokens: float64(limit.BurstLimit)}
}

// Allow takes a token if there is one. Without both limits every request passes.
func (b *Bucket) Allow(now time.Time) bool {
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
