package cloudfront

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"
)

// onResponse is an edge whose site answers with headers and a function on viewer-response.
func onResponse(code string) *edge {
	e := newEdge()
	e.Default.ViewerResponse = code
	e.Default.Forward = allViewer
	e.page("text/html", "origin", "X-Origin", "1")
	return e
}

func TestAViewerResponseFunctionSeesRequestAndResponse(t *testing.T) {
	t.Parallel()
	e := onResponse(`function handler(event) { event.response.body = JSON.stringify(event); return event.response; }`)
	decode(t, `{"CustomHeadersConfig": {"Items": [{"Header": "X-Policy", "Value": "1", "Override": true}]}}`, &e.Default.Headers)
	e.site.answer = func(w http.ResponseWriter) {
		w.Header()["Set-Cookie"] = []string{"id=1; Secure; Path=/", "id=2; Path=/cat", "k=v"}
		w.Header().Set("Server", "x")
		w.Header().Set("X-Cache", "forged")
		w.WriteHeader(http.StatusCreated)
	}
	rec := e.do(t, get("/a?b=1", "X-Own", "1"))
	var event struct {
		Context struct{ EventType string }
		Request struct {
			URI     string
			Headers map[string]any
		}
		Response map[string]any
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &event); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "event", event.Context.EventType+" "+event.Request.URI, "viewer-response /a")
	wantEqual(t, "request header", event.Request.Headers["x-own"], map[string]string{"value": "1"})
	headers := event.Response["headers"].(map[string]any)
	wantEqual(t, "headers", []any{headers["server"], headers["x-policy"], headers["set-cookie"], headers["x-cache"]}, []any{map[string]string{"value": "x"}, map[string]string{"value": "1"}, nil, nil})
	wantEqual(t, "status", []any{event.Response["statusCode"], event.Response["statusDescription"], event.Response["body"]}, []any{201, "Created", nil})
	wantEqual(t, "cookies", event.Response["cookies"], map[string]any{
		"id": map[string]any{"value": "1", "attributes": "Secure; Path=/", "multiValue": []any{map[string]any{"value": "1", "attributes": "Secure; Path=/"}, map[string]any{"value": "2", "attributes": "Path=/cat"}}},
		"k":  map[string]any{"value": "v"},
	})
	wantEqual(t, "cookies to the viewer", rec.Header().Values("Set-Cookie"), []string{"id=1; Secure; Path=/", "id=2; Path=/cat", "k=v"})
}

func TestAViewerResponseFunctionChangesTheAnswer(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		`return event.response;`: "200 origin 6 1",
		`event.response.headers["x-origin"] = {value: "2"}; return event.response;`:            "200 origin 6 2",
		`delete event.response.headers["x-origin"]; return event.response;`:                    "200 origin 6 ",
		`event.response.statusCode = 404; return event.response;`:                              "404 origin 6 1",
		`event.response.body = "new"; return event.response;`:                                  "200 new 3 1",
		`event.response.body = {encoding: "base64", data: "bmV3ZXI="}; return event.response;`: "200 newer 5 1",
		`event.response.body = ""; return event.response;`:                                     "200  0 1",
		`return {statusCode: 302, headers: {location: {value: "/"}}};`:                         "302 origin  ",
	} {
		rec := onResponse(`function handler(event) { `+code+` }`).do(t, get("/"))
		h := rec.Header()
		wantEqual(t, code, strconv.Itoa(rec.Code)+" "+rec.Body.String()+" "+h.Get("Content-Length")+" "+h.Get("X-Origin"), want)
	}
}

func TestViewerResponsesThatBreakTheRulesAreBadGateways(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		`return event.request;`:                                                     "502 FunctionValidationError from cloudfront",
		`event.response.statusCode = 600; return event.response;`:                   "502 FunctionValidationError from cloudfront",
		`event.response.headers["x-edge-a"] = {value: "1"}; return event.response;`: "502 FunctionValidationError from cloudfront",
		`event.response.headers["via"] = {value: "1"}; return event.response;`:      "502 FunctionValidationError from cloudfront",
		`event.response.headers["X-A"] = {value: "1"}; return event.response;`:      "502 FunctionValidationError from cloudfront",
		`throw new Error("broken");`:                                                "503 FunctionExecutionError from cloudfront",
	} {
		rec := onResponse(`function handler(event) { `+code+` }`).do(t, get("/"))
		wantEqual(t, code, strconv.Itoa(rec.Code)+" "+rec.Header().Get("X-Cache"), want)
		wantEqual(t, "the origin's header", rec.Header().Get("X-Origin"), "")
		wantContains(t, "page", rec.Body.String(), "The CloudFront function could not run")
	}
}

func TestNoViewerResponseFunctionRunsOnErrorsAndGeneratedAnswers(t *testing.T) {
	t.Parallel()
	e := onResponse(`function handler(event) { event.response.headers["x-ran"] = {value: "1"}; return event.response; }`)
	e.Default.ViewerRequest = `function handler(event) { return event.request.uri === "/generated" ? {statusCode: 200} : event.request; }`
	e.do(t, get("/"))
	for path, want := range map[string]string{"/": "1", "/generated": "", "/missing": ""} {
		if path == "/missing" {
			e.site.answer = func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) }
		} else {
			e.page("text/html", "x")
		}
		wantEqual(t, path, e.do(t, get(path)).Header().Get("X-Ran"), want)
	}
}

func TestAFunctionReadsTheRawQueryStringAndTheTimeStandsStill(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{"/?a=1&&b=%20": `"a=1&&b=%20"`, "/?": `""`, "/": "undefined"} {
		e := with(`function handler(event) { const q = event.request.rawQueryString(); return {statusCode: 200, body: q === undefined ? "undefined" : JSON.stringify(q)}; }`)
		wantEqual(t, path, e.do(t, get(path)).Body.String(), want)
	}
	e := with(`function handler(event) { const start = Date.now(); for (var i = 0; i < 2000; i++) {} return {statusCode: 200, body: String(Date.now() - start + new Date().getTime() - start)}; }`)
	wantEqual(t, "elapsed", e.do(t, get("/")).Body.String(), "0")
}
