package cloudfront

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"unicode"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

// invalid is a function's result that breaks the rules. Any other error means that the function did not come to its end.
type invalid struct{ error }

func invalidf(format string, args ...any) error { return invalid{fmt.Errorf(format, args...)} }

// result runs the function on a request to u, and on a response if there is one.
func (f *function) result(out *response, u *url.URL, request message, response *message) (message, error) {
	e := event{Version: "1.0", Request: request, Response: response}
	e.Context.DomainName, e.Context.DistributionID = out.server.domain, out.server.id
	e.Context.EventType, e.Context.RequestID = viewerRequest, out.id
	if response != nil {
		e.Context.EventType = viewerResponse
	}
	e.Viewer.IP = gateway.SourceIP(out.request)
	input, err := json.Marshal(e)
	if err != nil {
		return message{}, err
	}
	output, err := f.run(string(input), u)
	if err != nil {
		return message{}, err
	}
	var after message
	if err := json.Unmarshal([]byte(output), &after); err != nil {
		return after, invalidf("its result is neither a request nor a response: %w", err)
	}
	if after.StatusCode != 0 && (after.StatusCode < 200 || after.StatusCode > 599) {
		return after, invalidf("the status code %d is out of range", after.StatusCode)
	}
	return after, nil
}

// onRequest changes r to the request that the function returns, within the rules of page edge-function-restrictions-all. Or
// it makes the response that the function returns the viewer's, and returns its status.
func (f *function) onRequest(r *http.Request, out *response) (int, error) {
	before := describeRequest(r)
	after, err := f.result(out, r.URL, before, nil)
	switch {
	case err != nil:
		return 0, err
	case after.StatusCode != 0:
		out.result, out.page = "FunctionGeneratedResponse", []byte{}
		return after.StatusCode, out.become(message{}, after)
	case after.Method != before.Method:
		return 0, invalidf("it changed the method, which is read-only")
	case !strings.HasPrefix(after.URI, "/"):
		return 0, invalidf("the uri %q does not begin with a slash", after.URI)
	}
	if after.URI != before.URI {
		setPath(r.URL, after.URI)
	}
	if !reflect.DeepEqual(after.Query, before.Query) {
		r.URL.RawQuery = strings.Join(after.Query.pairs(before.Query), "&")
		if strings.ContainsFunc(r.URL.RawQuery, func(c rune) bool { return c == ' ' || c == '#' || unicode.IsControl(c) }) {
			return 0, invalidf("its query string has a space, a control character or a #")
		}
	}
	if size := len(r.URL.RequestURI()); size >= maxURL {
		return 0, invalidf("it made a URL of %d bytes, which must be less than %d", size, maxURL)
	}
	if !reflect.DeepEqual(after.Cookies, before.Cookies) {
		r.Header.Del("Cookie")
		setIf(r.Header, "Cookie", strings.Join(after.Cookies.pairs(before.Cookies), "; "))
	}
	err = changeHeaders(r.Header, before.Headers, after.Headers, readOnlyHeaders[viewerRequest])
	r.Header.Del("Host") // it is r.Host
	return 0, err
}

// onResponse makes the answer that goes to the viewer the one that the function returns, and returns its status.
func (f *function) onResponse(out *response, status int) (int, error) {
	before := describeResponse(status, out.Header())
	after, err := f.result(out, out.request.URL, describeRequest(out.request), &before)
	switch {
	case err != nil:
		return 0, err
	case after.StatusCode == 0:
		return 0, invalidf("it returned no response")
	}
	return after.StatusCode, out.become(before, after)
}

// become takes over a function's response. Without a body the one that was there stays.
func (w *response) become(before, after message) error {
	h := w.Header()
	if !reflect.DeepEqual(after.Cookies, before.Cookies) {
		h.Del("Set-Cookie")
		for _, cookie := range after.Cookies.pairs(before.Cookies) {
			h.Add("Set-Cookie", cookie)
		}
	}
	err := changeHeaders(h, before.Headers, after.Headers, readOnlyHeaders[viewerResponse])
	if after.Body != nil {
		w.page = *after.Body
	}
	if w.page != nil {
		h.Set("Content-Length", strconv.Itoa(len(w.page)))
	}
	return err
}
