// Package websocket serves one API Gateway WebSocket API on this machine: the handshake, routing of messages to
// functions, pushes through @connections, and the limits of connections, frames and messages.
//
// The rules come from the API Gateway developer guide, https://docs.aws.amazon.com/apigateway/latest/developerguide/;
// the page is named where a rule is carried out.
package websocket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

// Quotas of page apigateway-execution-service-websocket-limits-table.
const (
	maxFrame           = 32 << 10  // bytes of a frame
	maxMessage         = 128 << 10 // bytes of a message
	integrationTimeout = 29 * time.Second
)

// The routes that API Gateway itself knows (page apigateway-websocket-api-overview).
const (
	routeConnect    = "$connect"
	routeDisconnect = "$disconnect"
	routeDefault    = "$default"
)

// API describes one AWS::ApiGatewayV2::Api of protocol WEBSOCKET with its stage, the first segment of the address, and
// its routes.
type API struct {
	gateway.API
	RouteSelection string // RouteSelectionExpression, such as $request.body.action
	Routes         []Route
	Limits         Limits
}

// Route is one route key. It calls a function, or nothing where Mock is set. IAM and Authorizer are of $connect only.
type Route struct {
	gateway.Route
	Mock     bool
	Responds bool // the route has a route response: the function's body goes back to the caller
}

// Limits bound a connection. Zero values mean those of API Gateway or, for Write and Queue, those of this machine.
type Limits struct {
	Idle     time.Duration // without a message or ping: 10 minutes
	Lifetime time.Duration // 2 hours
	Write    time.Duration // for one message to a slow receiver, which is then closed: 10 s
	Queue    int           // bytes that wait for a slow receiver: 1 MiB
}

func (l Limits) orDefault() Limits {
	set := func(d *time.Duration, otherwise time.Duration) {
		if *d == 0 {
			*d = otherwise
		}
	}
	set(&l.Idle, 10*time.Minute)
	set(&l.Lifetime, 2*time.Hour)
	set(&l.Write, 10*time.Second)
	if l.Queue == 0 {
		l.Queue = 1 << 20
	}
	return l
}

type route struct {
	Route
	limit *gateway.Bucket
}

// Server serves the API. Close it when no request comes any more.
type Server struct {
	api         API
	routes      map[string]*route
	running     sync.WaitGroup
	disconnects chan struct{} // bounds the $disconnect calls at once

	mu          sync.Mutex
	closed      bool
	connections map[string]*connection
}

// maxDisconnects lets many connections that drop at once leave concurrency for everybody else.
const maxDisconnects = 32

// New checks the description and returns the server.
func New(api API) (*Server, error) {
	s := &Server{api: api, routes: map[string]*route{}, connections: map[string]*connection{}, disconnects: make(chan struct{}, maxDisconnects)}
	s.api.Limits = api.Limits.orDefault()
	if err := s.compile(); err != nil {
		return nil, fmt.Errorf("websocket api %s: %w", api.ID, err)
	}
	return s, nil
}

func (s *Server) compile() error {
	if s.api.Stage == "" {
		return errors.New("a stage is needed")
	}
	var keys []string
	for _, r := range s.api.Routes {
		if err := s.addRoute(r); err != nil {
			return fmt.Errorf("route %q: %w", r.Key, err)
		}
		keys = append(keys, r.Key)
	}
	return errors.Join(s.api.Check(keys), checkSelection(s.api.RouteSelection))
}

func (s *Server) addRoute(r Route) error {
	switch {
	case r.Key == "" || strings.HasPrefix(r.Key, "$") && r.Key != routeConnect && r.Key != routeDisconnect && r.Key != routeDefault:
		return errors.New("a custom route's key is a value of the route selection expression")
	case (r.FunctionARN == "") != r.Mock:
		return errors.New("its integration must be a function or a mock")
	case r.Key != routeConnect && (r.IAM || r.Authorizer != nil):
		return errors.New("only $connect can have an authorizer")
	}
	if err := r.Check(integrationTimeout); err != nil {
		return err
	}
	s.routes[r.Key] = &route{r, s.api.Bucket(r.Key)}
	return nil
}

// ServeHTTP opens connections at /STAGE and serves @connections below it, there only for signed requests, as the API's
// address does (page apigateway-how-to-call-websocket-api-connections).
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, ok := strings.CutPrefix(r.URL.Path, "/"+s.api.Stage)
	id, managed := strings.CutPrefix(rest, "/@connections/")
	switch {
	case ok && managed && r.Header.Get("Authorization") == "":
		gateway.WriteMessage(w, http.StatusForbidden, "Missing Authentication Token")
	case ok && managed:
		s.manage(w, r, id)
	case !ok || rest != "" && rest != "/":
		gateway.WriteMessage(w, http.StatusForbidden, "Forbidden")
	default:
		s.connect(w, r)
	}
}

// Close closes every connection, runs their $disconnect routes and waits for all of that, at the longest until ctx ends.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	for _, c := range s.connections {
		c.shut(statusGoingAway, "Going away")
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { s.running.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	for _, c := range s.connections {
		_ = c.socket.Close() // it did not answer the close frame
	}
	s.mu.Unlock()
	<-done
	return nil
}

// add registers an open connection unless the server is closed.
func (s *Server) add(c *connection) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.connections[c.id] = c
	s.running.Add(1)
	return true
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Server) remove(c *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.connections, c.id)
}

func (s *Server) find(id string) *connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections[id]
}
