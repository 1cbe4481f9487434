package httpapi

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

func record(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

func wantContains(t *testing.T, what, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("%s: got %q, want it to contain %q", what, got, want)
	}
}

func preflight(path, origin string) *http.Request {
	r := httptest.NewRequest(http.MethodOptions, path, nil)
	r.Header.Set("Origin", origin)
	r.Header.Set("Access-Control-Request-Method", "PUT")
	return r
}

func corsAPI(t *testing.T, b *backend, keys ...string) API {
	t.Helper()
	a := b.api(t, keys...)
	a.CORS = &CORS{
		AllowOrigins: []string{"https://app.example", "http://*"}, AllowMethods: []string{"GET", "PUT"}, AllowHeaders: []string{"authorization", "x-a"},
		ExposeHeaders: []string{"etag"}, MaxAge: "300", AllowCredentials: true,
	}
	return a
}

func TestPreflightsAreAnsweredWithoutTheFunction(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"GET /x", "ANY /x", "OPTIONS /x", "$default"} {
		b := &backend{}
		res := serve(t, corsAPI(t, b, key), preflight("/x", "https://app.example"))
		wantEqual(t, key, res.StatusCode, 204)
		for name, want := range map[string]string{
			"Access-Control-Allow-Origin": "https://app.example", "Access-Control-Allow-Methods": "GET,PUT", "Access-Control-Allow-Headers": "authorization,x-a",
			"Access-Control-Max-Age": "300", "Access-Control-Allow-Credentials": "true",
		} {
			wantEqual(t, name, res.Header.Get(name), want)
		}
		wantEqual(t, "function", b.called, "")
	}
}

func TestAPreflightOutsideTheStageIsNotFound(t *testing.T) {
	t.Parallel()
	a := corsAPI(t, &backend{}, "GET /x")
	a.Stage = "dev"
	wantEqual(t, "inside", serve(t, a, preflight("/dev/y", "https://app.example")).StatusCode, 204)
	wantEqual(t, "outside", serve(t, a, preflight("/x", "https://app.example")).StatusCode, 404)
}

func TestAForeignOriginGetsNoHeaders(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"https://evil.example", "https://app.example.evil", "null"} {
		res := serve(t, corsAPI(t, &backend{}, "GET /x"), preflight("/x", origin))
		wantEqual(t, "status", res.StatusCode, 204)
		wantEqual(t, "origin", res.Header.Get("Access-Control-Allow-Origin"), "")
		wantEqual(t, "methods", res.Header.Get("Access-Control-Allow-Methods"), "")
	}
}

func TestTheFunctionsOwnCORSHeadersAreIgnored(t *testing.T) {
	t.Parallel()
	b := &backend{answer: `{"statusCode":200,"headers":{"access-control-allow-origin":"*","Access-Control-Expose-Headers":"x","x-own":"1"}}`}
	a := corsAPI(t, b, "GET /x")
	r := get("/x")
	r.Header.Set("Origin", "http://localhost:3000")
	res := serve(t, a, r)
	wantEqual(t, "origin", res.Header.Values("Access-Control-Allow-Origin"), []string{"http://localhost:3000"})
	wantEqual(t, "expose", res.Header.Values("Access-Control-Expose-Headers"), []string{"etag"})
	wantEqual(t, "own", res.Header.Get("X-Own"), "1")
	wantEqual(t, "without an origin", serve(t, a, get("/x")).Header.Get("Access-Control-Allow-Origin"), "")
	a.CORS = nil
	wantEqual(t, "without CORS", serve(t, a, get("/x")).Header.Get("Access-Control-Allow-Origin"), "*")
	a.CORS = &CORS{AllowOrigins: []string{"*"}}
	wantEqual(t, "any origin", serve(t, a, r).Header.Get("Access-Control-Allow-Origin"), "*")
}

func TestAPreflightOfARouteWithAnAuthorizerAsksItFirst(t *testing.T) {
	t.Parallel()
	i, b := newIssuer(t), &backend{}
	a := corsAPI(t, b, "$default")
	a.Routes[0].JWT = &JWTAuthorizer{Issuer: i.URL, Audience: []string{"app"}, IdentitySource: "$request.header.Authorization"}
	wantEqual(t, "$default with an authorizer", serve(t, a, preflight("/x", "https://app.example")).StatusCode, 401)
	a.Routes = append(a.Routes, Route{Route: gateway.Route{Key: "OPTIONS /{proxy+}", FunctionARN: arn}, Format: "2.0"})
	wantEqual(t, "with an open OPTIONS route", serve(t, a, preflight("/x", "https://app.example")).StatusCode, 204)
}

func TestTheAccessLogHasTheDeclaredForm(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := &backend{answer: `{"statusCode":201,"body":"four"}`}
	a := b.api(t, "GET /pets/{id}")
	a.AccessLog = gateway.AccessLog{Writer: &log, Format: `{"id":"$context.requestId","ip":"$context.identity.sourceIp","route":"$context.routeKey","status":$context.status,"n":$context.responseLength,"path":"$context.path","agent":"$context.identity.userAgent","integration":"$context.integrationStatus","function":"$context.integration.status","error":"$context.integrationErrorMessage","none":"$context.nothing.here"}`}
	r := get("/pets/7?a=1")
	r.Header.Set("User-Agent", "a \"quoted\"\nagent")
	res := serve(t, a, r)
	wantEqual(t, "line", log.String(), `{"id":"`+res.Header.Get("Apigw-Requestid")+`","ip":"192.0.2.1","route":"GET /pets/{id}","status":201,"n":4,"path":"/pets/7","agent":"a \"quoted\"\nagent","integration":"200","function":"201","error":"-","none":"-"}`+"\n")
	log.Reset()
	serve(t, a, get("/none"))
	wantContains(t, "no route", log.String(), `"route":"-","status":404`)
	log.Reset()
	b.answer = `{"statusCode":"x"}`
	serve(t, a, get("/pets/7"))
	wantContains(t, "bad answer", log.String(), `"integration":"500","function":"-","error":"reading the function's response: statusCode`)
}

func TestRouteSettingsReplaceTheStagesThrottle(t *testing.T) {
	t.Parallel()
	a := (&backend{}).api(t, "GET /a", "GET /b")
	a.Throttle = &gateway.Throttle{RateLimit: 0.001, BurstLimit: 1}
	a.RouteThrottle = map[string]*gateway.Throttle{"GET /b": {RateLimit: 0.001, BurstLimit: 3}}
	h, err := New(a)
	if err != nil {
		t.Fatal(err)
	}
	statuses := map[string][]int{}
	for range 4 {
		for _, path := range []string{"/a", "/b"} {
			statuses[path] = append(statuses[path], record(h, get(path)).Code)
		}
	}
	wantEqual(t, "statuses", statuses, map[string][]int{"/a": {204, 429, 429, 429}, "/b": {204, 204, 204, 429}})
	wantEqual(t, "body", record(h, get("/a")).Body.String(), `{"message":"Too Many Requests"}`)
}
