// Package httpapi serves the HTTP API that docs/api/openapi.yaml describes. ogen makes routing, decoding and validation
// from that document (package openapi); this package maps them to the domain.
package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/miyabi-society/platform/functions/internal/httpapi/openapi"
	"github.com/miyabi-society/platform/functions/internal/identity"
	"github.com/miyabi-society/platform/functions/internal/origin"
	"github.com/miyabi-society/platform/functions/internal/problem"
	"github.com/miyabi-society/platform/functions/internal/society"
)

//go:generate go run -modfile=../../../tools/go.mod github.com/ogen-go/ogen/cmd/ogen --config ogen.yaml --target openapi --package openapi --clean ../../../docs/api/openapi.yaml
//go:generate go run ./document ../../../docs/api/openapi.yaml document.json

const (
	// maxBody is the largest request body, in bytes: the longest description with every character escaped fits.
	maxBody = 256 << 10
	// requestTime bounds what one request waits for, such as a database that does not answer.
	requestTime = 5 * time.Second
)

// Verifier tells whose access token it is.
type Verifier interface {
	// Verify gives society.ErrUnauthenticated for anything but a good token.
	Verify(ctx context.Context, token string) (society.SignedIn, error)
}

// Services are what the API needs.
type Services struct {
	People        society.People
	Organizations society.Organizations
	Tasks         society.Tasks
	Tokens        Verifier
	// Environment is told by the health endpoint.
	Environment string
	Log         *slog.Logger
}

// server implements openapi.Handler and openapi.SecurityHandler.
type server struct{ Services }

// New makes the handler of everything under /api.
func New(s Services) (http.Handler, error) {
	h := &server{s}
	api, err := openapi.NewServer(h, h,
		openapi.WithErrorHandler(h.refuse),
		openapi.WithNotFound(func(w http.ResponseWriter, r *http.Request) { problem.Write(w, r, problem.NotFound()) }),
		openapi.WithMethodNotAllowed(func(w http.ResponseWriter, r *http.Request, allowed string) {
			problem.Write(w, r, problem.MethodNotAllowed(allowed))
		}))
	if err != nil {
		return nil, fmt.Errorf("make the API server: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/v1/openapi.json", serveDocument)
	mux.Handle("/", api)
	return guard(mux), nil
}

// guard holds the rules of every request.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), requestTime)
		defer cancel()
		r = r.WithContext(ctx)
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if _, err := r.Cookie(identity.AccessCookie); err == nil && !origin.Same(r) {
			problem.Write(w, r, problem.CrossOrigin())
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// refuse answers a request that the generated code could not decode.
func (s *server) refuse(ctx context.Context, w http.ResponseWriter, r *http.Request, err error) {
	if p, ok := decodeProblem(err); ok {
		problem.Write(w, r, p)
		return
	}
	problem.Write(w, r, problem.From(ctx, s.Log, err))
}

// NewError implements openapi.Handler: every failure of an operation ends here.
func (s *server) NewError(ctx context.Context, err error) *openapi.ProblemStatusCodeWithHeaders {
	return toProblem(ctx, problem.From(ctx, s.Log, unsigned(err)))
}

// unsigned turns the generated code's complaint about a missing cookie into the domain's.
func unsigned(err error) error {
	if errors.Is(err, errNoSession) {
		return society.ErrUnauthenticated
	}
	return err
}
