package conformance

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func patience(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func dial(t *testing.T, query string) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	c, resp, err := websocket.Dial(patience(t), target.ws+query, nil)
	if err == nil {
		c.SetReadLimit(1 << 20)
		t.Cleanup(func() { _ = c.CloseNow() })
	}
	return c, resp, err
}

func open(t *testing.T) *websocket.Conn {
	t.Helper()
	c, _, err := dial(t, "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func write(t *testing.T, c *websocket.Conn, text string) {
	t.Helper()
	if err := c.Write(patience(t), websocket.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, c *websocket.Conn) string {
	t.Helper()
	kind, text, err := c.Read(patience(t))
	if err != nil {
		t.Fatal(err)
	}
	if kind != websocket.MessageText {
		t.Errorf("the frame is %v", kind)
	}
	return string(text)
}

// liveEvent sends a message and returns the event that the function answers with.
func liveEvent(t *testing.T, c *websocket.Conn, text string) map[string]any {
	t.Helper()
	write(t, c, text)
	return decode(t, read(t, c))
}

func closes(t *testing.T, c *websocket.Conn, want websocket.StatusCode) {
	t.Helper()
	for {
		_, _, err := c.Read(patience(t))
		var closed websocket.CloseError
		if errors.As(err, &closed) {
			same(t, "status", int(closed.Code), int(want))
			return
		}
		if err != nil {
			t.Errorf("the connection ended with %v, want status %d", err, want)
			return
		}
	}
}

func refusedConnect(t *testing.T) {
	_, resp, err := dial(t, "?refuse=1")
	if err == nil || resp == nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("got %v, %v", resp, err)
	}
}

func selectedRoutes(t *testing.T) {
	c := open(t)
	for text, want := range map[string]string{`{"action":"custom"}`: "custom", `{"action":"unknown"}`: "$default", `no json`: "$default", `{"x":1}`: "$default"} {
		e := liveEvent(t, c, text)
		same(t, text, at(e, "requestContext", "routeKey"), want)
		same(t, text, e["body"], text)
	}
}

func messageContext(t *testing.T) {
	e := liveEvent(t, open(t), "x")
	for name, want := range map[string]string{"eventType": "MESSAGE", "messageDirection": "IN", "stage": "live"} {
		same(t, name, at(e, "requestContext", name), want)
	}
	for _, name := range []string{"connectionId", "messageId", "requestId", "extendedRequestId", "domainName", "apiId", "requestTime"} {
		if s, _ := at(e, "requestContext", name).(string); s == "" {
			t.Errorf("requestContext.%s is missing", name)
		}
	}
	if since, _ := at(e, "requestContext", "connectedAt").(float64); since < 1e12 {
		t.Errorf("connectedAt %v", since)
	}
}

func oneWayRoute(t *testing.T) {
	c := open(t)
	write(t, c, `{"action":"quiet"}`)
	same(t, "the first answer is of the next message", liveEvent(t, c, "x")["body"], "x")
}

func pushedText(t *testing.T) {
	c := open(t)
	write(t, c, `{"action":"push","text":"雅"}`)
	same(t, "text", read(t, c), "雅")
}

func failedMessage(t *testing.T) {
	c := open(t)
	write(t, c, `{"action":"crash"}`)
	text := read(t, c)
	contains(t, "message", text, `"message": "Internal server error"`[:10])
	same(t, "message", decode(t, text)["message"], "Internal server error")
	if id, _ := decode(t, text)["connectionId"].(string); id == "" {
		t.Error("the connection id is missing")
	}
}

func largeFrame(t *testing.T) {
	c := open(t)
	write(t, c, strings.Repeat("x", 32<<10+1))
	closes(t, c, websocket.StatusMessageTooBig)
}

func largeMessage(t *testing.T) {
	c := open(t)
	w, err := c.Writer(patience(t), websocket.MessageText)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := w.Write(bytes.Repeat([]byte("x"), 32<<10)); err != nil {
			break // closed already
		}
	}
	_ = w.Close() // closed already
	closes(t, c, websocket.StatusMessageTooBig)
}

func binaryFrame(t *testing.T) {
	c := open(t)
	if err := c.Write(patience(t), websocket.MessageBinary, []byte{1}); err != nil {
		t.Fatal(err)
	}
	closes(t, c, websocket.StatusUnsupportedData)
}
