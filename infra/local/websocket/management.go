package websocket

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

// manage carries out one @connections command on a connection, nil for one that has ended or never was
// (apigatewaymanagementapi API: PostToConnection, GetConnection and DeleteConnection,
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/).
func manage(w http.ResponseWriter, r *http.Request, id string, c *connection) {
	raw, err := base64.URLEncoding.DecodeString(id)
	switch {
	case err != nil || len(raw) != 11:
		fail(w, http.StatusBadRequest, "BadRequestException", "Invalid connectionId: "+id)
	case c == nil:
		gone(w)
	case r.Method == http.MethodPost:
		c.post(w, r)
	case r.Method == http.MethodGet:
		c.describe(w)
	case r.Method == http.MethodDelete:
		c.shut(deleted)
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
	}
}

func (c *connection) describe(w http.ResponseWriter) {
	stamp := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(gateway.MustMarshal(map[string]any{ // a caller that left is no error
		"connectedAt": stamp(c.connected), "lastActiveAt": stamp(time.UnixMilli(c.lastActive.Load())), "identity": c.identity,
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
