package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/miyabi-society/platform/infra/local/gateway"
	"github.com/miyabi-society/platform/infra/local/lambda"
)

const authorizerARN = "arn:aws:lambda:us-east-1:111122223333:function:Authorizer"

// guarded is an API whose route GET /pets/{id} has a Lambda authorizer that answers with a text.
func guarded(t *testing.T, b *backend, answer *string, events *[]map[string]any, change func(*gateway.Authorizer)) API {
	t.Helper()
	a := b.api(t, "GET /pets/{id}")
	a.StageVariables = map[string]string{"key": "k"}
	authorizer := &gateway.Authorizer{FunctionARN: authorizerARN, SimpleResponses: true, IdentitySources: []string{"$request.header.Authorization", "$request.querystring.q"}}
	authorizer.Invoke = func(_ context.Context, _ string, payload []byte) (lambda.Result, error) {
		var e map[string]any
		if err := json.Unmarshal(payload, &e); err != nil {
			return lambda.Result{}, err
		}
		*events = append(*events, e)
		if *answer == "crash" {
			return lambda.Result{Payload: []byte(`{}`), FunctionError: lambda.Unhandled}, nil
		}
		return lambda.Result{Payload: []byte(*answer)}, nil
	}
	if change != nil {
		change(authorizer)
	}
	a.Routes[0].Authorizer = authorizer
	return a
}

func pet(id string) *http.Request {
	r := get("/pets/" + id + "?q=1")
	r.Header.Set("Authorization", "secret")
	return r
}

func TestASimpleResponseDecidesAndItsContextReachesTheFunction(t *testing.T) {
	t.Parallel()
	var events []map[string]any
	b, answer := &backend{}, `{"isAuthorized":true,"context":{"org":"acme","n":7,"list":[1],"map":{"a":true}}}`
	a := guarded(t, b, &answer, &events, nil)
	wantEqual(t, "status", serve(t, a, pet("1")).StatusCode, 204)
	wantEqual(t, "context", b.at("requestContext", "authorizer", "lambda"), map[string]any{"org": "acme", "n": 7, "list": []int{1}, "map": map[string]bool{"a": true}})
	e := &backend{event: events[0]}
	for name, want := range map[string]any{
		"version": "2.0", "type": "REQUEST", "routeKey": "GET /pets/{id}", "rawPath": "/pets/1", "rawQueryString": "q=1", "identitySource": []string{"secret", "1"},
		"routeArn": "arn:aws:execute-api:us-east-1:111122223333:abc123/$default/GET/pets/1", "pathParameters": map[string]string{"id": "1"},
		"stageVariables": map[string]string{"key": "k"}, "body": nil, "isBase64Encoded": nil,
	} {
		wantEqual(t, name, e.at(name), want)
	}
	wantEqual(t, "method", e.at("requestContext", "http", "method"), "GET")
}

func TestAnAuthorizerOfFormat1GetsTheEventOfARESTAPI(t *testing.T) {
	t.Parallel()
	var events []map[string]any
	b, answer := &backend{}, `{"principalId":"me","policyDocument":{"Statement":[{"Action":"execute-api:Invoke","Effect":"Allow","Resource":"*"}]},"context":{"a":"b"}}`
	a := guarded(t, b, &answer, &events, func(a *gateway.Authorizer) { a.SimpleResponses, a.Format = false, gateway.FormatREST })
	wantEqual(t, "status", serve(t, a, pet("1")).StatusCode, 204)
	wantEqual(t, "context", b.at("requestContext", "authorizer", "lambda"), map[string]any{"a": "b"})
	e := &backend{event: events[0]}
	for name, want := range map[string]any{
		"version": "1.0", "type": "REQUEST", "methodArn": "arn:aws:execute-api:us-east-1:111122223333:abc123/$default/GET/pets/1",
		"identitySource": "secret,1", "authorizationToken": "secret,1", "resource": "/pets/{id}", "path": "/pets/1", "httpMethod": "GET",
		"queryStringParameters": map[string]string{"q": "1"}, "pathParameters": map[string]string{"id": "1"}, "stageVariables": map[string]string{"key": "k"},
		"routeArn": nil, "rawPath": nil,
	} {
		wantEqual(t, name, e.at(name), want)
	}
	wantEqual(t, "header", e.at("headers", "authorization"), "secret")
	wantEqual(t, "caller", e.at("requestContext", "identity", "sourceIp"), "192.0.2.1")
	wantEqual(t, "resource path", e.at("requestContext", "resourcePath"), "/pets/{id}")
}

func TestWhatTheAuthorizerAnswersBecomesTheStatus(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]int{
		`{"isAuthorized":false}`: 403, `{}`: 500, `"yes"`: 500, `{"isAuthorized":"yes"}`: 500, "crash": 500, `{"isAuthorized":true,"context":"x"}`: 500,
		`{"isAuthorized":true,"context":{"x":"` + strings.Repeat("x", 9000) + `"}}`: 500,
	} {
		var events []map[string]any
		b := &backend{}
		wantEqual(t, answer[:min(len(answer), 60)], serve(t, guarded(t, b, &answer, &events, nil), pet("1")).StatusCode, want)
		wantEqual(t, "function", b.called, "")
	}
}

func TestAMissingIdentityIs401WithoutAskingTheAuthorizer(t *testing.T) {
	t.Parallel()
	var events []map[string]any
	answer := `{"isAuthorized":true}`
	res := serve(t, guarded(t, &backend{}, &answer, &events, nil), get("/pets/1?q=1"))
	wantEqual(t, "status", res.StatusCode, 401)
	wantEqual(t, "body", body(t, res), `{"message":"Unauthorized"}`)
	wantEqual(t, "events", len(events), 0)
}

func TestAPolicyIsEvaluatedForTheRouteAlsoFromTheCache(t *testing.T) {
	t.Parallel()
	var events []map[string]any
	answer := `{"principalId":"me","policyDocument":{"Version":"2012-10-17","Statement":[{"Action":"execute-api:*","Effect":"Allow","Resource":["arn:aws:execute-api:us-east-1:111122223333:abc123/*/GET/pets/*"]},{"Action":["execute-api:Invoke"],"Effect":"Deny","Resource":"*/pets/2"}]},"context":{"a":"b"}}`
	h, err := New(guarded(t, &backend{}, &answer, &events, func(a *gateway.Authorizer) { a.SimpleResponses, a.TTL = false, time.Minute }))
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]int{"1": 204, "2": 403, "3": 204} {
		wantEqual(t, id, record(h, pet(id)).Code, want)
	}
	wantEqual(t, "asked", len(events), 1)
	other := pet("1")
	other.Header.Set("Authorization", "another")
	record(h, other)
	wantEqual(t, "asked for another identity", len(events), 2)
}

func TestTheAccessLogHasWhatAnAuthorizerSaid(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var events []map[string]any
	answer := `{"principalId":"me","policyDocument":{"Statement":{"Action":"*","Effect":"Allow","Resource":"*"}},"context":{"key":"a \"value\"","numKey":1,"boolKey":true}}`
	a := guarded(t, &backend{}, &answer, &events, func(a *gateway.Authorizer) { a.SimpleResponses = false })
	a.AccessLog = gateway.AccessLog{Writer: &log, Format: "$context.requestId $context.authorizer.principalId $context.authorizer.key $context.authorizer.numKey $context.authorizer.boolKey $context.authorizer.error"}
	res := serve(t, a, pet("1"))
	wantEqual(t, "line", log.String(), res.Header.Get("Apigw-Requestid")+" me a \\\"value\\\" 1 true -\n")
}

func TestAnAuthorizerWithoutATTLIsAskedEachTime(t *testing.T) {
	t.Parallel()
	var events []map[string]any
	answer := `{"isAuthorized":true}`
	a := guarded(t, &backend{}, &answer, &events, nil)
	for range 3 {
		serve(t, a, pet("1"))
	}
	wantEqual(t, "asked", len(events), 3)
}

func TestARouteThatNeedsIAMRefusesWhatIsNotSignedAndChecksNoSignature(t *testing.T) {
	t.Parallel()
	b := &backend{}
	a := b.api(t, "$default")
	a.Routes[0].IAM = true
	res := serve(t, a, get("/"))
	wantEqual(t, "without a signature", []any{res.StatusCode, body(t, res)}, []any{403, `{"message":"Forbidden"}`})
	r := get("/")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x")
	for _, r := range []*http.Request{r, get("/?X-Amz-Signature=x")} {
		res = serve(t, a, r)
		wantEqual(t, "with a signature", res.StatusCode, 501)
		wantContains(t, "body", body(t, res), "IAM signature")
	}
	wantEqual(t, "function", b.called, "")
}

func TestConfigurationsThatAPIGatewayRefuses(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*API){
		"identity source": func(a *API) {
			a.Routes[0].JWT = &JWTAuthorizer{Issuer: "x", Audience: []string{"a"}, IdentitySource: "Authorization"}
		},
		"audiences":         func(a *API) { a.Routes[0].JWT = &JWTAuthorizer{Issuer: "x", IdentitySource: "$request.header.A"} },
		"no issuer":         func(a *API) { a.Routes[0].JWT = &JWTAuthorizer{} },
		"scopes need":       func(a *API) { a.Routes[0].Scopes = []string{"x"} },
		"names no function": func(a *API) { a.Routes[0].Authorizer = &gateway.Authorizer{} },
		"TTL":               func(a *API) { a.Routes[0].Authorizer = &gateway.Authorizer{FunctionARN: "x", TTL: 2 * time.Hour} },
		"identity source.":  func(a *API) { a.Routes[0].Authorizer = &gateway.Authorizer{FunctionARN: "x", TTL: time.Hour} },
		"needs the AuthorizerPayloadFormatVersion 2.0": func(a *API) {
			a.Routes[0].Authorizer = &gateway.Authorizer{FunctionARN: "x", SimpleResponses: true, Format: gateway.FormatREST}
		},
		"credentials":     func(a *API) { a.CORS = &CORS{AllowOrigins: []string{"*"}, AllowCredentials: true} },
		"wildcard stands": func(a *API) { a.CORS = &CORS{AllowOrigins: []string{"https://*.example.com"}} },
		"requestId":       func(a *API) { a.AccessLog.Format = "$context.status" },
		"not declared":    func(a *API) { a.RouteThrottle = map[string]*gateway.Throttle{"GET /none": {}} },
	} {
		a := (&backend{}).api(t, "$default")
		change(&a)
		if _, err := New(a); err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(strings.TrimSuffix(want, "."))) {
			t.Errorf("%s: got %v", want, err)
		}
	}
}
