package cloudfront

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// generatedResponse is the response that a function returned instead of a request.
type generatedResponse struct {
	StatusCode int           `json:"statusCode"`
	Body       generatedBody `json:"body"`
	Headers    fields        `json:"-"`
	Cookies    fields        `json:"-"`
}

// generatedBody is text, or an object of data and encoding.
type generatedBody []byte

// UnmarshalJSON reads both forms of a body.
func (b *generatedBody) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		*b = []byte(text)
		return nil
	}
	var o struct{ Data, Encoding string }
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	switch o.Encoding {
	case "text":
		*b = []byte(o.Data)
		return nil
	case "base64":
		data, err := base64.StdEncoding.DecodeString(o.Data)
		*b = data
		return err
	}
	return fmt.Errorf("body encoding %q: use text or base64", o.Encoding)
}

func (g *generatedResponse) check() *functionFailure {
	if g.StatusCode < 200 || g.StatusCode > 599 {
		return validationError("the status code %d is out of range", g.StatusCode)
	}
	return checkHeaders(g.Headers)
}

// write sends the response; cookies carry their attributes.
func (g *generatedResponse) write(w http.ResponseWriter) {
	h := w.Header()
	for name, f := range g.Headers {
		for _, v := range f.values() {
			h.Add(name, v.Value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g.Cookies)) {
		for _, v := range g.Cookies[name].values() {
			cookie := name + "=" + v.Value
			if v.Attributes != "" {
				cookie += "; " + v.Attributes
			}
			h.Add("Set-Cookie", cookie)
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(g.Body)))
	w.WriteHeader(g.StatusCode)
	_, _ = w.Write(g.Body) // a viewer that left is no error
}
