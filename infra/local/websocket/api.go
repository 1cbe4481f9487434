// Package websocket serves API Gateway WebSocket APIs on this machine: the handshake, routing of messages to functions,
// pushes through @connections, and the limits of connections, frames and messages.
//
// The rules come from the API Gateway developer guide, https://docs.aws.amazon.com/apigateway/latest/developerguide/;
// the page is named where a rule is carried out.
package websocket

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"

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

// Route is one route key. It calls a function or, without one, a mock integration. IAM and Authorizer are of $connect only.
type Route struct {
	gateway.Route
	MockStatus int  // the statusCode of a mock integration's request template
	Responds   bool // the route has a route response: the function's body goes back to the caller
}

// Limits bound a connection. Zero values mean those of API Gateway or, for Write and Queue, those of this machine.
type Limits struct {
	Idle     time.Duration // without a message or ping: 10 minutes
	Lifetime time.Duration // 2 hours
	Write    time.Duration // for one message to a slow receiver, which is then closed: 10 s
	Queue    int           // bytes that wait for a slow receiver: 1 MiB
}

type route struct {
	Route
	limit *rate.Limiter
}

// Server serves the handshakes of an API, and the commands on its connections.
type Server struct {
	api         API
	routes      map[string]*route
	connections *Connections
	disconnects chan struct{} // bounds the $disconnect calls at once
}

// maxDisconnects lets many connections that drop at once leave concurrency for everybody else.
const maxDisconnects = 32

// New checks the description and returns the server. Its connections are kept with those of other APIs.
func New(api API, connections *Connections) (*Server, error) {
	s := &Server{api: api, routes: map[string]*route{}, connections: connections, disconnects: make(chan struct{}, maxDisconnects)}
	s.api.Limits = Limits{
		Idle: cmp.Or(api.Limits.Idle, 10*time.Minute), Lifetime: cmp.Or(api.Limits.Lifetime, 2*time.Hour),
		Write: cmp.Or(api.Limits.Write, 10*time.Second), Queue: cmp.Or(api.Limits.Queue, 1<<20),
	}
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
	case r.Key != routeConnect && (r.IAM || r.Authorizer != nil):
		return errors.New("only $connect can have an authorizer")
	case r.Authorizer != nil && (r.Authorizer.TTL > 0 || r.Authorizer.SimpleResponses):
		return errors.New("only an HTTP API's authorizer has AuthorizerResultTtlInSeconds or EnableSimpleResponses")
	}
	if err := r.Check(integrationTimeout); err != nil {
		return err
	}
	s.routes[r.Key] = &route{r, s.api.Limiter(r.Key)}
	return nil
}

// ServeHTTP opens connections at /STAGE and serves @connections below it, there only for signed requests, as the API's
// address does (page apigateway-how-to-call-websocket-api-connections).
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, ok := strings.CutPrefix(r.URL.Path, "/"+s.api.Stage)
	id, managed := strings.CutPrefix(rest, "/@connections/")
	switch {
	case ok && managed && !gateway.Signed(r):
		fail(w, http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token")
	case ok && managed:
		c := s.connections.find(id)
		if c != nil && c.server != s {
			c = nil
		}
		manage(w, r, id, c)
	case r.Method == http.MethodGet && !upgrades(r):
		w.Header().Set("Upgrade", "websocket")
		gateway.WriteMessage(w, http.StatusUpgradeRequired, "Upgrade Required")
	case r.Method != http.MethodGet || !ok || rest != "" && rest != "/":
		fail(w, http.StatusForbidden, "ForbiddenException", "Forbidden")
	default:
		s.connect(w, r)
	}
}
