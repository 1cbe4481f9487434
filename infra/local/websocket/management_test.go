package websocket

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

func (r *running) connectionID(t testing.TB) string {
	t.Helper()
	return at(r.wait(t, routeConnect), "requestContext", "connectionId").(string)
}

// lateWriter is an access log that takes its time.
type lateWriter struct{}

func (lateWriter) Write(line []byte) (int, error) {
	time.Sleep(100 * time.Millisecond)
	return len(line), nil
}

func TestAConnectionIsThereAsSoonAsItsClientKnows(t *testing.T) {
	t.Parallel()
	r := start(t, func(a *API) { a.AccessLog = gateway.AccessLog{Format: "$context.requestId", Writer: lateWriter{}} }, routeConnect)
	for range 5 {
		c := r.dial(t, "")
		resp, _ := r.manage(t, "POST", r.connectionID(t), "hello")
		wantEqual(t, "status", resp.StatusCode, 200)
		wantEqual(t, "message", receive(t, c), "hello")
	}
}

func TestPushedMessagesAreTextWhateverTheirSize(t *testing.T) {
	t.Parallel()
	r := start(t, nil, routeConnect)
	c := r.dial(t, "")
	id := r.connectionID(t)
	for sent, want := range map[string]string{"": "", "hello": "hello", "\xff": "\uFFFD", strings.Repeat("é", maxMessage/2): strings.Repeat("é", maxMessage/2)} {
		resp, _ := r.manage(t, "POST", id, sent)
		wantEqual(t, "status", resp.StatusCode, 200)
		if got := receive(t, c); got != want {
			t.Errorf("got %d bytes, want %d", len(got), len(want))
		}
	}
	resp, _ := r.manage(t, "POST", id, strings.Repeat("x", maxMessage+1))
	wantEqual(t, "status", resp.StatusCode, 413)
	wantEqual(t, "error", resp.Header.Get("X-Amzn-ErrorType"), "PayloadTooLargeException")
}

func TestGetDescribesAConnection(t *testing.T) {
	t.Parallel()
	r := start(t, nil, routeConnect)
	r.dial(t, "", "User-Agent", "tester")
	resp, body := r.manage(t, "GET", r.connectionID(t), "")
	wantEqual(t, "status", resp.StatusCode, 200)
	wantContains(t, "body", body, `"identity":{"sourceIp":"127.0.0.1","userAgent":"tester"}`)
	wantContains(t, "body", body, `"connectedAt":"`+time.Now().UTC().Format("2006-01-02T"))
}

func TestDeleteClosesAndRunsDisconnect(t *testing.T) {
	t.Parallel()
	r := start(t, nil, routeConnect, routeDisconnect)
	c := r.dial(t, "")
	id := r.connectionID(t)
	resp, _ := r.manage(t, "DELETE", id, "")
	wantEqual(t, "status", resp.StatusCode, 204)
	closedWith(t, c, 1000)
	wantEqual(t, "$disconnect", at(r.wait(t, routeDisconnect), "requestContext", "connectionId"), id)
	for _, method := range []string{"POST", "GET", "DELETE"} {
		resp, _ = r.manage(t, method, id, "x")
		wantEqual(t, method, resp.StatusCode, 410)
		wantEqual(t, method, resp.Header.Get("X-Amzn-ErrorType"), "GoneException")
	}
	resp, _ = r.manage(t, "POST", "no-id", "x")
	wantEqual(t, "malformed", resp.StatusCode, 400)
	wantEqual(t, "malformed", resp.Header.Get("X-Amzn-ErrorType"), "BadRequestException")
}

func TestADeletedConnectionIsGoneAtOnceThoughItsClientDoesNotAnswerTheCloseFrame(t *testing.T) {
	t.Parallel()
	r := start(t, nil, routeConnect, routeDefault, routeDisconnect)
	conn := handshake(t, r)
	id := r.connectionID(t)
	deleted := time.Now()
	resp, _ := r.manage(t, "DELETE", id, "")
	wantEqual(t, "status", resp.StatusCode, 204)
	for _, method := range []string{"GET", "POST", "DELETE"} {
		resp, _ = r.manage(t, method, id, "x")
		wantEqual(t, method, resp.StatusCode, 410)
	}
	wantEqual(t, "connections", r.server.connections.Open(), 0)
	if _, err := conn.Write([]byte("\x81\x85\x00\x00\x00\x00hello")); err != nil {
		t.Fatal(err)
	}
	e := r.wait(t, routeDisconnect)
	wantEqual(t, "$disconnect", at(e, "requestContext", "disconnectStatusCode"), 1000)
	if took := time.Since(deleted); took > 3*time.Second {
		t.Errorf("$disconnect ran after %s", took)
	}
	wantEqual(t, "events besides $connect and $disconnect", len(r.events)-2, 0)
}

func TestDuringConnectTheConnectionIsNotThereYet(t *testing.T) {
	t.Parallel()
	r := start(t, nil, routeConnect)
	r.slow = 500 * time.Millisecond
	done := make(chan struct{})
	go func() { defer close(done); _, _, _ = r.tryDial("") }()
	time.Sleep(30 * time.Millisecond)
	wantEqual(t, "connections", r.server.connections.Open(), 0)
	<-done
}

func TestFunctionsReachConnectionsOfEveryAPIByStage(t *testing.T) {
	t.Parallel()
	r := start(t, nil, routeConnect)
	r.dial(t, "")
	id := r.connectionID(t)
	for path, want := range map[string]int{
		"/live/@connections/" + id: 200, "/@connections/" + id: 200, "/live/%40connections/" + strings.ReplaceAll(id, "=", "%3D"): 200,
		"/dev/@connections/" + id: 403, "/live/@connections/JKJaXmPLvHcESHA=": 410, "/live/@connections/short": 400,
	} {
		rec := httptest.NewRecorder()
		r.server.connections.ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
		wantEqual(t, path, rec.Code, want)
	}
}

func TestAnAPIDoesNotManageTheConnectionsOfAnother(t *testing.T) {
	t.Parallel()
	r, other := start(t, nil, routeConnect), start(t, nil)
	r.dial(t, "")
	other.server.connections = r.server.connections
	resp, _ := other.manage(t, "GET", r.connectionID(t), "")
	wantEqual(t, "status", resp.StatusCode, 410)
}

// handshake opens a connection whose client reads the server's handshake and nothing else.
func handshake(t *testing.T, r *running) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "ws://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	fmt.Fprintf(conn, "GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	wantEqual(t, "handshake", resp.StatusCode, http.StatusSwitchingProtocols)
	return conn
}

func TestAClientThatNeverReadsIsBoundedAndThenClosed(t *testing.T) {
	t.Parallel()
	r := start(t, func(a *API) { a.Limits = Limits{Queue: 256 << 10, Write: 300 * time.Millisecond} }, routeConnect, routeDisconnect)
	handshake(t, r)
	id := r.connectionID(t)
	statuses := map[int]int{}
	for deadline := time.Now().Add(20 * time.Second); statuses[410] == 0 && time.Now().Before(deadline); { // the network's buffers take some first
		resp, _ := r.manage(t, "POST", id, strings.Repeat("x", 64<<10))
		statuses[resp.StatusCode]++
		if resp.StatusCode == 429 {
			wantEqual(t, "error", resp.Header.Get("X-Amzn-ErrorType"), "LimitExceededException")
			time.Sleep(time.Millisecond)
		}
	}
	if statuses[429] == 0 || statuses[410] == 0 {
		t.Errorf("statuses %v, want 200, then 429, then 410", statuses)
	}
	r.wait(t, routeDisconnect)
}

func TestMalformedFramesEndTheConnectionOnly(t *testing.T) {
	t.Parallel()
	r := start(t, nil, routeConnect, routeDefault, routeDisconnect)
	for _, frame := range []string{
		"\x81\x05hello",                                            // not masked
		"\xf1\x80\x00\x00\x00\x00",                                 // reserved bits
		"\x83\x80\x00\x00\x00\x00",                                 // unknown opcode
		"\x80\x80\x00\x00\x00\x00",                                 // a continuation of nothing
		"\x89\xfe\x00\x7e\x00\x00\x00\x00",                         // a ping over 125 bytes
		"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", // a length of 2^64-1
		"\x88\x81\x00\x00\x00\x00x",                                // a close frame of one byte
	} {
		conn := handshake(t, r)
		r.connectionID(t)
		if _, err := conn.Write([]byte(frame)); err != nil {
			t.Fatal(err)
		}
		_ = conn.(*net.TCPConn).CloseWrite()
		r.wait(t, routeDisconnect)
	}
	wantEqual(t, "connections", r.server.connections.Open(), 0)
}

func TestManyConnectionsThatDropAtOnceAreAllDisconnected(t *testing.T) {
	t.Parallel()
	r := start(t, nil, routeDisconnect)
	const n = 500
	var open []interface{ CloseNow() error }
	for range n {
		open = append(open, r.dial(t, ""))
	}
	for _, c := range open {
		_ = c.CloseNow()
	}
	for range n {
		r.wait(t, routeDisconnect)
	}
}

func TestCloseEndsEveryConnection(t *testing.T) {
	t.Parallel()
	r := start(t, nil, routeConnect, routeDisconnect)
	polite := r.dial(t, "")
	handshake(t, r) // does not answer the close frame
	r.connectionID(t)
	r.connectionID(t)
	go closedWith(t, polite, 1001)
	r.server.connections.Close()
	for range 2 {
		wantEqual(t, "status", at(r.wait(t, routeDisconnect), "requestContext", "disconnectStatusCode"), 1001)
	}
	if _, resp, err := r.tryDial(""); err == nil || resp.StatusCode != 503 {
		t.Errorf("afterwards: %v, %v", resp, err)
	}
}

func TestCloseWaitsForAHandshakeUnderWayAndEndsItsConnection(t *testing.T) {
	t.Parallel()
	r := start(t, nil, routeConnect, routeDisconnect)
	r.slow = 300 * time.Millisecond
	opened := make(chan error, 1)
	go func() {
		c, _, err := r.tryDial("")
		if err == nil {
			_, _, err = c.Read(context.Background())
		}
		opened <- err
	}()
	time.Sleep(100 * time.Millisecond)
	r.server.connections.Close()
	wantContains(t, "the client", fmt.Sprint(<-opened), "StatusGoingAway")
	wantEqual(t, "$disconnect", at(r.wait(t, routeDisconnect), "requestContext", "disconnectStatusCode"), 1001)
}
