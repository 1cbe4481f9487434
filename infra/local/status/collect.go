// Package status shows what a local cloud does: its routes, functions, metrics, connections, schedules and the end of
// the functions' output.
package status

import (
	"slices"
	"sync"
	"time"

	"github.com/miyabi-society/platform/infra/local/lambda"
)

const (
	// keptLines is how many lines of output are kept for the page, and keptLine how many bytes of each.
	keptLines, keptLine = 5000, 8 << 10
	// keptDurations is how many durations of each function the percentiles are taken of.
	keptDurations = 1000
)

// Collector keeps what functions do. It is a lambda.Observer.
type Collector struct {
	mu        sync.Mutex
	lines     ring[lambda.Line]
	functions map[string]*activity
	metrics   map[string]*Metric
}

// activity is what one function did since the start.
type activity struct {
	invocations, errors, throttles, coldStarts, maxMemoryMB int
	durations                                               ring[time.Duration]
}

// NewCollector has seen nothing yet.
func NewCollector() *Collector {
	return &Collector{lines: ring[lambda.Line]{size: keptLines}, functions: map[string]*activity{}, metrics: map[string]*Metric{}}
}

// Line keeps a line, and the metrics in it.
func (c *Collector) Line(l lambda.Line) {
	metrics := parseEMF(l.Text)
	l.Text = l.Text[:min(len(l.Text), keptLine)]
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines.add(l)
	for _, m := range metrics {
		c.addMetric(m)
	}
}

// Report counts an invocation.
func (c *Collector) Report(r lambda.Report) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.of(r.Function)
	a.invocations++
	if r.Failed {
		a.errors++
	}
	if r.Init > 0 {
		a.coldStarts++
	}
	a.maxMemoryMB = max(a.maxMemoryMB, r.MaxMemoryMB)
	a.durations.add(r.Duration)
}

// Throttled counts a refused invocation.
func (c *Collector) Throttled(function string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of(function).throttles++
}

func (c *Collector) of(function string) *activity {
	a := c.functions[function]
	if a == nil {
		a = &activity{durations: ring[time.Duration]{size: keptDurations}}
		c.functions[function] = a
	}
	return a
}

// ring keeps the last size values.
type ring[T any] struct {
	size, next int
	values     []T
}

func (r *ring[T]) add(v T) {
	if len(r.values) < r.size {
		r.values = append(r.values, v)
		return
	}
	r.values[r.next] = v
	r.next = (r.next + 1) % r.size
}

// newestFirst calls f until it returns false.
func (r *ring[T]) newestFirst(f func(T) bool) {
	for i := range len(r.values) {
		if !f(r.values[(r.next+2*len(r.values)-1-i)%len(r.values)]) {
			return
		}
	}
}

// percentile is the nearest rank of p in 0 to 100.
func percentile(values []time.Duration, p int) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)*p+99)/100-1]
}
