package websocket

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	ws "github.com/coder/websocket"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

// maxURL is the longest address of a handshake in characters (page apigateway-execution-service-websocket-limits-table).
const maxURL = 4096

// connect carries one handshake through limits, authorizer and $connect route (page
// apigateway-websocket-api-route-keys-connect-disconnect). While the route runs, the connection does not exist yet.
func (s *Server) connect(w http.ResponseWriter, r *http.Request) {
	if status := checkHandshake(r); status != 0 {
		w.Header().Set("Sec-Websocket-Version", "13")
		gateway.WriteMessage(w, status, http.StatusText(status))
		return
	}
	if !s.connections.begin() {
		gateway.WriteMessage(w, http.StatusServiceUnavailable, "Service Unavailable")
		return
	}
	c := s.newConnection(r)
	e := c.event("CONNECT", routeConnect).withRequest(r)
	if a, ok := s.admit(w, r, c, e); ok {
		if err := c.accept(w, r, a.subprotocol); err != nil {
			e.end(http.StatusInternalServerError, err.Error())
		}
	}
	s.api.AccessLog.Write(e.variables()) // before the lines of the connection's messages
	if c.ws == nil {
		s.connections.running.Done()
		return
	}
	go c.run()
}

// upgrades reports whether a request asks for another protocol than HTTP (RFC 9110, section 7.8), namely WebSocket.
func upgrades(r *http.Request) bool {
	asks := false
	for option := range strings.SplitSeq(strings.Join(r.Header.Values("Connection"), ","), ",") {
		asks = asks || strings.EqualFold(strings.TrimSpace(option), "upgrade")
	}
	return asks && strings.EqualFold(r.Header.Get("Upgrade"), "websocket") && r.ProtoAtLeast(1, 1)
}

// checkHandshake returns the status for a request that opens no connection (RFC 6455, section 4.2.1), or 0.
func checkHandshake(r *http.Request) int {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(strings.Join(r.Header.Values("Sec-Websocket-Key"), ",")))
	switch {
	case len(r.URL.RequestURI()) > maxURL:
		return http.StatusRequestURITooLong
	case gateway.HeaderBytes(r) > gateway.MaxHeaderBytes:
		return http.StatusRequestHeaderFieldsTooLarge
	case r.Header.Get("Sec-Websocket-Version") != "13" || err != nil || len(key) != 16:
		return http.StatusBadRequest
	}
	return 0
}

func (s *Server) newConnection(r *http.Request) *connection {
	c := &connection{
		server: s, id: gateway.NewID(), connected: time.Now(), domain: r.Host, pending: make(chan struct{}, maxPending),
		identity: map[string]string{"sourceIp": gateway.SourceIP(r)},
	}
	c.lastActive.Store(c.connected.UnixMilli())
	if agent := r.UserAgent(); agent != "" {
		c.identity["userAgent"] = agent
	}
	return c
}

// admit asks the authorizer and the $connect route, or answers why there is no connection. An API without that route
// admits everybody.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, c *connection, e *event) (answer, bool) {
	rt := s.routes[routeConnect]
	if rt == nil {
		return answer{}, true
	}
	switch {
	case !rt.limit.Allow():
		e.refuse(w, http.StatusTooManyRequests, "Too Many Requests")
		return answer{}, false
	case rt.IAM && !gateway.Signed(r):
		e.refuse(w, http.StatusForbidden, "Missing Authentication Token")
		return answer{}, false
	case rt.IAM:
		e.refuse(w, http.StatusNotImplemented, gateway.NoSignatures)
		return answer{}, false
	case rt.Authorizer != nil && !s.authorize(w, r, rt, c, e):
		return answer{}, false
	}
	a := s.invoke(rt, e)
	if a.status < 200 || a.status > 299 {
		e.refuse(w, a.status, cmp.Or(a.problem, http.StatusText(a.status)))
		return a, false
	}
	return a, true
}

// authorize asks the Lambda authorizer (page apigateway-websocket-api-lambda-auth), or answers why there is no
// connection. Its context stays with the connection.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request, rt *route, c *connection, e *event) bool {
	resource := s.api.ARN(routeConnect)
	source := func(expression string) string { return s.source(expression, e, r) }
	verdict, err := rt.Authorizer.Decide(source, func([]string) []byte { return e.forAuthorizer(resource) }, resource)
	if err != nil {
		status := gateway.RefusalStatus(err)
		if status == http.StatusInternalServerError {
			slog.Warn("websocket authorizer failed", "function", rt.Authorizer.FunctionARN, "error", err)
		}
		e.outcome["authorizer.error"] = err
		e.refuse(w, status, http.StatusText(status))
		return false
	}
	c.authorizer = verdict.Texts()
	e.context["authorizer"] = c.authorizer
	return true
}

// refuse answers a handshake that opens no connection.
func (e *event) refuse(w http.ResponseWriter, status int, text string) {
	e.end(status, text)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(e.message(text)) // a caller that left is no error
}

// source gives the value of an identity source, such as route.request.header.Authorization.
func (s *Server) source(expression string, e *event, r *http.Request) string {
	lookups := map[string]func(string) string{
		"route.request.header.":      r.Header.Get,
		"route.request.querystring.": r.URL.Query().Get,
		"context.":                   func(name string) string { return e.variables()[name] },
		"stageVariables.":            func(name string) string { return s.api.StageVariables[name] },
	}
	for prefix, lookUp := range lookups {
		if name, ok := strings.CutPrefix(strings.TrimPrefix(expression, "$"), prefix); ok {
			return lookUp(name)
		}
	}
	return ""
}

// accept completes the handshake. The connection is there before its client knows; who finds it waits until it is open.
// The client gets the subprotocol that the $connect route answered, if it offered it (page
// websocket-connect-route-subprotocol).
func (c *connection) accept(w http.ResponseWriter, r *http.Request, subprotocol string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.server.api.Limits
	lasts := min(l.Idle, l.Lifetime)
	if !c.server.connections.add(c) {
		lasts = 0
	}
	writer := &socketWriter{ResponseWriter: w}
	conn, err := ws.Accept(writer, r, &ws.AcceptOptions{
		InsecureSkipVerify: true, // API Gateway leaves Origin to the $connect route
		Subprotocols:       []string{subprotocol},
		OnPingReceived:     func(context.Context, []byte) bool { c.touch(); return true },
	})
	if err != nil {
		c.end = goingAway
		c.server.connections.remove(c)
		return fmt.Errorf("accepting the connection: %w", err)
	}
	conn.SetReadLimit(-1) // receive has its own limits
	c.ws, c.socket = conn, writer.socket
	c.limit = time.AfterFunc(lasts, func() { c.shut(goingAway) })
	return nil
}
