package cloudfront

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"unicode"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

// functionFailure is a function that brought no usable result: 503 when it threw or ran too long, 502 when its result
// breaks the rules (page http-502-503-cloudfront-functions). result is the x-cache value's first word.
type functionFailure struct {
	status int
	result string
	err    error
}

func (f *functionFailure) Error() string {
	return fmt.Sprintf("The CloudFront function could not run: %v.", f.err)
}

func executionError(err error) *functionFailure {
	return &functionFailure{http.StatusServiceUnavailable, "FunctionExecutionError", err}
}

func validationError(format string, args ...any) *functionFailure {
	return &functionFailure{http.StatusBadGateway, "FunctionValidationError", fmt.Errorf(format, args...)}
}

// result runs the function on a request, and on a response if there is one.
func (f *function) result(kind string, out *response, r *http.Request, response *message) (message, *functionFailure) {
	e := event{Version: "1.0", Request: describeRequest(r), Response: response}
	e.Context.DomainName, e.Context.DistributionID = out.server.domain, out.server.id
	e.Context.EventType, e.Context.RequestID = kind, out.id
	e.Viewer.IP = gateway.SourceIP(out.request)
	input, err := json.Marshal(e)
	if err != nil {
		return message{}, executionError(err)
	}
	output, err := f.run(string(input), r.URL)
	if err != nil {
		return message{}, executionError(err)
	}
	var after message
	if err := json.Unmarshal([]byte(output), &after); err != nil {
		return after, validationError("its result is neither a request nor a response: %w", err)
	}
	if after.StatusCode != 0 && (after.StatusCode < 200 || after.StatusCode > 599) {
		return after, validationError("the status code %d is out of range", after.StatusCode)
	}
	return after, nil
}

// onRequest changes r to the request that the function returns, within the rules of page edge-function-restrictions-all. Or
// it makes the response that the function returns the viewer's, and returns its status.
func (f *function) onRequest(r *http.Request, out *response) (int, *functionFailure) {
	before := describeRequest(r)
	after, failure := f.result(viewerRequest, out, r, nil)
	switch {
	case failure != nil:
		return 0, failure
	case after.StatusCode != 0:
		out.result, out.page = "FunctionGeneratedResponse", []byte{}
		return after.StatusCode, out.become(message{}, after)
	case after.Method != before.Method:
		return 0, validationError("it changed the method, which is read-only")
	case !strings.HasPrefix(after.URI, "/"):
		return 0, validationError("the uri %q does not begin with a slash", after.URI)
	}
	if after.URI != before.URI {
		setPath(r.URL, after.URI)
	}
	if !reflect.DeepEqual(after.Query, before.Query) {
		r.URL.RawQuery = strings.Join(after.Query.pairs(before.Query), "&")
		if strings.ContainsFunc(r.URL.RawQuery, func(c rune) bool { return c == ' ' || c == '#' || unicode.IsControl(c) }) {
			return 0, validationError("its query string has a space, a control character or a #")
		}
	}
	if size := len(r.URL.RequestURI()); size >= maxURL {
		return 0, validationError("it made a URL of %d bytes, which must be less than %d", size, maxURL)
	}
	if !reflect.DeepEqual(after.Cookies, before.Cookies) {
		r.Header.Del("Cookie")
		setIf(r.Header, "Cookie", strings.Join(after.Cookies.pairs(before.Cookies), "; "))
	}
	failure = changeHeaders(r.Header, before.Headers, after.Headers, readOnlyHeaders[viewerRequest])
	r.Header.Del("Host") // it is r.Host
	return 0, failure
}

// onResponse makes the answer that goes to the viewer the one that the function returns, and returns its status.
func (f *function) onResponse(out *response, status int) (int, *functionFailure) {
	before := describeResponse(status, out.Header())
	after, failure := f.result(viewerResponse, out, out.request, &before)
	switch {
	case failure != nil:
		return 0, failure
	case after.StatusCode == 0:
		return 0, validationError("it returned no response")
	}
	return after.StatusCode, out.become(before, after)
}

// become takes over a function's response. Without a body the one that was there stays.
func (w *response) become(before, after message) *functionFailure {
	h := w.Header()
	if !reflect.DeepEqual(after.Cookies, before.Cookies) {
		h.Del("Set-Cookie")
		for _, cookie := range after.Cookies.pairs(before.Cookies) {
			h.Add("Set-Cookie", cookie)
		}
	}
	failure := changeHeaders(h, before.Headers, after.Headers, readOnlyHeaders[viewerResponse])
	if after.Body != nil {
		w.page = *after.Body
	}
	if w.page != nil {
		h.Set("Content-Length", strconv.Itoa(len(w.page)))
	}
	return failure
}
