// Package status shows what a local cloud does: its routes, functions, metrics, connections, schedules and the end of
// the functions' output.
package status

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miyabi-society/platform/infra/local/lambda"
)

const (
	// keptLines is how many lines of output are kept for the page at least, and keptLine how many bytes of each.
	keptLines, keptLine = 5000, 8 << 10
	// keptDurations is how many durations of each function the percentiles are taken of at least.
	keptDurations = 1000
)

// Collector keeps what functions do. It is a lambda.Observer.
type Collector struct {
	mu        sync.Mutex
	lines     []lambda.Line
	functions map[string]*activity
	metrics   map[series]*Metric
}

// activity is what one function did since the start.
type activity struct {
	Invocations, Errors, Throttles, ColdStarts, MaxMemoryMB int
	durations                                               []time.Duration
}

// NewCollector has seen nothing yet.
func NewCollector() *Collector {
	return &Collector{functions: map[string]*activity{}, metrics: map[series]*Metric{}}
}

// Line keeps a line, and the metrics in it.
func (c *Collector) Line(l lambda.Line) {
	values := parseEMF(l.Text)
	l.Text = strings.Clone(l.Text[:min(len(l.Text), keptLine)]) // not a part of a longer line, which would stay in memory
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = keep(c.lines, l, keptLines)
	for _, v := range values {
		c.measure(v)
	}
}

// Report counts an invocation.
func (c *Collector) Report(r lambda.Report) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.of(r.Function)
	a.Invocations++
	if r.Failed {
		a.Errors++
	}
	if r.Init > 0 {
		a.ColdStarts++
	}
	a.MaxMemoryMB = max(a.MaxMemoryMB, r.MaxMemoryMB)
	a.durations = keep(a.durations, r.Duration, keptDurations)
}

// Throttled counts a refused invocation.
func (c *Collector) Throttled(function string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of(function).Throttles++
}

func (c *Collector) of(function string) *activity {
	a := c.functions[function]
	if a == nil {
		a = &activity{}
		c.functions[function] = a
	}
	return a
}

// keep adds a value to a list of the last n to 2n.
func keep[T any](list []T, v T, n int) []T {
	if len(list) == 2*n {
		list = slices.Delete(list, 0, n)
	}
	return append(list, v)
}

// percentile is the nearest rank of p in 1 to 100.
func (a *activity) percentile(p int) time.Duration {
	if len(a.durations) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(a.durations))
	return sorted[(len(sorted)*p+99)/100-1]
}
