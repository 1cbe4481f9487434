package cloudfront

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Events that functions are associated with.
const (
	viewerRequest  = "viewer-request"
	viewerResponse = "viewer-response"
)

// event is the event structure of CloudFront Functions (page functions-event-structure).
type event struct {
	Version string `json:"version"`
	Context struct {
		DomainName     string `json:"distributionDomainName"`
		DistributionID string `json:"distributionId"`
		EventType      string `json:"eventType"`
		RequestID      string `json:"requestId"`
	} `json:"context"`
	Viewer struct {
		IP string `json:"ip"`
	} `json:"viewer"`
	Request  message  `json:"request"`
	Response *message `json:"response,omitempty"`
}

// message is a request, or a response if it has a status code.
type message struct {
	Method            string `json:"method,omitempty"`
	URI               string `json:"uri,omitempty"`
	Query             fields `json:"querystring,omitzero"`
	StatusCode        int    `json:"statusCode,omitempty"`
	StatusDescription string `json:"statusDescription,omitempty"`
	Headers           fields `json:"headers"`
	Cookies           fields `json:"cookies"`
	Body              *body  `json:"body,omitempty"`
}

// body of a response is text, or an object of data and encoding.
type body []byte

// UnmarshalJSON reads both forms of a body.
func (b *body) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		*b = []byte(text)
		return nil
	}
	var o struct{ Data, Encoding string }
	err := json.Unmarshal(raw, &o)
	switch {
	case err != nil:
	case o.Encoding == "text":
		*b = []byte(o.Data)
	case o.Encoding == "base64":
		*b, err = base64.StdEncoding.DecodeString(o.Data)
	default:
		err = fmt.Errorf("body encoding %q: use text or base64", o.Encoding)
	}
	return err
}

// fields are query parameters, headers or cookies by name.
type fields map[string]field

// field has every value in Multi if there is more than one.
type field struct {
	single
	Multi []single `json:"multiValue,omitempty"`
}

type single struct {
	Value      string `json:"value"`
	Attributes string `json:"attributes,omitempty"` // of a cookie in a response
}

// add appends a value under a name.
func (f fields) add(name string, value single) {
	old, repeated := f[name]
	switch {
	case !repeated:
		f[name] = field{single: value}
		return
	case old.Multi == nil:
		old.Multi = []single{old.single}
	}
	old.Multi = append(old.Multi, value)
	f[name] = old
}

// addPair appends what is on both sides of the = under the name on its left.
func (f fields) addPair(pair, attributes string) {
	if name, value, _ := strings.Cut(strings.TrimSpace(pair), "="); name != "" {
		f.add(name, single{value, attributes})
	}
}

func (f field) values() []single {
	if f.Multi != nil {
		return f.Multi
	}
	return []single{f.single}
}

// changedFrom returns the values after a function's change: a change of multiValue counts alone, else one of value
// replaces the first (page functions-event-structure, "Duplicate query strings, headers, and cookies").
func (f field) changedFrom(old field) []single {
	values := slices.Clone(f.values())
	if len(values) > 0 && f.single != old.single && slices.Equal(f.Multi, old.Multi) {
		values[0] = f.single
	}
	return values
}

// pairs writes name=value for each value, in the order of the names.
func (f fields) pairs(before fields) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		for _, v := range f[name].changedFrom(before[name]) {
			pair := name
			if v.Value != "" {
				pair += "=" + v.Value
			}
			if v.Attributes != "" {
				pair += "; " + v.Attributes
			}
			list = append(list, pair)
		}
	}
	return list
}

// describeRequest puts a request into the event. Query strings and the path keep their percent escapes.
func describeRequest(r *http.Request) message {
	m := message{Method: r.Method, URI: r.URL.EscapedPath(), Query: fields{}, Headers: visible(r.Header, "Cookie"), Cookies: fields{}}
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if name, value, _ := strings.Cut(pair, "="); pair != "" {
			m.Query.add(name, single{Value: value})
		}
	}
	m.Headers["host"] = field{single: single{Value: r.Host}}
	for pair := range strings.SplitSeq(strings.Join(r.Header.Values("Cookie"), ";"), ";") {
		m.Cookies.addPair(pair, "")
	}
	return m
}

// describeResponse puts what goes to the viewer into the event.
func describeResponse(status int, h http.Header) message {
	m := message{StatusCode: status, StatusDescription: http.StatusText(status), Headers: visible(h, "Set-Cookie"), Cookies: fields{}}
	for _, cookie := range h.Values("Set-Cookie") {
		pair, attributes, _ := strings.Cut(cookie, ";")
		m.Cookies.addPair(pair, strings.TrimSpace(attributes))
	}
	return m
}

// visible are the headers that functions see, without the one of cookies.
func visible(h http.Header, cookies string) fields {
	f := fields{}
	for name, values := range h {
		if name == cookies || isDisallowed(strings.ToLower(name)) {
			continue
		}
		for _, v := range values {
			f.add(strings.ToLower(name), single{Value: v})
		}
	}
	return f
}

// disallowedHeaders are what functions do not see and may not add, readOnlyHeaders what they may only read (page
// edge-function-restrictions-all).
var (
	disallowedHeaders = strings.Fields(`
		connection expect keep-alive proxy-authenticate proxy-authorization proxy-connection trailer upgrade x-accel-buffering
		x-accel-charset x-accel-limit-rate x-accel-redirect x-amzn-auth x-amzn-cf-billing x-amzn-cf-id x-amzn-cf-xff
		x-amzn-errortype x-amzn-fle-profile x-amzn-header-count x-amzn-header-order x-amzn-lambda-integration-tag
		x-amzn-requestid x-cache x-forwarded-proto x-real-ip`)
	readOnlyHeaders = map[string][]string{
		viewerRequest:  {"content-length", "host", "transfer-encoding", "via"},
		viewerResponse: {"via", "warning"},
	}
)

func isDisallowed(name string) bool {
	return slices.Contains(disallowedHeaders, name) || hasPrefix(name, "x-amz-cf-", "x-edge-")
}

// checkHeaders refuses the headers after a function's change where it may not have made them.
func checkHeaders(before, after fields, readOnly []string) *functionFailure {
	for name := range after {
		switch {
		case name != strings.ToLower(name):
			return validationError("the header name %q is not in lower case", name)
		case isDisallowed(name):
			return validationError("it set the header %s, which functions must not set", name)
		}
	}
	for _, name := range readOnly {
		if after[name].Value != before[name].Value {
			return validationError("it changed the header %s, which is read-only", name)
		}
	}
	return nil
}

// replaceHeaders leaves the headers that functions do not see as they are.
func replaceHeaders(h http.Header, before, after fields) {
	for name := range before {
		h.Del(name)
	}
	for name, f := range after {
		for _, v := range f.changedFrom(before[name]) {
			h.Add(name, v.Value)
		}
	}
}
