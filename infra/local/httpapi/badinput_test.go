package httpapi

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// raw sends bytes to a listener in front of an API and returns the first line of the answer.
func raw(t *testing.T, address, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return strings.TrimSpace(line)
}

func listen(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func TestMalformedRequestsAreRefusedAndTheNextOneIsServed(t *testing.T) {
	t.Parallel()
	b := &backend{}
	h, err := New(b.api(t, "$default"))
	if err != nil {
		t.Fatal(err)
	}
	address := listen(t, h)
	for _, c := range []struct{ request, want string }{
		{"GARBAGE\r\n\r\n", "400"},
		{"GET / HTTP/9.9\r\nHost: a\r\n\r\n", "505"},
		{"GET / HTTP/1.1\r\n\r\n", "400"},
		{"GET / HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n", "400"},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "400"},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", "400"},
		{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
		{"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
		{"GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 11_000) + "\r\n\r\n", "431"},
		{"GET /" + strings.Repeat("x", 11_000) + " HTTP/1.1\r\nHost: a\r\n\r\n", "431"},
		{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "204"},
	} {
		if got := raw(t, address, c.request); !strings.Contains(got, " "+c.want) {
			t.Errorf("%.60q: got %q, want %s", c.request, got, c.want)
		}
	}
}

func TestInvalidUTF8ReachesTheFunctionAsValidJSON(t *testing.T) {
	t.Parallel()
	b := &backend{}
	h, err := New(b.api(t, "GET /files/{name}"))
	if err != nil {
		t.Fatal(err)
	}
	got := raw(t, listen(t, h), "GET /files/%ff%fe?%ff=%fe HTTP/1.1\r\nHost: a\r\nX-Bytes: \xff\r\nCookie: a=\xfe\r\n\r\n")
	wantContains(t, "status", got, "204")
	if !json.Valid(b.raw) {
		t.Errorf("the event is %q", b.raw)
	}
	wantEqual(t, "name", b.at("pathParameters", "name"), "\uFFFD\uFFFD")
	wantEqual(t, "raw query", b.at("rawQueryString"), "%ff=%fe")
}

func TestACallerThatSendsItsBodyTooSlowlyIsRefused(t *testing.T) {
	t.Parallel()
	b := &backend{}
	s, err := New(b.api(t, "$default"))
	if err != nil {
		t.Fatal(err)
	}
	s.(*server).bodyTime = 50 * time.Millisecond
	got := raw(t, listen(t, s), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nslow")
	wantContains(t, "status", got, "408")
	wantEqual(t, "function", b.called, "")
}

func TestConnectionsThatDropAtOnceLeaveNothing(t *testing.T) {
	t.Parallel()
	h, err := New((&backend{}).api(t, "$default"))
	if err != nil {
		t.Fatal(err)
	}
	address := listen(t, h)
	for i := range 1000 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf", i)
		_ = conn.Close()
	}
	wantContains(t, "afterwards", raw(t, address, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "204") // goleak looks at the end
}
