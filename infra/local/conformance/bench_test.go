package conformance

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miyabi-society/platform/infra/local/gateway"
	"github.com/miyabi-society/platform/infra/local/httpapi"
	"github.com/miyabi-society/platform/infra/local/lambda"
	"github.com/miyabi-society/platform/infra/local/websocket"
)

const benchARN = "arn:aws:lambda:us-east-1:000000000000:function:bench"

// bench starts the function's real binary behind a registry of its own.
func bench(b *testing.B) *lambda.Registry {
	b.Helper()
	dir := b.TempDir()
	if out, err := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", filepath.Join(dir, "bootstrap"), "./testdata/function").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	r := lambda.NewRegistry(lambda.Options{})
	b.Cleanup(r.Close)
	if err := r.Add(lambda.Function{Name: "bench", ARN: benchARN, Dir: dir, Timeout: 10 * time.Second}); err != nil {
		b.Fatal(err)
	}
	return r
}

func serveHTTP(b *testing.B, r *lambda.Registry) string {
	b.Helper()
	h, err := httpapi.New(httpapi.API{API: gateway.API{ID: "bench", Stage: "$default", Invoke: r.Invoke}, Routes: []httpapi.Route{
		{Route: gateway.Route{Key: "GET /answer/{what}", FunctionARN: benchARN}, Format: "2.0"},
	}})
	if err != nil {
		b.Fatal(err)
	}
	s := httptest.NewServer(h)
	b.Cleanup(s.Close)
	return s.URL + "/answer/trivial"
}

// ask sends one request on a kept connection.
func ask(client *http.Client, url string) error {
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, resp.Body) // the status tells
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", resp.Status)
	}
	return nil
}

func percentile(times []time.Duration, p float64) time.Duration {
	slices.Sort(times)
	return times[min(int(float64(len(times))*p), len(times)-1)]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// BenchmarkHTTPTrivialRoute16Clients: at least 900 requests/s, p99 at most 40 ms.
func BenchmarkHTTPTrivialRoute16Clients(b *testing.B) {
	url := serveHTTP(b, bench(b))
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	defer client.CloseIdleConnections()
	const clients, each = 16, 200
	round := func() ([]time.Duration, time.Duration) {
		var mu sync.Mutex
		var times []time.Duration
		var wg sync.WaitGroup
		begun := time.Now()
		for range clients {
			wg.Go(func() {
				for range each {
					sent := time.Now()
					if err := ask(client, url); err != nil {
						b.Error(err)
						return
					}
					mu.Lock()
					times = append(times, time.Since(sent))
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		return times, time.Since(begun)
	}
	round() // the processes are started
	var times []time.Duration
	var took time.Duration
	for b.Loop() {
		t, d := round()
		times, took = append(times, t...), took+d
	}
	b.ReportMetric(float64(len(times))/took.Seconds(), "req/s")
	b.ReportMetric(ms(percentile(times, 0.5)), "p50-ms")
	b.ReportMetric(ms(percentile(times, 0.99)), "p99-ms")
}

// BenchmarkHTTPAddedLatency: at most 1 ms at the median over a direct invocation of the same function, one at a time.
func BenchmarkHTTPAddedLatency(b *testing.B) {
	r := bench(b)
	url := serveHTTP(b, r)
	client := &http.Client{}
	defer client.CloseIdleConnections()
	event := []byte(`{"version":"2.0","rawPath":"/answer/trivial","headers":{},"requestContext":{"routeKey":"GET /answer/{what}"}}`)
	var direct, through []time.Duration
	once := func() {
		begun := time.Now()
		if _, err := r.Invoke(context.Background(), benchARN, event); err != nil {
			b.Fatal(err)
		}
		invoked := time.Now()
		if err := ask(client, url); err != nil {
			b.Fatal(err)
		}
		direct, through = append(direct, invoked.Sub(begun)), append(through, time.Since(invoked))
	}
	once() // the process is started
	direct, through = nil, nil
	for b.Loop() {
		for range 300 {
			once()
		}
	}
	b.ReportMetric(ms(percentile(direct, 0.5)), "direct-p50-ms")
	b.ReportMetric(ms(percentile(through, 0.5)-percentile(direct, 0.5)), "added-p50-ms")
}

const benchConnections = 1000

// BenchmarkWebSocket1000Connections: open in at most 5 s with a function on $connect, a message to each in at most 1 s.
func BenchmarkWebSocket1000Connections(b *testing.B) {
	r := bench(b)
	var mu sync.Mutex
	var ids []string
	invoke := func(ctx context.Context, arn string, payload []byte) (lambda.Result, error) {
		if _, rest, ok := strings.Cut(string(payload), `"connectionId":"`); ok && strings.Contains(string(payload), `"CONNECT"`) {
			mu.Lock()
			ids = append(ids, rest[:16])
			mu.Unlock()
		}
		return r.Invoke(ctx, arn, payload)
	}
	for b.Loop() {
		ids = nil
		connections := &websocket.Connections{}
		api := websocket.API{API: gateway.API{ID: "bench", Stage: "live", Invoke: invoke}, RouteSelection: "$request.body.action"}
		api.Routes = []websocket.Route{{Route: gateway.Route{Key: "$connect", FunctionARN: benchARN}}}
		s, err := websocket.New(api, connections)
		if err != nil {
			b.Fatal(err)
		}
		server := httptest.NewServer(s)
		before := memory()
		begun := time.Now()
		conns := openAll(b, server.Listener.Addr().String())
		opened := time.Since(begun)
		kept := float64(memory()-before) / benchConnections / 1024
		begun = time.Now()
		pushAll(b, server.URL, ids, conns)
		pushed := time.Since(begun)
		for _, c := range conns {
			_ = c.Close()
		}
		connections.Close()
		server.Close()
		b.ReportMetric(opened.Seconds(), "open-s")
		b.ReportMetric(pushed.Seconds(), "message-to-each-s")
		b.ReportMetric(kept, "KiB/connection")
	}
}

// memory is the heap and the stacks in use. The clients are bare sockets, which add little.
func memory() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

func openAll(b *testing.B, address string) []net.Conn {
	b.Helper()
	conns := make([]net.Conn, benchConnections)
	slots := make(chan struct{}, 32)
	var wg sync.WaitGroup
	for i := range conns {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			c, err := net.Dial("tcp", address)
			if err != nil {
				b.Error(err)
				return
			}
			conns[i] = c
			fmt.Fprintf(c, "GET /live HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
			resp, err := http.ReadResponse(bufio.NewReaderSize(c, 512), nil)
			if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
				b.Errorf("handshake: %v, %v", resp, err)
			}
		})
	}
	wg.Wait()
	if b.Failed() {
		b.FailNow()
	}
	return conns
}

// pushAll sends one message to each connection by PostToConnection, and waits until each client has it.
func pushAll(b *testing.B, url string, ids []string, conns []net.Conn) {
	b.Helper()
	var received sync.WaitGroup
	for _, c := range conns {
		received.Go(func() {
			_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
			frame := make([]byte, 7)
			if _, err := io.ReadFull(c, frame); err != nil || string(frame) != "\x81\x05hello" {
				b.Errorf("got %q, %v", frame, err)
			}
		})
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	defer client.CloseIdleConnections()
	work := make(chan string)
	var senders sync.WaitGroup
	for range 16 {
		senders.Go(func() {
			for id := range work {
				req, err := http.NewRequest(http.MethodPost, url+"/live/@connections/"+id, strings.NewReader("hello"))
				if err != nil {
					b.Error(err)
					return
				}
				req.Header.Set("Authorization", "AWS4-HMAC-SHA256 local")
				resp, err := client.Do(req)
				if err != nil {
					b.Error(err)
					continue
				}
				_ = resp.Body.Close()
			}
		})
	}
	for _, id := range ids {
		work <- id
	}
	close(work)
	senders.Wait()
	received.Wait()
}
