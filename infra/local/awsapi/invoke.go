package awsapi

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/miyabi-society/platform/infra/local/lambda"
)

// invokePath is the Invoke API (lambda/latest/api/API_Invoke).
const invokePath = "POST /2015-03-31/functions/{function}/invocations"

// serveInvoke carries out the three invocation types. A function that fails is a success of the call, told by a header.
func (s *Server) serveInvoke(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	name, err := lambda.WithQualifier(r.PathValue("function"), r.URL.Query().Get("Qualifier"))
	ctx, invalid := withCall(r, w.Header().Get(requestID))
	payload, unread := readPayload(r)
	if err = cmp.Or(err, invalid, unread); err != nil {
		writeError(w, invokeError(err))
		return
	}
	var result lambda.Result
	status := http.StatusOK
	switch kind := cmp.Or(r.Header.Get("X-Amz-Invocation-Type"), "RequestResponse"); kind {
	case "RequestResponse":
		result, err = s.functions.Invoke(ctx, name, payload)
	case "Event":
		err, status = s.functions.InvokeAsync(ctx, name, payload), http.StatusAccepted
	case "DryRun":
		_, err = s.functions.Config(name)
		status = http.StatusNoContent
	default:
		err = fmt.Errorf("%w: Value '%s' at 'invocationType' failed to satisfy constraint: "+
			"Member must satisfy enum value set: [Event, RequestResponse, DryRun]", lambda.ErrInvalid, kind)
	}
	if err != nil {
		writeError(w, invokeError(err))
		return
	}
	for name, value := range map[string]string{
		"X-Amz-Function-Error": result.FunctionError, "X-Amz-Executed-Version": result.ExecutedVersion,
		"X-Amz-Log-Result": base64.StdEncoding.EncodeToString(result.Log),
	} {
		if value != "" {
			w.Header().Set(name, value)
		}
	}
	w.WriteHeader(status)
	_, _ = w.Write(result.Payload) // a caller that left is no error
}

// withCall passes on what the headers say. The request id of the call is that of the invocation.
func withCall(r *http.Request, id string) (context.Context, error) {
	client, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Amz-Client-Context"))
	if err != nil || len(client) > 0 && !json.Valid(client) {
		return nil, errClientContext
	}
	return lambda.WithCall(r.Context(), lambda.Call{
		RequestID: id, Trace: r.Header.Get("X-Amzn-Trace-Id"), ClientContext: string(client), Tail: r.Header.Get("X-Amz-Log-Type") == "Tail",
	}), nil
}

// readPayload reads the event; none at all stands for an empty object. What is far too large is not read to its end.
func readPayload(r *http.Request) ([]byte, error) {
	payload, err := io.ReadAll(io.LimitReader(r.Body, 2*lambda.MaxPayload))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errContent, err)
	case len(payload) == 0:
		return []byte("{}"), nil
	case len(payload) > lambda.MaxPayload:
		return payload, nil // refused for its size
	case !utf8.Valid(payload):
		return nil, fmt.Errorf("%w: Could not parse payload into json: Invalid UTF-8", errContent)
	}
	var v json.RawMessage
	if err := json.Unmarshal(payload, &v); err != nil {
		return nil, fmt.Errorf("%w: Could not parse payload into json: %w", errContent, err)
	}
	return payload, nil
}

var (
	errContent       = errors.New("could not parse request body into json")
	errClientContext = errors.New("client context must be a valid Base64-encoded JSON object")
)

// invokeErrors are the errors of API_Invoke. A message of its own stands for that of the error.
var invokeErrors = []struct {
	is      error
	status  int
	kind    string
	message string
}{
	{lambda.ErrNotFound, http.StatusNotFound, "ResourceNotFoundException", ""},
	{lambda.ErrInvalid, http.StatusBadRequest, "ValidationException", ""},
	{
		lambda.ErrQualifier, http.StatusBadRequest, "InvalidParameterValueException",
		"The derived qualifier from the function name does not match the specified qualifier.",
	},
	{errContent, http.StatusBadRequest, "InvalidRequestContentException", ""},
	{errClientContext, http.StatusBadRequest, "InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object."},
	{lambda.ErrThrottled, http.StatusTooManyRequests, "TooManyRequestsException", "Rate Exceeded."},
	{lambda.ErrTooLarge, http.StatusRequestEntityTooLarge, "RequestTooLargeException", ""},
}

func invokeError(err error) *apiError {
	for _, known := range invokeErrors {
		if !errors.Is(err, known.is) {
			continue
		}
		text := err.Error()
		e := failed(known.status, known.kind, "%s", cmp.Or(known.message, strings.ToUpper(text[:1])+text[1:]))
		e.fields = map[string]any{"Type": "User"}
		switch {
		case errors.Is(err, lambda.ErrReserved):
			e.fields["Reason"] = "ReservedFunctionConcurrentInvocationLimitExceeded"
		case errors.Is(err, lambda.ErrThrottled):
			e.fields["Reason"] = "ConcurrentInvocationLimitExceeded"
		}
		return e
	}
	return failed(http.StatusInternalServerError, "ServiceException", "%v", err)
}
