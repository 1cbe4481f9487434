package websocket

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

func TestConnectEventHasHeadersQueryAndContext(t *testing.T) {
	t.Parallel()
	r := start(t, func(a *API) { a.StageVariables = map[string]string{"color": "red"} }, routeConnect)
	r.dial(t, "?a=1&a=2", "X-One", "1", "X-One", "2", "User-Agent", "tester", "X-Forwarded-For", "192.0.2.1", "X-Forwarded-Proto", "ws", "X-Amzn-Trace-Id", "Root=1-2-3")
	e := r.wait(t, routeConnect)
	wantEqual(t, "header", at(e, "headers", "X-One"), "2")
	wantEqual(t, "headers", at(e, "multiValueHeaders", "X-One"), []string{"1", "2"})
	wantEqual(t, "query", at(e, "queryStringParameters", "a"), "2")
	wantEqual(t, "queries", at(e, "multiValueQueryStringParameters", "a"), []string{"1", "2"})
	wantEqual(t, "version", at(e, "headers", "Sec-WebSocket-Version"), "13")
	wantEqual(t, "addresses", at(e, "headers", "X-Forwarded-For"), "192.0.2.1, 127.0.0.1")
	wantEqual(t, "protocol", at(e, "headers", "X-Forwarded-Proto"), "https")
	wantEqual(t, "trace", at(e, "headers", "X-Amzn-Trace-Id"), "Root=1-2-3")
	wantEqual(t, "upgrade", at(e, "headers", "Upgrade"), nil)
	wantEqual(t, "variables", e["stageVariables"], map[string]string{"color": "red"})
	wantEqual(t, "base64", e["isBase64Encoded"], false)
	wantEqual(t, "body", e["body"], nil)
	for name, want := range map[string]any{
		"eventType": "CONNECT", "messageDirection": "IN", "stage": "live", "apiId": "abc123", "messageId": nil,
		"domainName": strings.TrimPrefix(r.url, "ws://"), "identity": map[string]string{"sourceIp": "127.0.0.1", "userAgent": "tester"},
	} {
		wantEqual(t, name, at(e, "requestContext", name), want)
	}
	if id, _ := at(e, "requestContext", "connectionId").(string); len(id) != 16 || !strings.HasSuffix(id, "=") {
		t.Errorf("connection id %q", id)
	}
}

func TestARefusalByTheConnectRouteIsTheHandshakesStatus(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]int{
		`{"statusCode":401}`: 401, `{"statusCode":"403"}`: 403, `{"statusCode":500}`: 500, "crash": 502, "throttled": 502, "absent": 500, `"x"`: 502, `{}`: 502, `{"statusCode":103}`: 502,
	} {
		r := start(t, nil, routeConnect, routeDisconnect)
		r.answers[routeConnect] = answer
		_, resp, err := r.tryDial("")
		if err == nil || resp == nil || resp.StatusCode != want {
			t.Errorf("%s: got %v, %v; want %d", answer, resp, err, want)
		}
		wantEqual(t, "connections", r.server.connections.Open(), 0)
	}
}

func TestAConnectRouteOverItsTimeRefusesWith504(t *testing.T) {
	t.Parallel()
	r := start(t, func(a *API) { a.Routes[0].Timeout = 50 * time.Millisecond }, routeConnect)
	r.slow = time.Second
	if _, resp, err := r.tryDial(""); err == nil || resp.StatusCode != http.StatusGatewayTimeout {
		t.Errorf("got %v, %v", resp, err)
	}
}

func TestAnAPIWithoutAConnectRouteAdmitsEverybodyAndAMockAnswersItsStatus(t *testing.T) {
	t.Parallel()
	start(t, nil).dial(t, "")
	for status, want := range map[int]int{200: 101, 403: 403, 0: 500} {
		r := start(t, func(a *API) { a.Routes = []Route{{Route: gateway.Route{Key: routeConnect}, MockStatus: status}} })
		if _, resp, err := r.tryDial(""); resp == nil || resp.StatusCode != want {
			t.Errorf("a mock with the status %d gives %v, %v", status, resp, err)
		}
	}
}

func TestAConnectRouteWithIAMRefusesWhoDoesNotSignAndSaysThatItDoesNotCheckSignatures(t *testing.T) {
	t.Parallel()
	r := start(t, func(a *API) { a.Routes[0].IAM = true }, routeConnect)
	for query, want := range map[string]int{"": 403, "?X-Amz-Signature=abc": 501} {
		_, resp, err := r.tryDial(query)
		if err == nil || resp.StatusCode != want {
			t.Fatalf("%q gives %v, %v", query, resp, err)
		}
		text, _ := io.ReadAll(resp.Body)
		wantContains(t, "message", string(text), map[int]string{403: "Missing Authentication Token", 501: "IAM signature"}[want])
	}
	wantEqual(t, "events", len(r.events), 0)
}

func TestTheConnectRouteChoosesTheSubprotocol(t *testing.T) {
	t.Parallel()
	r := start(t, nil, routeConnect)
	r.answers[routeConnect] = `{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"b"}}`
	wantEqual(t, "chosen", r.dial(t, "", "Offer", "a", "Offer", "b").Subprotocol(), "b")
	r.answers[routeConnect] = `{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"not offered"}}`
	wantEqual(t, "not offered", r.dial(t, "", "Offer", "a").Subprotocol(), "")
}

func TestRequestsThatOpenNoConnectionAreRefusedBeforeTheFunction(t *testing.T) {
	t.Parallel()
	r := start(t, nil, routeConnect)
	do := func(method, path string, header ...string) int {
		req := httptest.NewRequest(method, path, nil)
		req.Header.Set("Connection", "keep-alive, Upgrade")
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		rec := httptest.NewRecorder()
		r.server.ServeHTTP(rec, req)
		return rec.Code
	}
	wantEqual(t, "plain GET", do("GET", "/live"), 426)
	wantEqual(t, "plain GET anywhere", do("GET", "/1/2"), 426)
	wantEqual(t, "long address", do("GET", "/live?"+strings.Repeat("x", 4091), "Upgrade", "websocket"), 414)
	wantEqual(t, "no option", do("GET", "/live", "Upgrade", "websocket", "Connection", "keep-alive"), 426)
	wantEqual(t, "another stage", do("GET", "/dev", "Upgrade", "websocket"), 403)
	wantEqual(t, "below the stage", do("GET", "/live/x", "Upgrade", "websocket"), 403)
	wantEqual(t, "stage as a prefix", do("GET", "/lively", "Upgrade", "websocket"), 403)
	wantEqual(t, "POST", do("POST", "/live", "Upgrade", "websocket"), 403)
	wantEqual(t, "no key", do("GET", "/live", "Upgrade", "websocket", "Sec-WebSocket-Version", "13"), 400)
	wantEqual(t, "version", do("GET", "/live", "Upgrade", "websocket", "Sec-WebSocket-Version", "8", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), 400)
	wantEqual(t, "huge headers", do("GET", "/live", "Upgrade", "websocket", "X", strings.Repeat("x", 11_000)), 431)
	wantEqual(t, "unsigned management", do("POST", "/live/@connections/JKJaXmPLvHcESHA="), 403)
	wantEqual(t, "events", len(r.events), 0)
}

func TestTheConnectRouteIsThrottled(t *testing.T) {
	t.Parallel()
	r := start(t, func(a *API) { a.Throttle = &gateway.Throttle{RateLimit: 0.001, BurstLimit: 1} }, routeConnect)
	r.dial(t, "")
	if _, resp, err := r.tryDial(""); err == nil || resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("got %v, %v", resp, err)
	}
}

func withAuthorizer(a *API) {
	a.Routes[0].Authorizer = &gateway.Authorizer{FunctionARN: arn, IdentitySources: []string{"route.request.querystring.token"}, Invoke: a.Invoke}
}

func TestRoutesThatAPIGatewayRefusesAreRefused(t *testing.T) {
	t.Parallel()
	authorizer := gateway.Authorizer{FunctionARN: arn, IdentitySources: []string{"route.request.header.a"}}
	for what, r := range map[string]Route{
		"no key":                      {},
		"a key of the future":         {Route: gateway.Route{Key: "$other"}},
		"an authorizer of messages":   {Route: gateway.Route{Key: routeDefault, Authorizer: &authorizer}},
		"an authorizer's kept answer": {Route: gateway.Route{Key: routeConnect, Authorizer: &gateway.Authorizer{FunctionARN: arn, IdentitySources: authorizer.IdentitySources, TTL: time.Second}}},
		"an authorizer's yes or no":   {Route: gateway.Route{Key: routeConnect, Authorizer: &gateway.Authorizer{FunctionARN: arn, SimpleResponses: true}}},
		"a long timeout":              {Route: gateway.Route{Key: routeDefault, Timeout: 30 * time.Second}},
	} {
		api := API{API: gateway.API{Stage: "live", Invoke: newBackend().invoke}, RouteSelection: "$request.body.action", Routes: []Route{r}}
		if _, err := New(api, &Connections{}); err == nil {
			t.Errorf("%s was taken", what)
		}
	}
}

func TestTheAuthorizerDecidesAndItsContextStays(t *testing.T) {
	t.Parallel()
	policy := `{"principalId":"me","policyDocument":{"Statement":{"Effect":"%s","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:111122223333:abc123/live/$connect"}},"context":{"org":"acme","n":7,"ok":true}}`
	r := start(t, withAuthorizer, routeConnect, routeDefault, routeDisconnect)
	r.answers["authorizer"] = fmt.Sprintf(policy, "Allow")
	if _, resp, err := r.tryDial(""); err == nil || resp.StatusCode != 401 {
		t.Errorf("without identity: %v, %v", resp, err)
	}
	wantEqual(t, "events", len(r.events), 0)
	c := r.dial(t, "?token=x")
	send(t, c, "hello")
	want := map[string]string{"principalId": "me", "org": "acme", "n": "7", "ok": "true"}
	asked := r.wait(t, routeConnect)
	for name, want := range map[string]any{"type": "REQUEST", "stageVariables": map[string]string{}, "isBase64Encoded": nil} {
		wantEqual(t, name, asked[name], want)
	}
	for name, want := range map[string]string{"Connection": "upgrade", "Upgrade": "websocket", "content-length": "0"} {
		wantEqual(t, name, at(asked, "headers", name), want)
	}
	wantEqual(t, "$connect", at(r.wait(t, routeConnect), "requestContext", "authorizer"), want)
	wantEqual(t, "$default", at(r.wait(t, routeDefault), "requestContext", "authorizer"), want)
	_ = c.CloseNow()
	wantEqual(t, "$disconnect", at(r.wait(t, routeDisconnect), "requestContext", "authorizer"), want)
	for answer, status := range map[string]int{fmt.Sprintf(policy, "Deny"): 403, "crash": 500, "{}": 500} {
		r.mu.Lock()
		r.answers["authorizer"] = answer
		r.mu.Unlock()
		if _, resp, err := r.tryDial("?token=x"); err == nil || resp.StatusCode != status {
			t.Errorf("%s: %v, %v", answer, resp, err)
		}
	}
}
