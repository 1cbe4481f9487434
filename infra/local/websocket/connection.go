package websocket

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	ws "github.com/coder/websocket"

	"github.com/miyabi-society/platform/infra/local/gateway"
	"github.com/miyabi-society/platform/infra/local/lambda"
)

// How the server ends connections.
var (
	goingAway = ws.CloseError{Code: ws.StatusGoingAway, Reason: "Going away"}
	deleted   = ws.CloseError{Code: ws.StatusNormalClosure, Reason: "Connection Closed Normally"}
	tooLarge  = ws.CloseError{Code: ws.StatusMessageTooBig, Reason: "Frame over 32 KB or message over 128 KB"}
	binary    = ws.CloseError{Code: ws.StatusUnsupportedData, Reason: "Binary frames are not supported"} // page websocket-api-develop-binary-media-types
	notText   = ws.CloseError{Code: ws.StatusInvalidFramePayloadData, Reason: "Text that is not UTF-8"}
)

// maxPending bounds the messages of one client that are with their functions; then its next ones wait in the network.
const maxPending = 16

// connection is one open WebSocket connection. One goroutine reads; others run only while there is something to do.
type connection struct {
	server     *Server
	id         string
	ws         *ws.Conn
	socket     net.Conn // below ws; closing it ends everything at once
	connected  time.Time
	domain     string
	identity   map[string]string
	authorizer map[string]string
	limit      *time.Timer // of idleness or, when that is sooner, of the lifetime
	pending    chan struct{}

	lastActive atomic.Int64 // Unix milliseconds

	mu     sync.Mutex
	outbox [][]byte
	queued int           // bytes in outbox
	end    ws.CloseError // Code 0 while it is open
}

// touch notes a message in either direction.
func (c *connection) touch() {
	c.lastActive.Store(time.Now().UnixMilli())
	l := c.server.api.Limits
	c.limit.Reset(min(l.Idle, l.Lifetime-time.Since(c.connected)))
}

// run reads until the connection ends and then calls $disconnect.
func (c *connection) run() {
	defer c.server.connections.running.Done()
	end := c.read()
	c.limit.Stop()
	c.ends(end)
	c.close(end)
	c.disconnect()
}

// ends notes how the connection ends, unless that is known: the first reason counts. From then on nobody finds it.
func (c *connection) ends(end ws.CloseError) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end.Code != 0 {
		return false
	}
	c.end = end
	c.server.connections.remove(c)
	return true
}

func (c *connection) ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end.Code != 0
}

// shut closes the connection from the server's side.
func (c *connection) shut(end ws.CloseError) {
	if c.ends(end) {
		c.server.connections.running.Go(func() { c.close(end) })
	}
}

// closeTime is how long a client has to answer a close frame before its socket is closed.
const closeTime = time.Second

// close sends the close frame and waits for the client's. It has no effect on what is closed.
func (c *connection) close(end ws.CloseError) {
	defer time.AfterFunc(closeTime, func() { _ = c.socket.Close() }).Stop() // the reader ends
	_ = c.ws.Close(end.Code, end.Reason)                                    // a client that left needs no close frame
}

// read hands messages to their routes, several at once, until the connection ends, and returns how it ended. What a
// client says after the server's close frame reaches no route.
func (c *connection) read() ws.CloseError {
	for {
		message, err := c.receive()
		if err != nil || c.ended() {
			return endOf(err)
		}
		c.touch()
		c.pending <- struct{}{}
		c.server.connections.running.Go(func() {
			defer func() { <-c.pending }()
			c.handle(message)
		})
	}
}

// receive reads a message. It relies on each Read giving bytes of one frame at most.
func (c *connection) receive() ([]byte, error) {
	kind, r, err := c.ws.Reader(context.Background())
	if err != nil {
		return nil, err
	}
	if kind == ws.MessageBinary {
		return nil, binary
	}
	var message []byte
	frame := make([]byte, maxFrame+1)
	for {
		n, err := r.Read(frame)
		message = append(message, frame[:n]...)
		switch {
		case n > maxFrame || len(message) > maxMessage:
			return nil, tooLarge
		case errors.Is(err, io.EOF) && !utf8.Valid(message):
			return nil, notText
		case errors.Is(err, io.EOF):
			return message, nil
		case err != nil:
			return nil, err
		}
	}
}

// endOf tells a close frame, with or without a status, from a connection that broke off.
func endOf(err error) ws.CloseError {
	var closed ws.CloseError
	switch {
	case !errors.As(err, &closed):
		return ws.CloseError{Code: ws.StatusAbnormalClosure, Reason: "Connection closed abnormally"}
	case closed.Code == ws.StatusNoStatusRcvd:
		closed.Reason = "Client-side close frame status not set"
	}
	return closed
}

// handle calls the route of one message. Problems are told to the client in a message of API Gateway's own.
func (c *connection) handle(message []byte) {
	rt := c.server.selectRoute(message)
	e := c.event("MESSAGE", routeDefault)
	e.context["messageId"] = gateway.NewID()
	e.fields["body"] = string(message)
	defer func() { c.server.api.AccessLog.Write(e.variables()) }()
	if rt == nil {
		c.complain(e, http.StatusForbidden, "Forbidden")
		return
	}
	e.context["routeKey"] = rt.Key
	if !rt.limit.Allow() {
		c.complain(e, http.StatusTooManyRequests, "Too Many Requests")
		return
	}
	switch a := c.server.invoke(rt, e); {
	case a.failure != nil:
		c.complain(e, a.status, a.problem)
	case rt.Responds && a.body != nil:
		_ = c.send([]byte(*a.body)) // a client that left gets no answer
	}
}

func (c *connection) complain(e *event, status int, text string) {
	e.end(status, text)
	_ = c.send(e.message(text)) // as above
}

// Tries of a $disconnect whose function is over its concurrency, as when many connections drop at once.
const (
	disconnectTries = 50
	disconnectPause = 100 * time.Millisecond
)

// disconnect calls the $disconnect route, if there is one.
func (c *connection) disconnect() {
	e := c.event("DISCONNECT", routeDisconnect)
	e.setHeaders(map[string][]string{"Host": {c.domain}, "x-api-key": {""}, "X-Forwarded-For": {""}, "x-restapi": {""}})
	e.context["disconnectStatusCode"], e.context["disconnectReason"] = int(c.end.Code), c.end.Reason
	if rt := c.server.routes[routeDisconnect]; rt != nil {
		c.server.disconnects <- struct{}{}
		for try := 1; errors.Is(c.server.invoke(rt, e).failure, lambda.ErrThrottled) && try < disconnectTries; try++ {
			time.Sleep(disconnectPause)
		}
		<-c.server.disconnects
	}
	c.server.api.AccessLog.Write(e.variables())
}
