package httpapi

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/miyabi-society/platform/infra/local/gateway"
	"github.com/miyabi-society/platform/infra/local/lambda"
)

// answer is what goes back to the caller.
type answer struct {
	status  int
	header  http.Header
	cookies []string
	body    []byte
}

// proxyResponse is the response of payload format 2.0 (page http-api-develop-integrations-lambda, "Lambda function
// response for format 2.0"). That format has no multiValueHeaders.
type proxyResponse struct {
	StatusCode json.RawMessage            `json:"statusCode"`
	Headers    map[string]json.RawMessage `json:"headers"`
	Cookies    []string                   `json:"cookies"`
	Body       *string                    `json:"body"`
	Base64     bool                       `json:"isBase64Encoded"`
}

// interpret applies the response rules of payload format 2.0. Its error means a bad gateway.
func interpret(result lambda.Result) (answer, error) {
	if result.FunctionError != "" {
		return answer{}, fmt.Errorf("the function failed: %.500s", result.Payload)
	}
	if !json.Valid(result.Payload) {
		return answer{}, errors.New("the function answered no JSON")
	}
	if !declaresStatus(result.Payload) {
		return inferred(result.Payload), nil
	}
	var p proxyResponse
	if err := json.Unmarshal(result.Payload, &p); err != nil {
		return answer{}, fmt.Errorf("reading the function's response: %w", err)
	}
	return p.answer()
}

// declaresStatus reports whether the payload is an object with a statusCode; everything else is a body by itself.
func declaresStatus(payload []byte) bool {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(payload, &fields); err != nil {
		return false
	}
	status, ok := fields["statusCode"]
	return ok && !bytes.Equal(status, []byte("null"))
}

// inferred is the response to valid JSON without a statusCode: 200, application/json, and the JSON as body; a JSON
// string is sent without its quotes.
func inferred(payload []byte) answer {
	payload = bytes.TrimSpace(payload)
	a := answer{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}, body: payload}
	var text string
	if payload[0] == '"' && json.Unmarshal(payload, &text) == nil {
		a.body = []byte(text)
	}
	return a
}

func (p proxyResponse) answer() (answer, error) {
	status, err := strconv.Atoi(strings.Trim(string(p.StatusCode), `"`))
	if err != nil || status < 200 || status > 599 {
		return answer{}, fmt.Errorf("status code %s", p.StatusCode)
	}
	a := answer{status: status, header: http.Header{}, cookies: p.Cookies}
	for name, raw := range p.Headers {
		value, err := scalar(raw)
		if err != nil {
			return answer{}, fmt.Errorf("header %s: %w", name, err)
		}
		if lower := strings.ToLower(name); lower != "content-length" && !slices.Contains(hopByHop, lower) {
			a.header.Add(name, value)
		}
	}
	if p.Body != nil {
		a.body = []byte(*p.Body)
	}
	if p.Base64 {
		if a.body, err = base64.StdEncoding.DecodeString(string(a.body)); err != nil {
			return answer{}, fmt.Errorf("decoding the base64 body: %w", err)
		}
	}
	if a.header.Get("Content-Type") == "" {
		a.header.Set("Content-Type", plainText)
	}
	return a, nil
}

// scalar renders a header value: a string as it is, a number or boolean as JSON writes it.
func scalar(raw json.RawMessage) (string, error) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text, nil
	}
	if raw[0] == '{' || raw[0] == '[' {
		return "", errors.New("the value is no string")
	}
	return string(raw), nil
}

// write sends the answer; each cookie becomes a Set-Cookie header.
func (a answer) write(w http.ResponseWriter) {
	h := w.Header()
	for name, values := range a.header {
		h[name] = values
	}
	for _, c := range a.cookies {
		h.Add("Set-Cookie", c)
	}
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a caller that left is no error
}

// writeMessage sends an error of API Gateway itself: {"message":"Not Found"}.
func writeMessage(w http.ResponseWriter, status int) {
	gateway.WriteMessage(w, status, http.StatusText(status))
}
