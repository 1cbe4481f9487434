package websocket

import (
	"net"
	"strings"
	"testing"

	ws "github.com/coder/websocket"
)

func TestFragmentsAreOneMessage(t *testing.T) {
	t.Parallel()
	r := start(t, nil, routeDefault)
	r.answers[routeDefault] = "echo"
	c := r.dial(t, "")
	part := strings.Repeat("a", maxFrame)
	w, err := c.Writer(t.Context(), ws.MessageText)
	if err != nil {
		t.Fatal(err)
	}
	for range maxMessage / maxFrame {
		if _, err := w.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "bytes", len(receive(t, c)), maxMessage)
}

func TestKeysOfMessagesOfEachKind(t *testing.T) {
	t.Parallel()
	r := start(t, nil, routeDefault, "7", "true", "join", "$connect")
	c := r.dial(t, "")
	for text, want := range map[string]string{
		`{"action":7}`: "7", `{"action":true}`: "true", `{"action":"join"}`: "join", ` {"action":"join"} `: "join", `{"action":"join","action":"7"}`: "7",
		`{"action":null}`: routeDefault, `{"action":["join"]}`: routeDefault, `{"action":"$connect"}`: routeDefault, `{"Action":"join"}`: routeDefault,
		`["action"]`: routeDefault, `"join"`: routeDefault, ``: routeDefault, `{"action":"join"} {}`: routeDefault, `{"action":"join"`: routeDefault,
	} {
		send(t, c, text)
		e := r.wait(t, want)
		wantEqual(t, text, e["body"], text)
		wantEqual(t, text, e["isBase64Encoded"], false)
	}
}

func TestAMessageThatBreaksOffReachesNobody(t *testing.T) {
	t.Parallel()
	r := start(t, nil, routeConnect, routeDefault, routeDisconnect)
	conn := handshake(t, r)
	r.connectionID(t)
	if _, err := conn.Write([]byte("\x01\x84\x00\x00\x00\x00half")); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	r.wait(t, routeDisconnect)
	for _, e := range r.events {
		if at(e, "requestContext", "eventType") == "MESSAGE" {
			t.Errorf("the function got %v", e["body"])
		}
	}
}
