package cloudfront

import (
	"encoding/json"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// with puts a function on every behaviour.
func with(code string) *edge {
	e := newEdge()
	e.Default.ViewerRequest, e.API.ViewerRequest = code, code
	return e
}

// eventOf returns the event that a function sees.
func eventOf(t *testing.T, r *http.Request) map[string]any {
	t.Helper()
	e := with(`function handler(event) { return {statusCode: 200, body: JSON.stringify(event)}; }`)
	var event map[string]any
	rec := e.do(t, r)
	if err := json.Unmarshal(rec.Body.Bytes(), &event); err != nil {
		t.Fatalf("%v: %d %s", err, rec.Code, rec.Body)
	}
	return event
}

func TestFunctionsSeeTheDocumentedEvent(t *testing.T) {
	t.Parallel()
	event := eventOf(t, get("http://localhost:8080/a%5Bb%5D/?id=42&q=a%20b&q=&q=c", "X-One", "1", "X-Many", "a", "X-Many", "b, c", "Cookie", "sid=x=y; k=1", "Cookie", "k=2", "X-Real-Ip", "9", "Connection", "close"))
	request := event["request"].(map[string]any)
	wantEqual(t, "version", event["version"], "1.0")
	wantEqual(t, "viewer", event["viewer"], map[string]string{"ip": "127.0.0.1"})
	context := event["context"].(map[string]any)
	if id, _ := context["requestId"].(string); id == "" {
		t.Error("no request id")
	}
	delete(context, "requestId")
	wantEqual(t, "context", context, map[string]string{"distributionDomainName": "d111111abcdef8.cloudfront.net", "distributionId": "EDFDVBD6EXAMPLE", "eventType": "viewer-request"})
	wantEqual(t, "request", request, map[string]any{
		"method": "GET", "uri": "/a%5Bb%5D/",
		"querystring": map[string]any{"id": map[string]any{"value": "42"}, "q": map[string]any{"value": "a%20b", "multiValue": []any{map[string]any{"value": "a%20b"}, map[string]any{"value": ""}, map[string]any{"value": "c"}}}},
		"headers": map[string]any{
			"host": map[string]any{"value": "localhost:8080"}, "x-one": map[string]any{"value": "1"},
			"x-many": map[string]any{"value": "a", "multiValue": []any{map[string]any{"value": "a"}, map[string]any{"value": "b, c"}}},
		},
		"cookies": map[string]any{"sid": map[string]any{"value": "x=y"}, "k": map[string]any{"value": "1", "multiValue": []any{map[string]any{"value": "1"}, map[string]any{"value": "2"}}}},
	})
}

func TestEmptyPartsOfTheEventAreEmptyObjects(t *testing.T) {
	t.Parallel()
	request := eventOf(t, get("/"))["request"].(map[string]any)
	wantEqual(t, "querystring", request["querystring"], map[string]any{})
	wantEqual(t, "cookies", request["cookies"], map[string]any{})
}

func TestRewritingTheURIChangesTheObjectAndNotTheBehavior(t *testing.T) {
	t.Parallel()
	e := with(`function handler(event) { event.request.uri = "/api/%5Bx%5D/index.html"; return event.request; }`)
	wantEqual(t, "origin", e.do(t, get("/ja/?a=1")).Body.String(), "site")
	wantEqual(t, "path", e.site.request.URL.EscapedPath(), "/api/%5Bx%5D/index.html")
	wantEqual(t, "decoded path", e.site.request.URL.Path, "/api/[x]/index.html")
}

func TestAnUntouchedRequestIsPassedOnToTheLetter(t *testing.T) {
	t.Parallel()
	e := with(`function handler(event) { return event.request; }`)
	e.do(t, get("/api/a%2Fb?z=1&a=%20+&z&b=2", "Cookie", "b=1; a=2", "Cookie", "c=3", "X-Many", "a", "X-Many", "b"))
	r := e.api.request
	wantEqual(t, "path", r.URL.EscapedPath(), "/api/a%2Fb")
	wantEqual(t, "query", r.URL.RawQuery, "z=1&a=%20+&z&b=2")
	wantEqual(t, "cookies, sorted by name", r.Header.Values("Cookie"), []string{"a=2; b=1; c=3"})
	wantEqual(t, "headers", r.Header.Values("X-Many"), []string{"a", "b"})
}

func TestFunctionsChangeHeadersQueryAndCookies(t *testing.T) {
	t.Parallel()
	e := with(`function handler(event) {
		const r = event.request;
		r.headers["x-forwarded-host"] = {value: r.headers.host.value};
		delete r.headers["x-gone"];
		r.headers["x-many"].value = "first";
		r.headers["x-multi"].multiValue.push({value: "c"});
		r.querystring.b = {value: "2"};
		r.cookies.c = {value: "3"};
		return r;
	}`)
	e.do(t, get("http://localhost:8080/api/x?a=1&flag", "X-Gone", "1", "X-Many", "a", "X-Many", "b", "X-Multi", "a", "X-Multi", "b", "Cookie", "a=1"))
	r := e.api.request
	wantEqual(t, "x-forwarded-host", r.Header.Get("X-Forwarded-Host"), "localhost:8080")
	wantEqual(t, "host", r.Host, apiHost)
	wantEqual(t, "deleted", r.Header.Get("X-Gone"), "")
	wantEqual(t, "value", r.Header.Values("X-Many"), []string{"first", "b"})
	wantEqual(t, "multiValue", r.Header.Values("X-Multi"), []string{"a", "b", "c"})
	wantEqual(t, "query", r.URL.RawQuery, "a=1&b=2&flag")
	wantEqual(t, "cookies", r.Header.Get("Cookie"), "a=1; c=3")
}

func TestFunctionsGenerateResponses(t *testing.T) {
	t.Parallel()
	e := with(`function handler(event) {
		return {statusCode: 308, statusDescription: "Moved", headers: {location: {value: event.request.uri + "/"}, vary: {value: "a", multiValue: [{value: "a"}, {value: "b"}]}},
			cookies: {sid: {value: "1", attributes: "Path=/; Secure"}}, body: {encoding: "base64", data: "bW92ZWQ="}};
	}`)
	rec := e.do(t, get("/ja"))
	wantEqual(t, "status", rec.Code, 308)
	wantEqual(t, "location", rec.Header().Get("Location"), "/ja/")
	wantEqual(t, "vary", rec.Header().Values("Vary"), []string{"a", "b"})
	wantEqual(t, "cookie", rec.Header().Get("Set-Cookie"), "sid=1; Path=/; Secure")
	wantEqual(t, "body", rec.Body.String(), "moved")
	wantEqual(t, "x-cache", rec.Header().Get("X-Cache"), "FunctionGeneratedResponse from cloudfront")
	if e.site.request != nil {
		t.Error("the origin was asked")
	}
}

func TestResultsThatBreakTheRulesAreBadGateways(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]string{
		"nothing":           `function handler(event) {}`,
		"text":              `function handler(event) { return "x"; }`,
		"empty":             `function handler(event) { return {}; }`,
		"method":            `function handler(event) { event.request.method = "POST"; return event.request; }`,
		"uri":               `function handler(event) { event.request.uri = "x"; return event.request; }`,
		"host":              `function handler(event) { event.request.headers.host.value = "x"; return event.request; }`,
		"disallowed header": `function handler(event) { event.request.headers["x-edge-a"] = {value: "x"}; return event.request; }`,
		"upper case":        `function handler(event) { event.request.headers["X-A"] = {value: "x"}; return event.request; }`,
		"status":            `function handler(event) { return {statusCode: 99}; }`,
		"status text":       `function handler(event) { return {statusCode: "200"}; }`,
		"body encoding":     `function handler(event) { return {statusCode: 200, body: {data: "x", encoding: "hex"}}; }`,
		"base64":            `function handler(event) { return {statusCode: 200, body: {data: "%", encoding: "base64"}}; }`,
	} {
		rec := with(code).do(t, get("/"))
		wantEqual(t, name, rec.Code, 502)
		wantEqual(t, name, rec.Header().Get("X-Cache"), "FunctionValidationError from cloudfront")
	}
}

func TestFunctionsThatFailAreUnavailable(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]string{
		"throws":    `function handler(event) { throw new Error("broken"); }`,
		"rejects":   `async function handler(event) { throw new Error("broken"); }`,
		"undefined": `function handler(event) { return nothing; }`,
		"circular":  `function handler(event) { event.self = event; return event; }`,
		"too deep":  `function handler(event) { return handler(event); }`,
	} {
		rec := with(code).do(t, get("/"))
		wantEqual(t, name, rec.Code, 503)
		wantEqual(t, name, rec.Header().Get("X-Cache"), "FunctionExecutionError from cloudfront")
	}
}

func TestAFunctionThatNeverEndsIsStopped(t *testing.T) {
	t.Parallel()
	e := with(`function handler(event) { while (event.request.uri === "/loop") {} return event.request; }`)
	start := time.Now()
	wantEqual(t, "status", e.do(t, get("/loop")).Code, 503)
	if took := time.Since(start); took > 10*runLimit {
		t.Errorf("took %s", took)
	}
	wantEqual(t, "the next one", e.do(t, get("/")).Code, 200)
}

func TestFunctionsAreStrictAndCannotEvaluateText(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"an undeclared variable": `x = 1;`,
		"eval":                   `eval("1");`,
		"Function":               `new Function("return 1")();`,
		"its constructor":        `(function () {}).constructor("return 1")();`,
		"that of async":          `(async function () {}).constructor("return 1")();`,
		"a timer":                `setTimeout(function () {}, 1);`,
	} {
		wantEqual(t, name, with(`function handler(event) { `+body+` return event.request; }`).do(t, get("/")).Code, 503)
	}
}

func TestAsyncFunctionsAreAwaited(t *testing.T) {
	t.Parallel()
	e := with(`async function handler(event) { event.request.uri = await Promise.resolve("/awaited"); console.log("moved", 1); return event.request; }`)
	e.do(t, get("/"))
	wantEqual(t, "path", e.site.request.URL.Path, "/awaited")
}

func TestConcurrentRequestsShareNoEngine(t *testing.T) {
	t.Parallel()
	e := with(`var seen; function handler(event) { seen = event.request.uri; for (var i = 0; i < 1000; i++) {} return {statusCode: 200, body: seen}; }`)
	e.do(t, get("/"))
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() {
			path := "/" + strconv.Itoa(i)
			if got := e.do(t, get(path)).Body.String(); got != path {
				t.Errorf("got %s, want %s", got, path)
			}
		})
	}
	wait.Wait()
}

func TestFunctionsThatCannotRunAreRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"function handler(event) {":                   "Unexpected",
		"var x = 1;":                                  "it defines no function handler(event)",
		"throw new Error('at load')":                  "at load",
		"//" + strings.Repeat("x", maxCode):           "CloudFront allows 10240",
		"while (true) {} function handler(event) { }": "no result after",
	} {
		err := with(code).serve(nil)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "function/rewrite") {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
}

// The functions that the stacks deploy run in this engine too.
func TestDeployedFunctionsRun(t *testing.T) {
	t.Parallel()
	code := func(name string) string {
		b, err := os.ReadFile("../../../frontend/edge/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	e := newEdge()
	e.Default.ViewerRequest = code("viewer-request.js")
	e.API.ViewerRequest = code("forwarded-host.js")
	wantEqual(t, "page", e.do(t, get("/")).Code, 200)
	wantEqual(t, "its key", e.site.request.URL.Path, "/index.html")
	e.do(t, get("http://localhost:8080/api/x", "X-Forwarded-Host", "forged"))
	wantEqual(t, "x-forwarded-host", e.api.request.Header.Values("X-Forwarded-Host"), []string{"localhost:8080"})
}
