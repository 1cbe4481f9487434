package websocket

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	ws "github.com/coder/websocket"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

func TestMessagesGoToTheRouteThatTheExpressionSelects(t *testing.T) {
	t.Parallel()
	r := start(t, nil, "join", routeDefault)
	c := r.dial(t, "")
	for _, m := range []struct{ text, route string }{
		{`{"action":"join"}`, "join"},
		{`{"action":"leave"}`, routeDefault},
		{`{"action":"$connect"}`, routeDefault},
		{`{"action":null}`, routeDefault},
		{`{"action":{"x":1}}`, routeDefault},
		{`["join"]`, routeDefault},
		{`join`, routeDefault},
		{`{"action":"join"} x`, routeDefault},
		{``, routeDefault},
	} {
		send(t, c, m.text)
		e := r.wait(t, m.route)
		wantEqual(t, m.text, e["body"], m.text)
		wantEqual(t, "type", at(e, "requestContext", "eventType"), "MESSAGE")
		wantEqual(t, "headers", e["headers"], nil)
		if id, _ := at(e, "requestContext", "messageId").(string); len(id) != 16 {
			t.Errorf("message id %q", id)
		}
	}
}

func TestExpressionsReachIntoTheMessage(t *testing.T) {
	t.Parallel()
	const message = `{"service":"chat","action":"join","data":{"room":"room1234","n":12.50,"list":["a",7,{"b":true}]}}`
	for expression, want := range map[string]string{
		"$request.body.action": "join", "${request.body.action}": "join", "$request.body.data.room": "room1234",
		"${request.body.service}/${request.body.action}": "chat/join", "${request.body.action}-${request.body.invalidPath}": "join-",
		"$request.body.data.n": "12.50", "$request.body.data.list[1]": "7", "$request.body.data.list[2].b": "true", "$request.body.data.list[9]": "",
		"$request.body.data.list": "[a, 7, ]", "$request.body.action.more": "", "action": "action", `\$default`: "$default",
	} {
		if err := checkSelection(expression); err != nil {
			t.Error(err)
		}
		wantEqual(t, expression, evaluate(expression, []byte(message)), want)
		wantEqual(t, expression+" on text", evaluate(expression, []byte("join")), routeDefault)
	}
	for _, bad := range []string{"", "$request.header.x", "$request.body.a $context.x", "$request.body.a[*]", "$default"} {
		if checkSelection(bad) == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestARouteResponseGoesBackAndOnlyWhereItIsDeclared(t *testing.T) {
	t.Parallel()
	r := start(t, func(a *API) { a.Routes[1].Responds = false }, "two", "one")
	r.answers["one"], r.answers["two"] = "echo", "echo"
	c := r.dial(t, "")
	send(t, c, `{"action":"one"}`)
	send(t, c, `{"action":"two"}`)
	wantEqual(t, "answer", receive(t, c), `{"action":"two"}`)
}

func TestProblemsAreToldInAMessage(t *testing.T) {
	t.Parallel()
	r := start(t, func(a *API) {
		a.RouteThrottle = map[string]*gateway.Throttle{"busy": {RateLimit: 0.001, BurstLimit: 1}}
	}, "crash", "odd", "busy")
	r.answers["crash"], r.answers["odd"] = "crash", `"no status"`
	c := r.dial(t, "")
	send(t, c, `{"action":"busy"}`)
	for message, want := range map[string]string{`{"action":"crash"}`: "Internal server error", `{"action":"odd"}`: "Internal server error", `{"action":"none"}`: "Forbidden", `{"action":"busy"}`: "Too Many Requests"} {
		send(t, c, message)
		answer := receive(t, c)
		wantContains(t, message, answer, `"message":"`+want+`"`)
		wantContains(t, message, answer, `"connectionId":"`)
		wantContains(t, message, answer, `"requestId":"`)
	}
}

func TestASlowMessageDoesNotHoldUpTheNext(t *testing.T) {
	t.Parallel()
	r := start(t, nil, routeDefault, routeDisconnect)
	r.slow = 300 * time.Millisecond
	c := r.dial(t, "")
	begun := time.Now()
	for range 5 {
		send(t, c, "x")
	}
	_ = c.CloseNow()
	r.wait(t, routeDisconnect)
	if took := time.Since(begun); took > time.Second {
		t.Errorf("five messages and the end took %s", took)
	}
}

func TestAnIntegrationOverItsTimeIsToldToTheClient(t *testing.T) {
	t.Parallel()
	r := start(t, func(a *API) {
		for i := range a.Routes {
			a.Routes[i].Timeout = 50 * time.Millisecond
		}
	}, routeDefault)
	r.slow = time.Second
	c := r.dial(t, "")
	send(t, c, "x")
	wantContains(t, "message", receive(t, c), `"message":"Endpoint request timed out"`)
}

func TestFramesAndMessagesOverTheLimitCloseTheConnection(t *testing.T) {
	t.Parallel()
	r := start(t, nil, routeDefault, routeDisconnect)
	c := r.dial(t, "")
	send(t, c, strings.Repeat("x", maxFrame))
	wantEqual(t, "32 KB frame", len(r.wait(t, routeDefault)["body"].(string)), maxFrame)
	fragments(t, c, maxMessage)
	wantEqual(t, "128 KB message", len(r.wait(t, routeDefault)["body"].(string)), maxMessage)
	fragments(t, c, maxMessage+1)
	closedWith(t, c, ws.StatusMessageTooBig)
	wantEqual(t, "reason", at(r.wait(t, routeDisconnect), "requestContext", "disconnectStatusCode"), 1009)

	c = r.dial(t, "")
	send(t, c, strings.Repeat("x", maxFrame+1))
	closedWith(t, c, ws.StatusMessageTooBig)
	wantEqual(t, "reason", at(r.wait(t, routeDisconnect), "requestContext", "disconnectStatusCode"), 1009)
}

// fragments sends one message in frames of at most 32 KB.
func fragments(t *testing.T, c *ws.Conn, size int) {
	t.Helper()
	w, err := c.Writer(context.Background(), ws.MessageText)
	if err != nil {
		t.Fatal(err)
	}
	for size > 0 {
		n := min(size, maxFrame)
		if _, err := w.Write(bytes.Repeat([]byte("y"), n)); err != nil {
			t.Fatal(err)
		}
		size -= n
	}
	_ = w.Close() // the server may have closed already
}

func TestBinaryFramesAndInvalidTextCloseTheConnection(t *testing.T) {
	t.Parallel()
	r := start(t, nil, routeDefault)
	c := r.dial(t, "")
	if err := c.Write(context.Background(), ws.MessageBinary, []byte{1}); err != nil {
		t.Fatal(err)
	}
	closedWith(t, c, ws.StatusUnsupportedData)
	c = r.dial(t, "")
	send(t, c, "\xff\xfe")
	closedWith(t, c, ws.StatusInvalidFramePayloadData)
	wantEqual(t, "events", len(r.events), 0)
}

func TestDisconnectTellsHowTheConnectionEnded(t *testing.T) {
	t.Parallel()
	r := start(t, nil, routeDisconnect)
	for what, c := range map[string]struct {
		end    func(*ws.Conn)
		code   int
		reason string
	}{
		"with a status": {func(c *ws.Conn) { _ = c.Close(4001, "done") }, 4001, "done"},
		"without":       {func(c *ws.Conn) { _ = c.Close(ws.StatusNoStatusRcvd, "") }, 1005, "Client-side close frame status not set"},
		"dropped":       {func(c *ws.Conn) { _ = c.CloseNow() }, 1006, "Connection closed abnormally"},
	} {
		c.end(r.dial(t, ""))
		e := r.wait(t, routeDisconnect)
		wantEqual(t, what, at(e, "requestContext", "disconnectStatusCode"), c.code)
		wantEqual(t, what, at(e, "requestContext", "disconnectReason"), c.reason)
		wantEqual(t, what, at(e, "requestContext", "eventType"), "DISCONNECT")
		host := strings.TrimPrefix(r.url, "ws://")
		wantEqual(t, what, e["headers"], map[string]string{"Host": host, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""})
	}
}

func TestDisconnectIsTriedAgainWhileTheFunctionIsThrottled(t *testing.T) {
	t.Parallel()
	r := start(t, nil, routeDisconnect)
	r.answers[routeDisconnect] = "throttled"
	_ = r.dial(t, "").CloseNow()
	r.wait(t, routeDisconnect)
	r.mu.Lock()
	r.answers[routeDisconnect] = ""
	r.mu.Unlock()
	r.wait(t, routeDisconnect)
}

func TestIdleAndOldConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	for what, limits := range map[string]Limits{"idle": {Idle: 50 * time.Millisecond}, "lifetime": {Lifetime: 50 * time.Millisecond}} {
		r := start(t, func(a *API) { a.Limits = limits }, routeDisconnect)
		closedWith(t, r.dial(t, ""), ws.StatusGoingAway)
		wantEqual(t, what, at(r.wait(t, routeDisconnect), "requestContext", "disconnectStatusCode"), 1001)
	}
}

func TestPingsKeepAConnectionOpen(t *testing.T) {
	t.Parallel()
	r := start(t, func(a *API) { a.Limits.Idle = time.Second }, routeDefault)
	c := r.dial(t, "")
	reading := c.CloseRead(context.Background())
	for range 7 {
		time.Sleep(200 * time.Millisecond)
		if err := c.Ping(reading); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheAccessLogHasALineForEachEvent(t *testing.T) {
	t.Parallel()
	lines := make(chan string, 10)
	r := start(t, func(a *API) {
		a.AccessLog = gateway.AccessLog{Writer: writerFunc(func(p []byte) { lines <- string(p) }), Format: "$context.eventType $context.routeKey $context.status " +
			"$context.integrationStatus $context.integration.status $context.identity.sourceIp [$context.error.message] [$context.integrationErrorMessage] $context.requestId"}
	}, routeConnect, "crash", "denied", routeDisconnect)
	r.answers["crash"], r.answers["denied"] = "crash", `{"statusCode":403}`
	c := r.dial(t, "")
	wantContains(t, "connect", <-lines, "CONNECT $connect 200 200 200 127.0.0.1 [-] [-] ")
	for text, want := range map[string]string{
		`{"action":"crash"}`:  `MESSAGE crash 502 502 - 127.0.0.1 [Internal server error] [the function failed: {\"errorMessage\":\"exit status 1\"}] `,
		`{"action":"denied"}`: "MESSAGE denied 403 200 403 127.0.0.1 [-] [-] ",
		`{"action":"none"}`:   "MESSAGE $default 403 - - 127.0.0.1 [Forbidden] [-] ",
	} {
		send(t, c, text)
		wantContains(t, text, <-lines, want)
	}
	_ = c.CloseNow()
	wantContains(t, "disconnect", <-lines, "DISCONNECT $disconnect 200 200 200 ")
}

type writerFunc func([]byte)

func (f writerFunc) Write(p []byte) (int, error) { f(p); return len(p), nil }
