package lambda

import (
	"io"
	"net/http"
	"strconv"
)

// runtimeAPI is the Lambda Runtime API for all processes on one listener. The token of a process is the first segment
// of its path, which AWS_LAMBDA_RUNTIME_API carries, so that no process can answer for another.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
func (r *Registry) runtimeAPI() http.Handler {
	const base = "/{token}/2018-06-01/runtime/"
	mux := http.NewServeMux()
	handle := func(pattern string, f func(*instance, http.ResponseWriter, *http.Request)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, req *http.Request) {
			in := r.instance(req.PathValue("token"))
			if in == nil {
				runtimeError(w, http.StatusForbidden, "InvalidToken", "no running function has this address")
				return
			}
			f(in, w, req)
		})
	}
	handle("GET "+base+"invocation/next", (*instance).serveNext)
	handle("POST "+base+"invocation/{id}/response", func(in *instance, w http.ResponseWriter, req *http.Request) {
		in.serveAnswer(w, req, "")
	})
	handle("POST "+base+"invocation/{id}/error", func(in *instance, w http.ResponseWriter, req *http.Request) {
		in.serveAnswer(w, req, Unhandled)
	})
	handle("POST "+base+"init/error", (*instance).serveInitError)
	return mux
}

// serveNext blocks until there is an event for this process.
func (in *instance) serveNext(w http.ResponseWriter, req *http.Request) {
	if !in.ready() {
		runtimeError(w, http.StatusForbidden, "InvalidStateTransition", "the event before this one has no answer yet")
		return
	}
	select {
	case inv := <-in.work:
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Content-Length", strconv.Itoa(len(inv.payload)))
		h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", inv.invokedARN)
		h.Set("Lambda-Runtime-Trace-Id", inv.trace)
		_, _ = w.Write(inv.payload) // a process that closed the connection is seen by its exit or its timeout
	case <-in.gone:
	case <-req.Context().Done():
	}
}

// serveAnswer takes the answer to the event that this process works on, and to no other.
func (in *instance) serveAnswer(w http.ResponseWriter, req *http.Request, functionError string) {
	inv := in.find(req.PathValue("id"))
	if inv == nil {
		runtimeError(w, http.StatusBadRequest, "InvalidRequestID", "this process does not work on this request")
		return
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, MaxResponse+1))
	if err != nil {
		runtimeError(w, http.StatusBadRequest, "TruncatedResponse", "the answer ended early")
		return
	}
	result, status := Result{Payload: body, FunctionError: functionError}, http.StatusAccepted
	if len(body) > MaxResponse {
		result = failure(TypeResponseSize, "Response payload size exceeded maximum allowed payload size (%d bytes).", MaxResponse)
		status = http.StatusRequestEntityTooLarge
	}
	if !inv.answer(result) {
		runtimeError(w, http.StatusBadRequest, "InvalidRequestID", "this request has an answer already")
		return
	}
	runtimeStatus(w, status)
}

func (in *instance) serveInitError(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(io.LimitReader(req.Body, MaxResponse))
	if err != nil {
		runtimeError(w, http.StatusBadRequest, "TruncatedResponse", "the error ended early")
		return
	}
	select {
	case in.initError <- body:
	default:
	}
	runtimeStatus(w, http.StatusAccepted)
}

func runtimeStatus(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if status == http.StatusAccepted {
		_, _ = io.WriteString(w, `{"status":"OK"}`)
	}
}

func runtimeError(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(failure(kind, "%s", message).Payload)
}
