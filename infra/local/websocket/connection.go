package websocket

import (
	"context"
	"errors"
	"log/slog"
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

// Close codes (RFC 6455, section 7.4.1).
const (
	statusGoingAway   = ws.StatusGoingAway
	statusUnsupported = ws.StatusUnsupportedData
	statusInvalidText = ws.StatusInvalidFramePayloadData
	statusTooLarge    = ws.StatusMessageTooBig
)

// maxPending bounds the messages of one client that wait for their functions; then its next ones wait in the network.
const maxPending = 16

// connection is one open WebSocket connection. One goroutine reads; others run only while there is something to do.
type connection struct {
	server     *Server
	id         string
	ws         *ws.Conn
	socket     net.Conn // below ws; closing it ends everything at once
	connected  time.Time
	domain     string
	identity   identity
	authorizer map[string]any
	lastActive atomic.Int64 // Unix milliseconds
	idle       *time.Timer
	lifetime   *time.Timer
	work       sync.WaitGroup // the goroutines that end before $disconnect
	pending    chan struct{}

	mu       sync.Mutex
	inbox    [][]byte
	handling bool
	outbox   [][]byte
	queued   int // bytes in outbox
	writing  bool
	gone     bool
	closed   ws.CloseError // why the server closed it; Code 0 while it did not
}

// watch starts the idle and the lifetime limit.
func (c *connection) watch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.server.api.Limits
	c.idle = time.AfterFunc(l.Idle, func() { c.shut(statusGoingAway, "Going away") })
	c.lifetime = time.AfterFunc(l.Lifetime, func() { c.shut(statusGoingAway, "Going away") })
	c.lastActive.Store(time.Now().UnixMilli())
}

// touch notes a message in either direction.
func (c *connection) touch() {
	c.lastActive.Store(time.Now().UnixMilli())
	c.idle.Reset(c.server.api.Limits.Idle)
}

func (c *connection) pinged(context.Context, []byte) bool {
	c.mu.Lock()
	watched := c.idle != nil
	c.mu.Unlock()
	if watched {
		c.touch()
	}
	return true
}

// run reads until the connection ends and then calls $disconnect.
func (c *connection) run() {
	defer c.server.running.Done()
	end := c.read()
	c.idle.Stop()
	c.lifetime.Stop()
	c.server.remove(c)
	c.mu.Lock()
	c.gone = true
	if c.closed.Code != 0 {
		end = c.closed
	}
	c.mu.Unlock()
	c.work.Wait()
	_ = c.socket.Close() // it has ended already
	c.disconnect(end)
}

// read takes messages until the connection ends, and returns how it ended from the client's side.
func (c *connection) read() ws.CloseError {
	for {
		kind, message, err := c.ws.Read(context.Background())
		switch {
		case errors.Is(err, errFrameTooLarge):
			c.shut(statusTooLarge, "Frame over 32 KB")
			return ws.CloseError{Code: statusTooLarge}
		case errors.Is(err, ws.ErrMessageTooBig):
			c.shut(statusTooLarge, "Message over 128 KB")
			return ws.CloseError{Code: statusTooLarge}
		case err != nil:
			return endOf(err)
		case kind == ws.MessageBinary: // page websocket-api-develop-binary-media-types
			c.shut(statusUnsupported, "Binary frames are not supported")
			return ws.CloseError{Code: statusUnsupported}
		case !utf8.Valid(message):
			c.shut(statusInvalidText, "Text that is not UTF-8")
			return ws.CloseError{Code: statusInvalidText}
		}
		c.touch()
		c.receive(message)
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

// shut closes the connection from the server's side. The first reason counts.
func (c *connection) shut(code ws.StatusCode, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone || c.closed.Code != 0 {
		return
	}
	c.closed = ws.CloseError{Code: code, Reason: reason}
	c.work.Go(func() { _ = c.ws.Close(code, reason) }) // a client that does not answer is closed all the same
}

// receive hands a message over; the messages of one connection reach their functions one after the other.
func (c *connection) receive(message []byte) {
	c.pending <- struct{}{}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inbox = append(c.inbox, message)
	if !c.handling {
		c.handling = true
		c.work.Go(c.handleAll)
	}
}

func (c *connection) handleAll() {
	for {
		c.mu.Lock()
		if len(c.inbox) == 0 {
			c.inbox, c.handling = nil, false
			c.mu.Unlock()
			return
		}
		message := c.inbox[0]
		c.inbox = c.inbox[1:]
		c.mu.Unlock()
		c.handle(message)
		<-c.pending
	}
}

// handle calls the route of one message. Problems are told to the client in a message of API Gateway's own.
func (c *connection) handle(message []byte) {
	rt := c.server.selectRoute(message)
	e := c.event(eventMessage, routeDefault)
	e.Context.MessageID = gateway.NewID()
	body := string(message)
	e.Body = &body
	defer func() { c.server.api.AccessLog.Write(e.variables()) }()
	if rt == nil {
		e.integration.status = http.StatusForbidden
		c.complain("Forbidden", e)
		return
	}
	e.Context.RouteKey = rt.Key
	if !rt.limit.Allow(time.Now()) {
		e.integration.status = http.StatusTooManyRequests
		c.complain("Too Many Requests", e)
		return
	}
	a, err := c.server.invoke(rt, e)
	switch {
	case err != nil:
		slog.Warn("websocket integration failed", "function", rt.FunctionARN, "error", err)
		c.complain("Internal server error", e)
	case rt.Responds && a.body != nil:
		_ = c.send([]byte(*a.body)) // a client that left gets no answer
	}
}

func (c *connection) complain(message string, e *event) {
	_ = c.send(gateway.MustMarshal(map[string]string{"message": message, "connectionId": c.id, "requestId": e.Context.RequestID})) // as above
}

// disconnect calls the $disconnect route, if there is one.
func (c *connection) disconnect(end ws.CloseError) {
	e := c.event(eventDisconnect, routeDisconnect)
	e.Headers = map[string]string{"Host": c.domain, "x-api-key": "", "x-restapi": ""}
	e.MultiValueHeaders = map[string][]string{"Host": {c.domain}, "x-api-key": {""}, "x-restapi": {""}}
	e.Context.DisconnectStatus, e.Context.DisconnectReason = int(end.Code), &end.Reason
	if rt := c.server.routes[routeDisconnect]; rt != nil {
		c.server.disconnects <- struct{}{}
		c.callDisconnect(rt, e)
		<-c.server.disconnects
	}
	c.server.api.AccessLog.Write(e.variables())
}

// Tries of a $disconnect whose function is over its concurrency, as when many connections drop at once.
const (
	disconnectTries = 50
	disconnectPause = 100 * time.Millisecond
)

func (c *connection) callDisconnect(rt *route, e *event) {
	for try := 1; ; try++ {
		_, err := c.server.invoke(rt, e)
		if err == nil {
			return
		}
		if !errors.Is(err, lambda.ErrThrottled) || try == disconnectTries {
			slog.Warn("websocket $disconnect failed", "function", rt.FunctionARN, "error", err)
			return
		}
		time.Sleep(disconnectPause)
	}
}
