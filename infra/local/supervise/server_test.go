package supervise

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// serveCounting serves on a free port until the test ends, and counts the requests that come through.
func serveCounting(t *testing.T, headerTime time.Duration) (address string, requests *atomic.Int64) {
	t.Helper()
	listeners, err := listen(freePort(t))
	if err != nil {
		t.Fatal(err)
	}
	requests = new(atomic.Int64)
	server := newServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	server.ReadHeaderTimeout = headerTime
	t.Cleanup(serve(server, listeners).close)
	return listeners[0].Addr().String(), requests
}

func connect(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn
}

func TestClientsThatSendTheirHeadersTooSlowlyAreDropped(t *testing.T) {
	t.Parallel()
	address, requests := serveCounting(t, 100*time.Millisecond)
	ended := make(chan error, 20)
	for range cap(ended) {
		conn := connect(t, address)
		go func() {
			_, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n")
			for i := 0; err == nil; i++ { // a header at a time, never the last one
				time.Sleep(20 * time.Millisecond)
				_, err = fmt.Fprintf(conn, "X-%d: y\r\n", i)
			}
			ended <- err
		}()
	}
	resp, err := http.Get("http://" + address) // others are served meanwhile
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	for range cap(ended) {
		if err := <-ended; errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "timeout") {
			t.Errorf("the connection stays open: %v", err)
		}
	}
	if n := requests.Load(); n != 1 {
		t.Errorf("%d requests came through", n)
	}
}

func TestHugeHeadersAreRefused(t *testing.T) {
	t.Parallel()
	address, requests := serveCounting(t, 5*time.Second)
	for _, head := range []string{
		"X: " + strings.Repeat("x", 2*maxHeaders),
		strings.Repeat("X: y\r\n", maxHeaders/2) + "X: y",
		strings.Repeat("x", 2*maxHeaders) + ": y",
	} {
		conn := connect(t, address)
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n"+head+"\r\n\r\n") // it may answer before all is sent
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil || !strings.Contains(line, " 431 ") {
			t.Errorf("%.20q gives %q, %v", head, line, err)
		}
	}
	if n := requests.Load(); n != 0 {
		t.Errorf("%d requests came through", n)
	}
}

func TestOnlyErrorsOfTheServerAreWaitedFor(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusFound, http.StatusForbidden, http.StatusNotFound} {
		var asked atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if asked.Add(1) == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			w.Header().Set("Location", "http://elsewhere.invalid/")
			w.WriteHeader(status)
		}))
		if err := await(t.Context(), server.URL); err != nil || asked.Load() != 2 {
			t.Errorf("%d: asked %d times, %v", status, asked.Load(), err)
		}
		server.Close()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer cancel()
	if err := await(ctx, "http://127.0.0.1:1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an interrupted wait gives %v", err)
	}
}
