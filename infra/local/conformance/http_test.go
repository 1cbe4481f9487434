package conformance

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// exchange sends one request and returns the answer with its body.
func exchange(t *testing.T, method, path, body string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, target.http+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

// eventOf sends a request that the function answers with its event.
func eventOf(t *testing.T, method, path, body string, header ...string) map[string]any {
	t.Helper()
	resp, text := exchange(t, method, path, body, header...)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s %s", method, path, resp.Status, text)
	}
	return decode(t, text)
}

func decode(t *testing.T, text string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return m
}

func at(v any, path ...string) any {
	for _, p := range path {
		m, _ := v.(map[string]any)
		v = m[p]
	}
	return v
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	if string(g) != string(w) {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}

func contains(t *testing.T, what, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("%s: got %q, want it to contain %q", what, got, want)
	}
}

func routes(cases map[string]string) func(*testing.T) {
	return func(t *testing.T) {
		for request, want := range cases {
			method, path, _ := strings.Cut(request, " ")
			same(t, request, eventOf(t, method, path, "")["routeKey"], want)
		}
	}
}

func pathParameters(t *testing.T) {
	same(t, "variable", eventOf(t, "GET", "/rank/a%20b", "")["pathParameters"], map[string]string{"id": "a b"})
	same(t, "greedy", eventOf(t, "POST", "/rank/a/b/c", "")["pathParameters"], map[string]string{"proxy": "a/b/c"})
}

func decodedPaths(t *testing.T) {
	same(t, "divided", eventOf(t, "GET", "/rank/a%2Fb", "")["routeKey"], "GET /rank/{id}/{part}")
	e := eventOf(t, "GET", "/rank/a%252Fb", "")
	same(t, "encoded twice", []any{e["routeKey"], e["pathParameters"], e["rawPath"]}, []any{"GET /rank/{id}", map[string]string{"id": "a/b"}, "/rank/a/b"})
	resp, _ := exchange(t, "GET", "/rank/100%25", "")
	same(t, "not to be decoded again", resp.StatusCode, 400)
}

func mergedQuery(t *testing.T) {
	e := eventOf(t, "GET", "/rank/x?a=1&b=2&a=3&empty=&c=x%20y", "")
	same(t, "parameters", e["queryStringParameters"], map[string]string{"a": "1,3", "b": "2", "empty": "", "c": "x y"})
	same(t, "raw", e["rawQueryString"], "a=1&b=2&a=3&empty=&c=x%20y")
	same(t, "absent", eventOf(t, "GET", "/rank/x", "")["queryStringParameters"], nil)
}

func mergedHeaders(t *testing.T) {
	e := eventOf(t, "GET", "/rank/x", "", "X-One", "1", "X-One", "2", "Cookie", "a=1; b=2")
	same(t, "header", at(e, "headers", "x-one"), "1,2")
	same(t, "cookies", e["cookies"], []string{"a=1", "b=2"})
	same(t, "cookie header", at(e, "headers", "cookie"), nil)
}

func bodies(t *testing.T) {
	text := eventOf(t, "POST", "/stored/a", `{"é":1}`, "Content-Type", "application/json")
	same(t, "text", text["body"], `{"é":1}`)
	same(t, "flag", text["isBase64Encoded"], false)
	binary := eventOf(t, "POST", "/stored/a", "\x00\xff", "Content-Type", "application/octet-stream")
	same(t, "binary", binary["body"], "AP8=")
	same(t, "flag", binary["isBase64Encoded"], true)
	same(t, "none", eventOf(t, "GET", "/rank/x", "")["body"], nil)
}

func requestContext(t *testing.T) {
	e := eventOf(t, "GET", "/rank/x", "", "User-Agent", "conformance")
	same(t, "version", e["version"], "2.0")
	same(t, "stage", at(e, "requestContext", "stage"), "$default")
	same(t, "variables", e["stageVariables"], map[string]string{"color": "red"})
	same(t, "http", []any{at(e, "requestContext", "http", "method"), at(e, "requestContext", "http", "path"), at(e, "requestContext", "http", "userAgent")}, []string{"GET", "/rank/x", "conformance"})
	if time, _ := at(e, "requestContext", "timeEpoch").(float64); time < 1e12 {
		t.Errorf("timeEpoch %v", time)
	}
	same(t, "proto", at(e, "headers", "x-forwarded-proto"), "https")
}

func binaryAnswer(t *testing.T) {
	resp, text := exchange(t, "GET", "/answer/binary", "")
	same(t, "body", []byte(text), []byte{0, 1, 255})
	same(t, "type", resp.Header.Get("Content-Type"), "image/png")
}

func inferredAnswer(t *testing.T) {
	resp, text := exchange(t, "GET", "/answer/inferred", "")
	same(t, "answer", []any{resp.StatusCode, text, resp.Header.Get("Content-Type")}, []any{200, `{"inferred":"yes"}`, "application/json"})
	resp, text = exchange(t, "GET", "/answer/text", "")
	same(t, "text", []any{resp.StatusCode, text}, []any{200, "plain text"})
}

func cookieAnswer(t *testing.T) {
	resp, _ := exchange(t, "GET", "/answer/cookies", "")
	same(t, "answer", []any{resp.StatusCode, resp.Header.Values("Set-Cookie"), resp.Header.Get("X-Own")}, []any{201, []string{"a=1", "b=2; Path=/"}, "1"})
}

// failedFunction holds for AWS with any status of the 500s where the function crashes: its pages differ, and the local cloud
// answers 502.
func failedFunction(t *testing.T) {
	resp, text := exchange(t, "GET", "/answer/crash", "")
	if resp.StatusCode/100 != 5 || target.cloud != nil && resp.StatusCode != http.StatusBadGateway {
		t.Errorf("crash: %s", resp.Status)
	}
	contains(t, "crash", text, `{"message":"`)
	resp, text = exchange(t, "GET", "/answer/malformed", "")
	same(t, "malformed", []any{resp.StatusCode, text}, []any{500, `{"message":"Internal Server Error"}`})
}

func authorizer(t *testing.T) {
	resp, text := exchange(t, "GET", "/authorized", "")
	same(t, "without identity", []any{resp.StatusCode, text}, []any{401, `{"message":"Unauthorized"}`})
	resp, text = exchange(t, "GET", "/authorized", "", "X-Pass", "no")
	same(t, "refused", []any{resp.StatusCode, text}, []any{403, `{"message":"Forbidden"}`})
	e := eventOf(t, "GET", "/authorized", "", "X-Pass", "yes")
	same(t, "context", at(e, "requestContext", "authorizer", "lambda"), map[string]any{"who": "me", "level": 7})
}

func preflight(t *testing.T) {
	resp, _ := exchange(t, "OPTIONS", "/answer/cors", "", "Origin", "https://app.example", "Access-Control-Request-Method", "POST")
	same(t, "allowed", []any{resp.StatusCode, resp.Header.Get("Access-Control-Allow-Origin"), resp.Header.Get("Access-Control-Max-Age")}, []any{204, "https://app.example", "300"})
	resp, _ = exchange(t, "OPTIONS", "/answer/cors", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "POST")
	same(t, "foreign", resp.Header.Get("Access-Control-Allow-Origin"), "")
}

func corsAnswer(t *testing.T) {
	resp, _ := exchange(t, "GET", "/answer/cors", "", "Origin", "https://app.example")
	same(t, "origin", resp.Header.Values("Access-Control-Allow-Origin"), []string{"https://app.example"})
}

func tooLargeBody(t *testing.T) {
	resp, text := exchange(t, "POST", "/stored/a", strings.Repeat("x", 10<<20+1), "Content-Type", "text/plain")
	same(t, "answer", []any{resp.StatusCode, text}, []any{413, `{"message":"Request Entity Too Large"}`})
}
