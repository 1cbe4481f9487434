package httpapi

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

// answer is what goes back to the caller.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// interpret applies the response rules of payload format 2.0 (page http-api-develop-integrations-lambda, "Lambda
// function response for format 2.0") to what a function answered. Its error means an internal server error.
func interpret(payload []byte) (answer, error) {
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(payload, &fields) // what is no object has no status code
	if status, ok := fields["statusCode"]; !ok || string(status) == "null" {
		return inferred(payload), nil
	}
	a, err := declared(fields)
	if err != nil {
		return answer{}, fmt.Errorf("reading the function's response: %w", err)
	}
	return a, nil
}

// inferred is the response to whatever has no statusCode: 200, application/json, and that as body, also where it is no
// JSON; a JSON string is sent without its quotes. AWS's own emulator for .NET (LambdaTestTool v2) replicates the same, as
// observed.
func inferred(payload []byte) answer {
	a := answer{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}, body: payload}
	var text *string
	if json.Unmarshal(payload, &text) == nil && text != nil {
		a.body = []byte(*text)
	}
	return a
}

// headerText is the value of a header: a string as it is, a number or a boolean as JSON writes it.
type headerText string

// UnmarshalJSON refuses lists and objects.
func (t *headerText) UnmarshalJSON(raw []byte) error {
	switch raw[0] {
	case '"', 'n': // null is no text
		return json.Unmarshal(raw, (*string)(t))
	case '[', '{':
		return errors.New("the value of a header is no string")
	}
	*t = headerText(raw)
	return nil
}

// declared reads a response with a statusCode. The names of its fields are case-sensitive, and others, such as the
// multiValueHeaders of format 1.0, have no effect.
func declared(fields map[string]json.RawMessage) (answer, error) {
	var (
		status  json.Number // a string of digits, too
		headers map[string]headerText
		cookies []string
		body    string
		encoded bool
	)
	into := map[string]any{"statusCode": &status, "headers": &headers, "cookies": &cookies, "body": &body, "isBase64Encoded": &encoded}
	for name, value := range into {
		if raw, ok := fields[name]; ok {
			if err := json.Unmarshal(raw, value); err != nil {
				return answer{}, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	a := answer{header: http.Header{}, body: []byte(body)}
	var err error
	if a.status, err = strconv.Atoi(status.String()); err != nil || a.status < 200 || a.status > 599 {
		return answer{}, fmt.Errorf("status code %q", status)
	}
	for name, value := range headers {
		if lower := strings.ToLower(name); lower != "content-length" && !slices.Contains(hopByHop, lower) {
			a.header.Add(name, string(value))
		}
	}
	for _, c := range cookies {
		a.header.Add("Set-Cookie", c)
	}
	if encoded {
		if a.body, err = base64.StdEncoding.DecodeString(body); err != nil {
			return answer{}, fmt.Errorf("decoding the base64 body: %w", err)
		}
	}
	if len(a.body) > 0 && a.header.Get("Content-Type") == "" {
		a.header.Set("Content-Type", plainText) // live APIs add none to an answer without a body
	}
	return a, nil
}

// message is an answer of API Gateway itself, such as {"message":"Not Found"}.
func message(status int) answer {
	body := gateway.MustMarshal(map[string]string{"message": http.StatusText(status)})
	return answer{status, http.Header{"Content-Type": {"application/json"}}, body}
}

// write sends the answer.
func (a answer) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a caller that left is no error
}
