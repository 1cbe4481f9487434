// Package problem turns failures into problem documents (RFC 9457). It is the one place that decides what a failure
// looks like from outside.
package problem

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/miyabi-society/platform/functions/internal/runtime"
	"github.com/miyabi-society/platform/functions/internal/society"
)

// ContentType is the media type of a problem document.
const ContentType = "application/problem+json"

// retryAfter is how many seconds a client waits before it asks again, where that is known to help.
const retryAfter = 2

// Field says what is wrong with one part of the request.
type Field struct {
	// Field is where it is, such as body.name or query.limit.
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Problem is a problem document.
type Problem struct {
	// Type names the kind of problem: urn:miyabi:problem:<kind>.
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	// Detail says what happened and what to do.
	Detail string `json:"detail"`
	// RequestID names the request in the logs.
	RequestID string  `json:"request_id,omitempty"`
	Errors    []Field `json:"errors,omitempty"`
	// RetryAfter is the header of the same name, in seconds; 0 for none.
	RetryAfter int `json:"-"`
	// Allow is the header of the same name, with 405.
	Allow string `json:"-"`
}

// New makes a problem of a kind, such as not-found. The detail is shown to people.
func New(status int, kind, title, detail string) *Problem {
	return &Problem{Type: "urn:miyabi:problem:" + kind, Title: title, Status: status, Detail: detail}
}

// Error makes a problem an error, so that it can travel up to where it is written.
func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// NotFound says that there is nothing at the address, or nothing for this person.
func NotFound() *Problem {
	return New(http.StatusNotFound, "not-found", "Not found", "There is nothing here, or nothing that you may see. Check the address.")
}

// MethodNotAllowed says which methods the address has.
func MethodNotAllowed(allowed string) *Problem {
	p := New(http.StatusMethodNotAllowed, "method-not-allowed", "Method not allowed", "This address answers only to: "+allowed+".")
	p.Allow = allowed
	return p
}

// Invalid says which parts of the request are wrong.
func Invalid(fields ...Field) *Problem {
	p := New(http.StatusBadRequest, "invalid", "Invalid request", "The request breaks a rule of the API; see errors.")
	p.Errors = fields
	return p
}

// CrossOrigin says that a request which changes something came from another site.
func CrossOrigin() *Problem {
	return New(http.StatusForbidden, "cross-origin", "Request from another site",
		"A request that changes something must come from the site itself: with Sec-Fetch-Site: same-origin, or an Origin that names this host.")
}

// Unauthenticated says that a sign-in is needed.
func Unauthenticated() *Problem {
	return New(http.StatusUnauthorized, "unauthenticated", "Not signed in", "Sign in at /auth/login, or refresh the session with POST /auth/refresh.")
}

// From gives the problem of an error. An error of no known kind is written to the log and told to nobody.
func From(ctx context.Context, log *slog.Logger, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if invalid, ok := errors.AsType[*society.ValidationError](err); ok {
		return fromValidation(invalid)
	}
	if conflict, ok := errors.AsType[*society.ConflictError](err); ok {
		p := New(http.StatusConflict, "conflict", "Conflict", "The "+conflict.Field+" "+conflict.Message+".")
		p.Errors = []Field{{Field: "body." + conflict.Field, Message: conflict.Message}}
		return p
	}
	if limit, ok := errors.AsType[*society.LimitError](err); ok {
		return New(http.StatusConflict, "limit", "Limit of the plan",
			fmt.Sprintf("The plan of this organization allows %d %s. Remove one, or ask for a larger plan.", limit.Limit, limit.Resource))
	}
	if _, ok := errors.AsType[*society.RepeatedError](err); ok {
		return New(http.StatusConflict, "repeated", "Done before", "A request with this idempotency key was done before. Read what it made.")
	}
	switch {
	case errors.Is(err, society.ErrUnauthenticated):
		return Unauthenticated()
	case errors.Is(err, society.ErrForbidden):
		return New(http.StatusForbidden, "forbidden", "Not permitted", "Your role in this organization does not allow this. Ask one of its owners.")
	case errors.Is(err, society.ErrNotFound):
		return NotFound()
	case errors.Is(err, society.ErrUnavailable):
		log.WarnContext(ctx, "unavailable", "error", err.Error())
		return unavailable()
	}
	log.ErrorContext(ctx, "failed", "error", err.Error())
	return New(http.StatusInternalServerError, "internal", "Internal error", "Something is wrong on our side. Tell the operators the request id.")
}

func unavailable() *Problem {
	p := New(http.StatusServiceUnavailable, "unavailable", "Temporarily unavailable", "The service cannot answer at the moment. Send the same request again in a few seconds.")
	p.RetryAfter = retryAfter
	return p
}

func fromValidation(e *society.ValidationError) *Problem {
	fields := make([]Field, len(e.Fields))
	for i, f := range e.Fields {
		place := "body."
		if f.Field == "cursor" {
			place = "query."
		}
		fields[i] = Field{Field: place + f.Field, Message: f.Message}
	}
	return Invalid(fields...)
}

// Write answers a request with a problem.
func Write(w http.ResponseWriter, r *http.Request, p *Problem) {
	named := *p
	named.RequestID = runtime.RequestID(r.Context())
	body, err := json.Marshal(named)
	if err != nil {
		http.Error(w, named.Title, named.Status)
		return
	}
	Headers(w.Header(), p)
	w.Header().Set("Content-Type", ContentType)
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n'))
}

// Headers sets the headers that belong to a problem.
func Headers(h http.Header, p *Problem) {
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	if p.Allow != "" {
		h.Set("Allow", p.Allow)
	}
}
