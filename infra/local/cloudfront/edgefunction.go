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

// onRequest changes r to the request that the function returns, or returns the response that it generates instead,
// within the rules of page edge-function-restrictions-all.
func (f *function) onRequest(r *http.Request, out *response) (*message, *functionFailure) {
	before := describeRequest(r)
	after, failure := f.result(viewerRequest, out, r, nil)
	if failure != nil {
		return nil, failure
	}
	if after.StatusCode != 0 {
		return &after, checkHeaders(nil, after.Headers, readOnlyHeaders[viewerResponse])
	}
	if failure := checkHeaders(before.Headers, after.Headers, readOnlyHeaders[viewerRequest]); failure != nil {
		return nil, failure
	}
	if after.Method != before.Method {
		return nil, validationError("it changed the method, which is read-only")
	}
	if !strings.HasPrefix(after.URI, "/") {
		return nil, validationError("the uri %q does not begin with a slash", after.URI)
	}
	if after.URI != before.URI {
		setPath(r.URL, after.URI)
	}
	if !reflect.DeepEqual(after.Query, before.Query) {
		r.URL.RawQuery = strings.Join(after.Query.pairs(before.Query), "&")
		if strings.ContainsFunc(r.URL.RawQuery, func(c rune) bool { return c == ' ' || c == '#' || unicode.IsControl(c) }) {
			return nil, validationError("its query string has a space, a control character or a #")
		}
	}
	if size := len(r.URL.RequestURI()); size >= maxURL {
		return nil, validationError("it made a URL of %d bytes, which must be less than %d", size, maxURL)
	}
	replaceHeaders(r.Header, before.Headers, after.Headers)
	r.Header.Del("Host") // it is r.Host
	if !reflect.DeepEqual(after.Cookies, before.Cookies) {
		r.Header.Del("Cookie")
		setIf(r.Header, "Cookie", strings.Join(after.Cookies.pairs(before.Cookies), "; "))
	}
	return nil, nil
}

// onResponse makes the answer that goes to the viewer the one that the function returns, and returns its status.
func (f *function) onResponse(out *response, status int) (int, *functionFailure) {
	before := describeResponse(status, out.Header())
	after, failure := f.result(viewerResponse, out, out.request, &before)
	if failure == nil && after.StatusCode == 0 {
		failure = validationError("it returned no response")
	}
	if failure == nil {
		failure = checkHeaders(before.Headers, after.Headers, readOnlyHeaders[viewerResponse])
	}
	if failure == nil {
		out.become(before, after)
	}
	return after.StatusCode, failure
}

// generate answers with the response that a function made.
func (w *response) generate(m message) {
	w.edge, w.result = true, "FunctionGeneratedResponse"
	if m.Body == nil {
		m.Body = &body{}
	}
	w.become(message{}, m)
	w.WriteHeader(m.StatusCode)
}

// become takes over a function's response. Without a body the one that was there stays.
func (w *response) become(before, after message) {
	h := w.Header()
	replaceHeaders(h, before.Headers, after.Headers)
	if !reflect.DeepEqual(after.Cookies, before.Cookies) {
		h.Del("Set-Cookie")
		for _, cookie := range after.Cookies.pairs(before.Cookies) {
			h.Add("Set-Cookie", cookie)
		}
	}
	if after.Body != nil {
		w.page = *after.Body
		h.Set("Content-Length", strconv.Itoa(len(w.page)))
	}
}
