package lambda

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// median is in milliseconds.
func median(d []time.Duration) float64 {
	slices.Sort(d)
	return float64(d[len(d)/2].Microseconds()) / 1000
}

func newBench(b *testing.B) *Registry {
	b.Helper()
	r := NewRegistry(Options{})
	b.Cleanup(r.Close)
	if err := r.Add(Function{Name: "f", ARN: testARN, Dir: codeDir}); err != nil {
		b.Fatal(err)
	}
	return r
}

func callBench(b *testing.B, r *Registry, payload string) Result {
	result, err := r.Invoke(context.Background(), "f", []byte(payload))
	if err != nil {
		b.Error(err)
	}
	return result
}

const echo = `{"do":"echo","text":"x"}`

// BenchmarkInvoke measures warm invocations of a trivial function at once.
func BenchmarkInvoke(b *testing.B) {
	r := newBench(b)
	b.SetParallelism(8)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			callBench(b, r, echo)
		}
	})
}

// BenchmarkAddedLatency compares a warm invocation with a direct call of the same work in this process: the event is
// decoded and the answer encoded over one HTTP exchange on loopback, which is the least that a process boundary costs.
func BenchmarkAddedLatency(b *testing.B) {
	r := newBench(b)
	direct := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var e struct{ Text string }
		_ = json.NewDecoder(req.Body).Decode(&e)
		_ = json.NewEncoder(w).Encode(e.Text)
	}))
	defer direct.Close()
	callBench(b, r, echo)
	var invoked, called []time.Duration
	for b.Loop() {
		begun := time.Now()
		callBench(b, r, echo)
		invoked = append(invoked, time.Since(begun))
		begun = time.Now()
		resp, err := direct.Client().Post(direct.URL, "application/json", strings.NewReader(echo))
		if err != nil {
			b.Fatal(err)
		}
		_ = resp.Body.Close()
		called = append(called, time.Since(begun))
	}
	b.ReportMetric(median(invoked), "ms-invoke")
	b.ReportMetric(median(called), "ms-direct")
	b.ReportMetric(median(invoked)-median(called), "ms-added")
}

// BenchmarkCrash measures what a crash costs: the invocation that crashed, and by how much the next one is slower.
func BenchmarkCrash(b *testing.B) {
	r := newBench(b)
	var next []time.Duration
	for b.Loop() {
		if crashed := callBench(b, r, `{"do":"exit"}`); crashed.ErrorType() != TypeExit {
			b.Fatalf("the crash gives %s", crashed.Payload)
		}
		begun := time.Now()
		if after := callBench(b, r, echo); after.FunctionError != "" {
			b.Fatalf("the crash cost a second invocation: %s", after.Payload)
		}
		next = append(next, time.Since(begun))
	}
	b.ReportMetric(median(next), "ms-next")
	b.ReportMetric(float64(slices.Max(next).Microseconds())/1000, "ms-slowest")
}
