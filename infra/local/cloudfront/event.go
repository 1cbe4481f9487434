package cloudfront

import (
	"net/http"
	"slices"
	"strings"
)

// event is the event structure of CloudFront Functions (page functions-event-structure).
type event struct {
	Version string       `json:"version"`
	Context eventContext `json:"context"`
	Viewer  struct {
		IP string `json:"ip"`
	} `json:"viewer"`
	Request eventRequest `json:"request"`
}

type eventContext struct {
	DomainName     string `json:"distributionDomainName"`
	DistributionID string `json:"distributionId"`
	EventType      string `json:"eventType"`
	RequestID      string `json:"requestId"`
	viewerIP       string
}

type eventRequest struct {
	Method  string `json:"method"`
	URI     string `json:"uri"`
	Query   fields `json:"querystring"`
	Headers fields `json:"headers"`
	Cookies fields `json:"cookies"`
}

// fields are query parameters, headers or cookies by name.
type fields map[string]field

// field has every value in Multi if there is more than one.
type field struct {
	Value      string   `json:"value"`
	Multi      []single `json:"multiValue,omitempty"`
	Attributes string   `json:"attributes,omitempty"`
}

type single struct {
	Value      string `json:"value"`
	Attributes string `json:"attributes,omitempty"`
}

// add appends a value under a name.
func (f fields) add(name, value string) {
	old, ok := f[name]
	switch {
	case !ok:
		f[name] = field{Value: value}
	case old.Multi == nil:
		f[name] = field{Value: old.Value, Multi: []single{{Value: old.Value}, {Value: value}}}
	default:
		old.Multi = append(old.Multi, single{Value: value})
		f[name] = old
	}
}

func (f field) values() []single {
	if f.Multi != nil {
		return f.Multi
	}
	return []single{{f.Value, f.Attributes}}
}

// changedFrom returns the values after a function's change: a change of multiValue counts alone, else one of value
// replaces the first (page functions-event-structure, "Duplicate query strings, headers, and cookies").
func (f field) changedFrom(old field) []single {
	if !slices.Equal(f.Multi, old.Multi) || f.Value == old.Value {
		return f.values()
	}
	values := slices.Clone(f.values())
	if len(values) > 0 {
		values[0].Value = f.Value
	}
	return values
}

// Headers that functions do not see and may not add, and those they may read only (page edge-function-restrictions-all).
var (
	disallowedHeaders = []string{
		"connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "trailer", "upgrade",
		"x-accel-buffering", "x-accel-charset", "x-accel-limit-rate", "x-accel-redirect", "x-amzn-auth", "x-amzn-cf-billing", "x-amzn-cf-id",
		"x-amzn-cf-xff", "x-amzn-errortype", "x-amzn-fle-profile", "x-amzn-header-count", "x-amzn-header-order",
		"x-amzn-lambda-integration-tag", "x-amzn-requestid", "x-cache", "x-forwarded-proto", "x-real-ip",
	}
	readOnlyHeaders = []string{"content-length", "host", "transfer-encoding", "via"}
)

func isDisallowed(name string) bool {
	return slices.Contains(disallowedHeaders, name) || strings.HasPrefix(name, "x-amz-cf-") || strings.HasPrefix(name, "x-edge-")
}

// describe puts a request into the event. Query strings and the path keep their percent escapes.
func describe(r *http.Request) eventRequest {
	e := eventRequest{Method: r.Method, URI: r.URL.EscapedPath(), Query: fields{}, Headers: fields{}, Cookies: fields{}}
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if name, value, _ := strings.Cut(pair, "="); pair != "" {
			e.Query.add(name, value)
		}
	}
	for name, values := range r.Header {
		if name = strings.ToLower(name); name == "cookie" || isDisallowed(name) {
			continue
		}
		for _, v := range values {
			e.Headers.add(name, v)
		}
	}
	e.Headers["host"] = field{Value: r.Host}
	for _, line := range r.Header.Values("Cookie") {
		for pair := range strings.SplitSeq(line, ";") {
			if name, value, _ := strings.Cut(strings.TrimSpace(pair), "="); name != "" {
				e.Cookies.add(name, value)
			}
		}
	}
	return e
}
