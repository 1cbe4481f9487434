// Package awsapi serves, on one address of this machine, the AWS service APIs that functions call: Lambda's Invoke,
// Secrets Manager, Parameter Store and the @connections commands of WebSocket APIs. Requests are not checked for a signature.
//
// The forms follow https://docs.aws.amazon.com/lambda/latest/api/, https://docs.aws.amazon.com/secretsmanager/latest/apireference/
// and https://docs.aws.amazon.com/systems-manager/latest/APIReference/.
package awsapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/infra/local/lambda"
)

// Services are what the endpoint serves.
type Services struct {
	Lambda     Invoker
	Secrets    *Secrets
	Parameters *Parameters
	// Connections serves the @connections commands of WebSocket APIs; nil serves none.
	Connections http.Handler
}

// Invoker runs functions; *lambda.Registry is one.
type Invoker interface {
	Invoke(ctx context.Context, nameOrARN string, payload []byte) (lambda.Result, error)
	InvokeAsync(ctx context.Context, nameOrARN string, payload []byte) error
	Config(nameOrARN string) (lambda.Function, error)
}

// Server is the endpoint.
type Server struct {
	functions   Invoker
	connections http.Handler
	paths       *http.ServeMux
	operations  map[string]operation
}

// operation carries out one action of a service with JSON requests. Its error is an *apiError or an internal failure.
type operation func(input []byte) (any, error)

// New returns the endpoint.
func New(s Services) *Server {
	server := &Server{functions: s.Lambda, connections: s.Connections, paths: http.NewServeMux(), operations: map[string]operation{}}
	server.paths.HandleFunc(invokePath, server.serveInvoke)
	server.paths.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		const form = "%s %s is not served locally; served is %s"
		writeError(w, failed(http.StatusNotFound, "UnknownOperationException", form, r.Method, r.URL.Path, invokePath))
	})
	maps.Copy(server.operations, s.Secrets.operations())
	maps.Copy(server.operations, s.Parameters.operations())
	return server
}

// maxJSON is the size of a JSON request in bytes; a secret has at most 65,536.
const maxJSON = 1 << 20

// requestID is the header with the id of each request.
const requestID = "X-Amzn-Requestid"

// ServeHTTP tells the services apart as the SDKs address them: JSON services name the action in X-Amz-Target, the others
// have paths.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(requestID, uuid.NewString())
	target := r.Header.Get("X-Amz-Target")
	switch {
	case target == "" && s.connections != nil && strings.Contains(r.URL.Path, "/@connections/"):
		s.connections.ServeHTTP(w, r)
		return
	case target == "":
		s.paths.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	run, ok := s.operations[target]
	if !ok {
		served := strings.Join(slices.Sorted(maps.Keys(s.operations)), ", ")
		writeError(w, failed(http.StatusBadRequest, "UnknownOperationException", "%s is not served locally; served are %s", target, served))
		return
	}
	input, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxJSON))
	if err != nil {
		writeError(w, failed(http.StatusBadRequest, "SerializationException", "reading the request: %v", err))
		return
	}
	output, err := run(input)
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, output)
}

// apiError is an error as AWS's JSON protocols write it.
type apiError struct {
	status  int
	kind    string
	message string
	fields  map[string]any // further members of the body
}

func (e *apiError) Error() string { return e.kind + ": " + e.message }

func failed(status int, kind, format string, args ...any) *apiError {
	return &apiError{status: status, kind: kind, message: fmt.Sprintf(format, args...)}
}

// writeError sends the error; members are written in both spellings that SDKs read.
func writeError(w http.ResponseWriter, err error) {
	var e *apiError
	if !errors.As(err, &e) {
		e = failed(http.StatusInternalServerError, "InternalServiceError", "%v", err)
	}
	body := map[string]any{"__type": e.kind, "message": e.message, "Message": e.message}
	maps.Copy(body, e.fields)
	w.Header().Set("X-Amzn-Errortype", e.kind)
	writeJSON(w, e.status, body)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // a caller that left is no error
}

// decode reads a JSON request into T and calls fn.
func decode[T any](fn func(T) (any, error)) operation {
	return func(input []byte) (any, error) {
		var in T
		if err := json.Unmarshal(input, &in); err != nil {
			return nil, failed(http.StatusBadRequest, "SerializationException", "the request is no JSON of the expected form: %v", err)
		}
		return fn(in)
	}
}
