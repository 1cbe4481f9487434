package httpapi

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

func TestEventHasTheDocumentedFields(t *testing.T) {
	t.Parallel()
	b := &backend{}
	a := b.api(t, "POST /tasks/{id}")
	a.StageVariables = map[string]string{"colour": "blue"}
	r := httptest.NewRequest("POST", "https://abc123.execute-api.us-east-1.amazonaws.com/tasks/7?a=1", strings.NewReader(`{"x":1}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "agent/1")
	r.RemoteAddr = "127.0.0.1:5555"
	serve(t, a, r)
	wantEqual(t, "function", b.called, arn)
	for path, want := range map[string]any{
		"version": "2.0", "routeKey": "POST /tasks/{id}", "rawPath": "/tasks/7", "rawQueryString": "a=1", "body": `{"x":1}`,
		"isBase64Encoded": false, "stageVariables.colour": "blue", "pathParameters.id": "7", "queryStringParameters.a": "1",
		"requestContext.accountId": "111122223333", "requestContext.apiId": "abc123", "requestContext.stage": "$default",
		"requestContext.domainName": "abc123.execute-api.us-east-1.amazonaws.com", "requestContext.domainPrefix": "abc123",
		"requestContext.http.method": "POST", "requestContext.http.path": "/tasks/7", "requestContext.http.protocol": "HTTP/1.1",
		"requestContext.http.sourceIp": "127.0.0.1", "requestContext.http.userAgent": "agent/1",
	} {
		wantEqual(t, path, b.at(strings.Split(path, ".")...), want)
	}
	if !regexp.MustCompile(`^\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000$`).MatchString(b.at("requestContext", "time").(string)) {
		t.Errorf("time %q", b.at("requestContext", "time"))
	}
	if epoch := int64(b.at("requestContext", "timeEpoch").(float64)); time.Since(time.UnixMilli(epoch)).Abs() > time.Minute {
		t.Errorf("timeEpoch %d is not now in milliseconds", epoch)
	}
}

func TestFieldsWithoutAValueAreAbsent(t *testing.T) {
	t.Parallel()
	b := &backend{}
	serve(t, b.api(t, "$default"), get("/"))
	for _, field := range []string{"cookies", "queryStringParameters", "pathParameters", "stageVariables", "body"} {
		if _, there := b.event[field]; there {
			t.Errorf("%s is present", field)
		}
	}
	wantEqual(t, "rawQueryString", b.at("rawQueryString"), "")
}

func TestRequestIDReachesFunctionAndCaller(t *testing.T) {
	t.Parallel()
	b := &backend{}
	res := serve(t, b.api(t, "$default"), get("/"))
	if id := res.Header.Get("Apigw-Requestid"); id == "" || id != b.at("requestContext", "requestId") {
		t.Errorf("caller got %q, function %v", id, b.at("requestContext", "requestId"))
	}
}

// What live APIs made of these paths was captured with github.com/hotsock/voker, vokerhttp/testdata/ingress-paths.json.
func TestRawPathIsDecodedTwiceAndRawQueryStringIsNot(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/plain": "/plain", "/space%20value": "/space value", "/question%3Fvalue": "/question", "/hash%23value": "/hash#value", "/slash%2Fvalue": "/slash/value",
		"/unicode-%CE%BB-%E4%B8%96%E7%95%8C": "/unicode-λ-世界", "/literal%252Fvalue": "/literal/value", "/literal%253Fvalue": "/literal?value",
		"/literal%2525value": "/literal%value", "/%40id": "/@id", "/a//b/": "/a//b/", "/a+b": "/a+b", "/%3F": "/",
	} {
		b := &backend{}
		serve(t, b.api(t, "$default"), get(path+"?q=a%20b+c&q=%2C&r"))
		wantEqual(t, "rawPath of "+path, b.at("rawPath"), want)
		wantEqual(t, "http.path of "+path, b.at("requestContext", "http", "path"), want)
		wantEqual(t, "rawQueryString", b.at("rawQueryString"), "q=a%20b+c&q=%2C&r")
	}
}

// As above: %25 becomes a bare percent sign, which cannot be decoded again.
func TestAPathThatCannotBeDecodedTwiceIsABadRequest(t *testing.T) {
	t.Parallel()
	b := &backend{}
	res := serve(t, b.api(t, "$default"), get("/percent%25done"))
	wantEqual(t, "answer", []any{res.StatusCode, body(t, res), b.called}, []any{400, `{"message":"Bad Request"}`, ""})
}

func TestDuplicateQueryParametersAreJoinedInOrder(t *testing.T) {
	t.Parallel()
	b := &backend{}
	serve(t, b.api(t, "$default"), get("/?b=2&a=1&b=%E3%81%82&b=&empty&&x=a%20b+c&bad=%zz&semi=a;b"))
	wantEqual(t, "queryStringParameters", b.at("queryStringParameters"), map[string]string{
		"a": "1", "b": "2,あ,", "empty": "", "x": "a b c", "bad": "%zz", "semi": "a;b",
	})
}

func TestHeadersAreLowerCaseAndJoined(t *testing.T) {
	t.Parallel()
	b := &backend{}
	r := get("http://host.example/")
	r.Header.Add("X-Many", "one")
	r.Header.Add("X-Many", "two, three")
	serve(t, b.api(t, "$default"), r)
	wantEqual(t, "x-many", b.at("headers", "x-many"), "one,two, three")
	wantEqual(t, "host", b.at("headers", "host"), "host.example")
	wantEqual(t, "content-length", b.at("headers", "content-length"), "0")
	for name := range b.at("headers").(map[string]any) {
		if name != strings.ToLower(name) {
			t.Errorf("header %s", name)
		}
	}
}

func TestForwardedHeadersAreAppended(t *testing.T) {
	t.Parallel()
	b := &backend{}
	r := get("/")
	r.RemoteAddr = "[::1]:9"
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	r.Header.Set("X-Forwarded-Proto", "http")
	serve(t, b.api(t, "$default"), r)
	wantEqual(t, "x-forwarded-for", b.at("headers", "x-forwarded-for"), "203.0.113.9, ::1")
	wantEqual(t, "x-forwarded-proto", b.at("headers", "x-forwarded-proto"), "https")
	wantEqual(t, "x-forwarded-port", b.at("headers", "x-forwarded-port"), "443")
	if trace := b.at("headers", "x-amzn-trace-id").(string); !regexp.MustCompile(`^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$`).MatchString(trace) {
		t.Errorf("trace id %q", trace)
	}
}

func TestTraceOfTheCallerIsKept(t *testing.T) {
	t.Parallel()
	b := &backend{}
	r := get("/")
	r.Header.Set("X-Amzn-Trace-Id", "Root=1-5fff599f-6fca6ee66e37fe5e518eb45b")
	serve(t, b.api(t, "$default"), r)
	wantEqual(t, "x-amzn-trace-id", b.at("headers", "x-amzn-trace-id"), "Root=1-5fff599f-6fca6ee66e37fe5e518eb45b")
}

func TestConnectionHeadersStop(t *testing.T) {
	t.Parallel()
	b := &backend{}
	r := get("/")
	for name, value := range map[string]string{"Connection": "close, X-Hop", "X-Hop": "1", "Keep-Alive": "5", "Te": "trailers", "Upgrade": "h2c"} {
		r.Header.Set(name, value)
	}
	serve(t, b.api(t, "$default"), r)
	for _, name := range []string{"connection", "x-hop", "keep-alive", "te", "upgrade"} {
		if b.at("headers", name) != nil {
			t.Errorf("%s reached the function", name)
		}
	}
}

func TestARequestWithoutPayloadGetsAContentType(t *testing.T) {
	t.Parallel()
	b := &backend{}
	serve(t, b.api(t, "$default"), get("/"))
	wantEqual(t, "without", b.at("headers", "content-type"), "text/plain; charset=utf-8")
	r := get("/")
	r.Header.Set("Content-Type", "application/json")
	serve(t, b.api(t, "$default"), r)
	wantEqual(t, "with", b.at("headers", "content-type"), "application/json")
	serve(t, b.api(t, "$default"), httptest.NewRequest("POST", "/", strings.NewReader("x")))
	wantEqual(t, "with a payload", b.at("headers", "content-type"), nil)
}

func TestCookiesHaveTheirOwnField(t *testing.T) {
	t.Parallel()
	b := &backend{}
	r := get("/")
	r.Header.Add("Cookie", "a=1; b=2=3")
	r.Header.Add("Cookie", "c=\"4\"; ")
	serve(t, b.api(t, "$default"), r)
	wantEqual(t, "cookies", b.at("cookies"), []string{"a=1", "b=2=3", `c="4"`})
	if b.at("headers", "cookie") != nil {
		t.Error("the cookie header is still there")
	}
}

func TestOnlyTextBodiesTravelAsText(t *testing.T) {
	t.Parallel()
	for contentType, text := range map[string]bool{
		"application/json": true, "application/json; charset=utf-8": true, "text/csv": true, "application/xml": true,
		"application/javascript": true, "application/graphql": true, "TEXT/Plain; CHARSET=UTF-8": true, "application/problem+json": false,
		"text/plain; charset=iso-8859-1": false, "image/svg+xml": false, "multipart/form-data; boundary=x": false,
		"application/x-www-form-urlencoded": false, "application/octet-stream": false, "": false, "text": false,
	} {
		b := &backend{}
		r := httptest.NewRequest("POST", "/", strings.NewReader("a=1"))
		r.Header.Set("Content-Type", contentType)
		serve(t, b.api(t, "$default"), r)
		want := "a=1"
		if !text {
			want = base64.StdEncoding.EncodeToString([]byte(want))
		}
		wantEqual(t, contentType+" isBase64Encoded", b.at("isBase64Encoded"), !text)
		wantEqual(t, contentType+" body", b.at("body"), want)
	}
}

func TestBytesThatAreNoTextTravelInBase64(t *testing.T) {
	t.Parallel()
	b := &backend{}
	r := httptest.NewRequest("POST", "/", strings.NewReader("\xff\xfe\x00"))
	r.Header.Set("Content-Type", "text/plain")
	serve(t, b.api(t, "$default"), r)
	wantEqual(t, "body", b.at("body"), "//4A")
	wantEqual(t, "isBase64Encoded", b.at("isBase64Encoded"), true)
}

func TestPayloadOverTenMegabytesIsRefused(t *testing.T) {
	t.Parallel()
	b := &backend{}
	for size, want := range map[int]int{maxBody: 204, maxBody + 1: 413} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("a", size)))
		r.Header.Set("Content-Type", "text/plain")
		res := serve(t, b.api(t, "$default"), r)
		wantEqual(t, "status", res.StatusCode, want)
		if want == 413 {
			wantEqual(t, "body", body(t, res), `{"message":"Request Entity Too Large"}`)
		}
	}
}

func TestHeadersOverTheirLimitAreRefused(t *testing.T) {
	t.Parallel()
	b := &backend{}
	r := get("/")
	r.Header.Set("X-Large", strings.Repeat("a", gateway.MaxHeaderBytes))
	wantEqual(t, "status", serve(t, b.api(t, "$default"), r).StatusCode, http.StatusRequestHeaderFieldsTooLarge)
}

func TestACookieWithoutANameIsLeftOut(t *testing.T) {
	t.Parallel()
	b := &backend{}
	r := get("/")
	r.Header.Add("Cookie", "a=1;; =2; b")
	serve(t, b.api(t, "$default"), r)
	wantEqual(t, "cookies", b.at("cookies"), []string{"a=1", "b"})
}
