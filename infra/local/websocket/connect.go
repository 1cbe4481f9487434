package websocket

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	ws "github.com/coder/websocket"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

// needsIAM is the answer to a handshake that AWS would admit by its signature.
const needsIAM = "The local cloud does not serve a WebSocket API whose $connect route needs an IAM signature; it answers once it is deployed."

// refusedHandshake is the answer instead of a connection.
type refusedHandshake struct {
	status  int
	message string
	failure error
}

// connect carries one handshake through limits, authorizer and $connect route (page
// apigateway-websocket-api-route-keys-connect-disconnect). While the route runs, the connection does not exist yet.
func (s *Server) connect(w http.ResponseWriter, r *http.Request) {
	if rt := s.routes[routeConnect]; rt != nil && rt.IAM {
		http.Error(w, needsIAM, http.StatusNotImplemented)
		return
	}
	if status, problem := checkHandshake(r); status != 0 {
		w.Header().Set("Sec-Websocket-Version", "13")
		gateway.WriteMessage(w, status, problem)
		return
	}
	if s.isClosed() {
		gateway.WriteMessage(w, http.StatusServiceUnavailable, "Service Unavailable")
		return
	}
	c := s.newConnection(r)
	e := c.event(eventConnect, routeConnect).withRequest(r)
	a, refused := s.admit(c, e, r)
	if refused != nil {
		e.integration.status, e.integration.failure = refused.status, refused.failure
		refused.write(w, c.id, e.Context.RequestID)
	} else if err := c.accept(w, r, a); err != nil {
		e.integration.failure = err
	} else {
		defer func() { go c.run() }() // after its own line in the access log come those of its messages
	}
	s.api.AccessLog.Write(e.variables())
}

// checkHandshake returns the status and the words for a request that opens no connection (RFC 6455, section 4.2.1).
func checkHandshake(r *http.Request) (int, string) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(r.Header.Get("Sec-Websocket-Key")))
	switch {
	case gateway.HeaderBytes(r) > gateway.MaxHeaderBytes:
		return http.StatusRequestHeaderFieldsTooLarge, "Request Header Fields Too Large"
	case r.Method != http.MethodGet:
		return http.StatusForbidden, "Forbidden"
	case !strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		return http.StatusUpgradeRequired, "Upgrade Required"
	case r.Header.Get("Sec-Websocket-Version") != "13" || err != nil || len(key) != 16:
		return http.StatusBadRequest, "Bad Request"
	}
	return 0, ""
}

func (s *Server) newConnection(r *http.Request) *connection {
	return &connection{
		server: s, id: gateway.NewID(), connected: time.Now(), domain: r.Host, pending: make(chan struct{}, maxPending),
		identity: identity{UserAgent: r.UserAgent(), SourceIP: gateway.SourceIP(r)},
	}
}

// admit asks the authorizer and the $connect route. An API without that route admits everybody.
func (s *Server) admit(c *connection, e *event, r *http.Request) (answer, *refusedHandshake) {
	rt := s.routes[routeConnect]
	if rt == nil {
		return answer{}, nil
	}
	if !rt.limit.Allow(c.connected) {
		return answer{}, &refusedHandshake{http.StatusTooManyRequests, "Too Many Requests", nil}
	}
	if rt.Authorizer != nil {
		if refused := s.authorize(rt, c, e, r); refused != nil {
			return answer{}, refused
		}
	}
	a, err := s.invoke(rt, e)
	switch {
	case err != nil:
		slog.Warn("websocket $connect failed", "function", rt.FunctionARN, "error", err)
		return a, &refusedHandshake{http.StatusBadGateway, "Internal server error", err}
	case a.status < 200 || a.status > 299:
		return a, &refusedHandshake{a.status, http.StatusText(a.status), nil}
	}
	return a, nil
}

// authorize asks the Lambda authorizer (page apigateway-websocket-api-lambda-auth); its context stays with the
// connection.
func (s *Server) authorize(rt *route, c *connection, e *event, r *http.Request) *refusedHandshake {
	source := func(expression string) string { return s.source(strings.TrimPrefix(expression, "$"), e, r) }
	resource := fmt.Sprintf("arn:aws:execute-api:%s:%s:%s/%s/$connect", gateway.RegionOf(rt.Authorizer.FunctionARN), gateway.AccountOf(rt.Authorizer.FunctionARN), s.api.ID, s.api.Stage)
	ask := *e
	ask.Type, ask.MethodARN = "REQUEST", resource
	verdict, err := rt.Authorizer.Decide(source, func([]string) []byte { return ask.json() }, resource)
	switch {
	case errors.Is(err, gateway.ErrUnauthorized):
		return &refusedHandshake{http.StatusUnauthorized, "Unauthorized", err}
	case err != nil:
		slog.Warn("websocket authorizer failed", "function", rt.Authorizer.FunctionARN, "error", err)
		return &refusedHandshake{http.StatusInternalServerError, "Internal server error", err}
	case !verdict.Allowed:
		return &refusedHandshake{http.StatusForbidden, "Forbidden", errors.New("the authorizer said no")}
	}
	c.authorizer = authorizerContext(verdict)
	e.Context.Authorizer = c.authorizer
	return nil
}

// source gives the value of an identity source, such as route.request.header.Authorization.
func (s *Server) source(expression string, e *event, r *http.Request) string {
	if name, ok := strings.CutPrefix(expression, "route.request.header."); ok {
		return r.Header.Get(name)
	}
	if name, ok := strings.CutPrefix(expression, "route.request.querystring."); ok {
		return e.Query[name]
	}
	if name, ok := strings.CutPrefix(expression, "context."); ok {
		return e.variables()[name]
	}
	name, _ := strings.CutPrefix(expression, "stageVariables.")
	return s.api.StageVariables[name]
}

func (f *refusedHandshake) write(w http.ResponseWriter, connectionID, requestID string) {
	body := gateway.MustMarshal(map[string]string{"message": f.message, "connectionId": connectionID, "requestId": requestID})
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(f.status)
	_, _ = w.Write(body) // a caller that left is no error
}

// accept completes the handshake; without an error the connection is ready to run. The subprotocol is the one that the $connect route answered, if the client offered it
// (page websocket-connect-route-subprotocol).
func (c *connection) accept(w http.ResponseWriter, r *http.Request, a answer) error {
	options := &ws.AcceptOptions{InsecureSkipVerify: true, OnPingReceived: c.pinged} // API Gateway leaves Origin to the $connect route
	for name, value := range a.headers {
		if strings.EqualFold(name, "Sec-WebSocket-Protocol") && slices.Contains(offered(r), value) {
			options.Subprotocols = []string{value}
		}
	}
	guarded := &guardedWriter{ResponseWriter: w}
	socket, err := ws.Accept(guarded, r, options)
	if err != nil {
		return fmt.Errorf("accepting the connection: %w", err)
	}
	socket.SetReadLimit(maxMessage)
	c.ws, c.socket = socket, guarded.guard
	if !c.server.add(c) {
		return errors.Join(errors.New("the server is ending"), c.socket.Close())
	}
	c.watch()
	return nil
}

func offered(r *http.Request) []string {
	var list []string
	for p := range strings.SplitSeq(strings.Join(r.Header.Values("Sec-Websocket-Protocol"), ","), ",") {
		list = append(list, strings.TrimSpace(p))
	}
	return list
}
