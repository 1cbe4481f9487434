package websocket

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	ws "github.com/coder/websocket"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

// Management serves the @connections commands of several APIs at one address, as /STAGE/@connections/ID or
// /@connections/ID. Its zero value serves none.
type Management struct {
	mu      sync.Mutex
	servers []*Server
}

// Add makes the connections of an API manageable.
func (m *Management) Add(s *Server) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.servers = append(m.servers, s)
}

// Close closes every API, at the longest until ctx ends.
func (m *Management) Close(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var failed []error
	for _, s := range m.servers {
		failed = append(failed, s.Close(ctx))
	}
	return errors.Join(failed...)
}

// ServeHTTP finds the API by the stage and the connection.
func (m *Management) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	prefix, id, _ := strings.Cut(r.URL.Path, "/@connections/")
	s := m.find(strings.TrimPrefix(prefix, "/"), id)
	if s == nil {
		fail(w, http.StatusForbidden, "ForbiddenException", "Forbidden")
		return
	}
	s.manage(w, r, id)
}

// find prefers the API that has the connection: ids are unique over all APIs. "" stands for every stage.
func (m *Management) find(stage, id string) *Server {
	m.mu.Lock()
	defer m.mu.Unlock()
	var chosen *Server
	for _, s := range m.servers {
		if (stage == "" || s.api.Stage == stage) && (chosen == nil || s.find(id) != nil) {
			chosen = s
		}
	}
	return chosen
}

// manage carries out one @connections command (apigatewaymanagementapi API: PostToConnection, GetConnection and
// DeleteConnection, https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/).
func (s *Server) manage(w http.ResponseWriter, r *http.Request, id string) {
	if raw, err := base64.URLEncoding.DecodeString(id); err != nil || len(raw) != 11 {
		fail(w, http.StatusBadRequest, "BadRequestException", "Invalid connectionId: "+id)
		return
	}
	c := s.find(id)
	switch {
	case c == nil:
		gone(w)
	case r.Method == http.MethodPost:
		c.post(w, r)
	case r.Method == http.MethodGet:
		c.describe(w)
	case r.Method == http.MethodDelete:
		c.shut(ws.StatusNormalClosure, "Connection Closed Normally")
		w.WriteHeader(http.StatusNoContent)
	default:
		fail(w, http.StatusForbidden, "ForbiddenException", "Forbidden")
	}
}

func (c *connection) post(w http.ResponseWriter, r *http.Request) {
	message, err := io.ReadAll(io.LimitReader(r.Body, maxMessage+1))
	switch {
	case err != nil:
		fail(w, http.StatusBadRequest, "BadRequestException", "The message could not be read")
		return
	case len(message) > maxMessage:
		fail(w, http.StatusRequestEntityTooLarge, "PayloadTooLargeException", "Message too long")
		return
	}
	switch err := c.send([]byte(strings.ToValidUTF8(string(message), "\uFFFD"))); {
	case errors.Is(err, errGone):
		gone(w)
	case err != nil: // "… or the WebSocket client side buffer is full" (LimitExceededException)
		fail(w, http.StatusTooManyRequests, "LimitExceededException", "The WebSocket client side buffer is full")
	default:
		w.WriteHeader(http.StatusOK)
	}
}

func (c *connection) describe(w http.ResponseWriter) {
	stamp := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(gateway.MustMarshal(map[string]any{ // a caller that left is no error
		"connectedAt": stamp(c.connected), "lastActiveAt": stamp(time.UnixMilli(c.lastActive.Load())),
		"identity": map[string]string{"sourceIp": c.identity.SourceIP, "userAgent": c.identity.UserAgent},
	}))
}

// gone answers for a connection that has ended or never was: clients know it by the header, as there is no body.
func gone(w http.ResponseWriter) {
	w.Header().Set("X-Amzn-Errortype", "GoneException")
	w.WriteHeader(http.StatusGone)
}

// fail writes an error as AWS's REST protocol does.
func fail(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("X-Amzn-Errortype", kind)
	gateway.WriteMessage(w, status, message)
}
