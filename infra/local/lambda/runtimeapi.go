package lambda

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// runtimeAPI is the Lambda Runtime API of one process.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html and, for the errors,
// https://github.com/aws/aws-lambda-runtime-interface-emulator
func (in *instance) runtimeAPI() http.Handler {
	const base = "/2018-06-01/runtime/"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+base+"invocation/next", in.serveNext)
	mux.HandleFunc("POST "+base+"invocation/{id}/response", func(w http.ResponseWriter, req *http.Request) {
		in.serveAnswer(w, req, func(body []byte) Result { return Result{Payload: body} })
	})
	mux.HandleFunc("POST "+base+"invocation/{id}/error", func(w http.ResponseWriter, req *http.Request) {
		in.serveAnswer(w, req, func(body []byte) Result { return reported(req, body) })
	})
	mux.HandleFunc("POST "+base+"init/error", in.serveInitError)
	return mux
}

// serveNext ends the event before and blocks until there is one for this process. A process that hangs up meanwhile
// would never answer again, and is ended.
func (in *instance) serveNext(w http.ResponseWriter, req *http.Request) {
	in.settle()
	if !in.rest() {
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "the event before this one has no answer yet")
		return
	}
	notify(in.polls)
	select {
	case inv := <-in.work:
		in.current.Store(inv)
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Content-Length", strconv.Itoa(len(inv.payload)))
		h.Set("Lambda-Runtime-Aws-Request-Id", inv.RequestID)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", inv.arn)
		h.Set("Lambda-Runtime-Trace-Id", inv.Trace)
		if inv.ClientContext != "" {
			h.Set("Lambda-Runtime-Client-Context", inv.ClientContext)
		}
		_, _ = w.Write(inv.payload) // a process that closed the connection is seen by its exit or its timeout
	case <-req.Context().Done():
		in.kill()
	}
}

// rest ends the initialization or the event of this process. It reports false when the process still owes an answer.
func (in *instance) rest() bool {
	if inv := in.current.Load(); inv != nil && !inv.isAnswered() {
		return false
	}
	in.current.Store(nil)
	in.initialized.Store(true)
	return true
}

// serveAnswer takes the answer to the event that this process works on, and to no other.
func (in *instance) serveAnswer(w http.ResponseWriter, req *http.Request, read func(body []byte) Result) {
	body, err := io.ReadAll(io.LimitReader(req.Body, MaxResponse+1))
	result := read(body)
	if len(body) > MaxResponse {
		result = failure("Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed payload size (%d bytes).", MaxResponse)
	}
	switch inv := in.current.Load(); {
	case inv == nil || inv.RequestID != req.PathValue("id"):
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
	case err != nil:
		refuse(w, http.StatusBadRequest, "TruncatedHTTPRequest", "HTTP request detected as truncated")
	case !inv.answer(result):
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "this request has an answer already")
	case len(body) > MaxResponse:
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", fmt.Sprintf("Exceeded maximum allowed payload size (%d bytes).", MaxResponse))
	default:
		accept(w)
	}
}

// serveInitError takes why the process cannot start, which it may say until it asks for its first event.
func (in *instance) serveInitError(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(io.LimitReader(req.Body, MaxResponse))
	result := reported(req, body)
	switch {
	case err != nil:
		refuse(w, http.StatusBadRequest, "TruncatedHTTPRequest", "HTTP request detected as truncated")
	case in.initialized.Load() || !in.initError.CompareAndSwap(nil, &result):
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "the initialization is over")
	default:
		notify(in.polls)
		accept(w)
	}
}

// reported is the error that a process posted. One without a body is made of its header.
func reported(req *http.Request, body []byte) Result {
	if len(body) == 0 {
		return failure(req.Header.Get("Lambda-Runtime-Function-Error-Type"), "")
	}
	return Result{Payload: body, FunctionError: Unhandled}
}

func accept(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"OK"}`) // a process that closed the connection is seen by its exit or its timeout
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(failure(kind, "%s", message).Payload)
}
