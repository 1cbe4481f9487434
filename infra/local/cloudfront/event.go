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

// addPairs appends what is on both sides of each = under the name on its left.
func (f fields) addPairs(text, separator, attributes string) {
	for pair := range strings.SplitSeq(text, separator) {
		if name, value, _ := strings.Cut(strings.TrimSpace(pair), "="); name != "" {
			f.add(name, single{value, attributes})
		}
	}
}

// changedFrom returns the values after a function's change: a change of multiValue counts alone, else one of value
// replaces the first (page functions-event-structure, "Duplicate query strings, headers, and cookies").
func (f field) changedFrom(old field) []single {
	switch {
	case len(f.Multi) == 0:
		return []single{f.single}
	case f.single != old.single && slices.Equal(f.Multi, old.Multi):
		return append([]single{f.single}, f.Multi[1:]...)
	}
	return f.Multi
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
	m.Query.addPairs(r.URL.RawQuery, "&", "")
	m.Headers["host"] = field{single: single{Value: r.Host}}
	m.Cookies.addPairs(strings.Join(r.Header.Values("Cookie"), ";"), ";", "")
	return m
}

// describeResponse puts what goes to the viewer into the event.
func describeResponse(status int, h http.Header) message {
	m := message{StatusCode: status, StatusDescription: http.StatusText(status), Headers: visible(h, "Set-Cookie"), Cookies: fields{}}
	for _, cookie := range h.Values("Set-Cookie") {
		pair, attributes, _ := strings.Cut(cookie, ";")
		m.Cookies.addPairs(pair, ";", strings.TrimSpace(attributes))
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

// changeHeaders makes the headers that functions see those after a function's change, where it may have made it.
func changeHeaders(h http.Header, before, after fields, readOnly []string) error {
	for _, name := range readOnly {
		if after[name].Value != before[name].Value {
			return invalidf("it changed the header %s, which is read-only", name)
		}
	}
	for name := range before {
		h.Del(name)
	}
	for name, f := range after {
		switch {
		case name != strings.ToLower(name):
			return invalidf("the header name %q is not in lower case", name)
		case isDisallowed(name):
			return invalidf("it set the header %s, which functions must not set", name)
		}
		for _, v := range f.changedFrom(before[name]) {
			h.Add(name, v.Value)
		}
	}
	return nil
}
