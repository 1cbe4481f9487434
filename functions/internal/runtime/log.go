package runtime

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"sync"
)

// NewLogger makes the log of a function: one JSON object a line, each with what is known about the request that it
// belongs to. No secret, token, cookie or query string may be given to it.
func NewLogger(w io.Writer, f Function) *slog.Logger {
	return slog.New(requestHandler{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: f.LogLevel})}).
		With("environment", f.Environment)
}

// requestKey is the context's key of a *request.
type requestKey struct{}

// request is what is known about a request; it grows while the request is served.
type request struct {
	id    string
	mu    sync.Mutex
	attrs []slog.Attr
}

// WithRequest starts a request of this id: every log line written under the context carries it.
func WithRequest(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, &request{id: id})
}

// RequestID gives the id of the request, empty outside of one.
func RequestID(ctx context.Context) string {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r.id
	}
	return ""
}

// Annotate adds to every later log line of the request, such as whose it is. Outside of a request it does nothing.
func Annotate(ctx context.Context, attrs ...slog.Attr) {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.attrs = append(r.attrs, attrs...)
	}
}

// requestHandler adds what is known about the request.
type requestHandler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h requestHandler) Handle(ctx context.Context, record slog.Record) error {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		record = record.Clone()
		record.AddAttrs(slog.String("request_id", r.id))
		r.mu.Lock()
		attrs := slices.Clone(r.attrs)
		r.mu.Unlock()
		record.AddAttrs(attrs...)
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs implements slog.Handler.
func (h requestHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h requestHandler) WithGroup(name string) slog.Handler {
	return requestHandler{h.Handler.WithGroup(name)}
}
