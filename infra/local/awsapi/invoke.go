package awsapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/miyabi-society/platform/infra/local/lambda"
)

// functions serves POST /2015-03-31/functions/{name or ARN}/invocations (lambda/latest/api/API_Invoke).
type functions struct{ invoker Invoker }

// ServeHTTP carries out the three invocation types.
func (f *functions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, ok := functionName(r)
	if !ok {
		writeError(w, failed(http.StatusNotFound, "UnknownOperationException", "%s %s is not served locally; served is POST /2015-03-31/functions/{function}/invocations", r.Method, r.URL.Path))
		return
	}
	name, err := lambda.WithQualifier(name, r.URL.Query().Get("Qualifier"))
	if err != nil {
		writeError(w, invokeError(name, err))
		return
	}
	payload, failure := readPayload(w, r)
	if failure != nil {
		writeError(w, failure)
		return
	}
	switch kind := r.Header.Get("X-Amz-Invocation-Type"); kind {
	case "", "RequestResponse":
		f.respond(w, r, name, payload)
	case "Event":
		f.start(w, r, name, payload)
	case "DryRun":
		f.check(w, name)
	default:
		writeError(w, failed(http.StatusBadRequest, "InvalidParameterValueException", "invocation type %q: use RequestResponse, Event or DryRun", kind))
	}
}

// functionName returns the name or ARN in the path.
func functionName(r *http.Request) (string, bool) {
	rest, inside := strings.CutPrefix(r.URL.Path, "/2015-03-31/functions/")
	name, invokes := strings.CutSuffix(rest, "/invocations")
	if !inside || !invokes || name == "" || strings.Contains(name, "/") || r.Method != http.MethodPost {
		return "", false
	}
	return name, true
}

// readPayload reads the event; none at all stands for an empty object.
func readPayload(w http.ResponseWriter, r *http.Request) ([]byte, *apiError) {
	limit := int64(lambda.MaxPayload)
	if r.Header.Get("X-Amz-Invocation-Type") == "Event" {
		limit = lambda.MaxAsyncPayload
	}
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, failed(http.StatusRequestEntityTooLarge, "RequestTooLargeException", "the payload has more than %d bytes", limit)
	case err != nil:
		return nil, failed(http.StatusBadRequest, "InvalidRequestContentException", "reading the payload: %v", err)
	case len(payload) == 0:
		return []byte("{}"), nil
	case !json.Valid(payload):
		return nil, failed(http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json: the payload is no JSON")
	}
	return payload, nil
}

// respond runs the function and sends its answer. A function that fails is a success of the call, told by a header.
func (f *functions) respond(w http.ResponseWriter, r *http.Request, name string, payload []byte) {
	result, err := f.invoker.Invoke(traced(r), name, payload)
	if err != nil {
		writeError(w, invokeError(name, err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if result.FunctionError != "" {
		h.Set("X-Amz-Function-Error", result.FunctionError)
	}
	if result.ExecutedVersion != "" {
		h.Set("X-Amz-Executed-Version", result.ExecutedVersion)
	}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(result.Payload) // a caller that left is no error
}

// start accepts the event; the function runs behind the caller's back.
func (f *functions) start(w http.ResponseWriter, r *http.Request, name string, payload []byte) {
	if err := f.invoker.InvokeAsync(traced(r), name, payload); err != nil {
		writeError(w, invokeError(name, err))
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// check answers whether the function could be invoked.
func (f *functions) check(w http.ResponseWriter, name string) {
	if _, err := f.invoker.Config(name); err != nil {
		writeError(w, invokeError(name, err))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// traced passes the caller's trace on.
func traced(r *http.Request) context.Context {
	return lambda.WithTrace(r.Context(), r.Header.Get("X-Amzn-Trace-Id"))
}

// invokeError maps to the errors of API_Invoke.
func invokeError(name string, err error) *apiError {
	switch {
	case errors.Is(err, lambda.ErrNotFound):
		e := failed(http.StatusNotFound, "ResourceNotFoundException", "Function not found: %s", name)
		e.fields = map[string]any{"Type": "User"}
		return e
	case errors.Is(err, lambda.ErrQualifier):
		return failed(http.StatusBadRequest, "InvalidParameterValueException", "%v", err)
	case errors.Is(err, lambda.ErrThrottled):
		reason := "ConcurrentInvocationLimitExceeded"
		if errors.Is(err, lambda.ErrReserved) {
			reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
		}
		e := failed(http.StatusTooManyRequests, "TooManyRequestsException", "Rate Exceeded.")
		e.fields = map[string]any{"Type": "User", "Reason": reason}
		return e
	case errors.Is(err, lambda.ErrTooLarge):
		return failed(http.StatusRequestEntityTooLarge, "RequestTooLargeException", "%v", err)
	default:
		return failed(http.StatusInternalServerError, "ServiceException", "invoking %s: %v", name, err)
	}
}
