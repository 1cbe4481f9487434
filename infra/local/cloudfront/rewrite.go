package cloudfront

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"
)

// apply runs the function. It changes r to the request that the function returns, or returns the response that it
// generates instead.
func (f *function) apply(r *http.Request, context eventContext) (*generatedResponse, *functionFailure) {
	before := describe(r)
	e := event{Version: "1.0", Context: context, Request: before}
	e.Viewer.IP = context.viewerIP
	input, err := json.Marshal(e)
	if err != nil {
		return nil, executionError(err)
	}
	output, err := f.run(string(input))
	if err != nil {
		return nil, executionError(err)
	}
	var result functionResult
	if err := json.Unmarshal([]byte(output), &result); err != nil {
		return nil, validationError("its result is neither a request nor a response: %w", err)
	}
	if result.StatusCode != 0 {
		g := result.generatedResponse
		g.Headers, g.Cookies = result.Headers, result.Cookies
		return &g, g.check()
	}
	after := result.eventRequest
	after.Headers, after.Cookies = result.Headers, result.Cookies
	return nil, replace(r, before, after)
}

// functionResult is either; which one, the status code tells.
type functionResult struct {
	eventRequest
	generatedResponse
	Headers fields `json:"headers"`
	Cookies fields `json:"cookies"`
}

// replace makes r the request that a function returned, within the rules of page edge-function-restrictions-all.
func replace(r *http.Request, before, after eventRequest) *functionFailure {
	if after.Method != before.Method {
		return validationError("it changed the method, which is read-only")
	}
	if !strings.HasPrefix(after.URI, "/") {
		return validationError("the uri %q does not begin with a slash", after.URI)
	}
	if failure := checkHeaders(after.Headers); failure != nil {
		return failure
	}
	for _, name := range readOnlyHeaders {
		if after.Headers[name].Value != before.Headers[name].Value {
			return validationError("it changed the header %s, which is read-only", name)
		}
	}
	if after.URI != before.URI {
		setPath(r.URL, after.URI)
	}
	if !equalFields(after.Query, before.Query) {
		r.URL.RawQuery = strings.Join(pairs(after.Query, before.Query), "&")
		if strings.ContainsFunc(r.URL.RawQuery, func(c rune) bool { return c == ' ' || c == '#' || unicode.IsControl(c) }) {
			return validationError("its query string has a space, a control character or a #")
		}
	}
	if size := len(r.URL.RequestURI()); size >= maxURL {
		return validationError("it made a URL of %d bytes, which must be less than %d", size, maxURL)
	}
	replaceHeaders(r.Header, before, after)
	return nil
}

// replaceHeaders leaves the headers that functions do not see as they are.
func replaceHeaders(h http.Header, before, after eventRequest) {
	for name := range before.Headers {
		h.Del(name)
	}
	for name, f := range after.Headers {
		if name == "host" {
			continue
		}
		for _, v := range f.changedFrom(before.Headers[name]) {
			h.Add(name, v.Value)
		}
	}
	if !equalFields(after.Cookies, before.Cookies) {
		h.Del("Cookie")
		if list := pairs(after.Cookies, before.Cookies); len(list) > 0 {
			h.Set("Cookie", strings.Join(list, "; "))
		}
	}
}

func checkHeaders(headers fields) *functionFailure {
	for name := range headers {
		switch {
		case name != strings.ToLower(name):
			return validationError("the header name %q is not in lower case", name)
		case isDisallowed(name):
			return validationError("it set the header %s, which functions must not set", name)
		}
	}
	return nil
}

func equalFields(a, b fields) bool {
	return maps.EqualFunc(a, b, func(x, y field) bool {
		return x.Value == y.Value && slices.Equal(x.Multi, y.Multi)
	})
}

// pairs writes name=value by name, in the order of the names.
func pairs(after, before fields) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(after)) {
		for _, v := range after[name].changedFrom(before[name]) {
			pair := name
			if v.Value != "" {
				pair += "=" + v.Value
			}
			list = append(list, pair)
		}
	}
	return list
}
