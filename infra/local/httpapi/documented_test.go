package httpapi

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/local/gateway"
	"github.com/miyabi-society/platform/infra/local/lambda"
)

func TestTheRouteThatServesARequest(t *testing.T) {
	t.Parallel()
	keys := []string{"GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "ANY /pets/{id}", "GET /pets", "GET /", "PUT /a/{x}/c", "ANY /a/b/{y}", "PATCH /p", "HEAD /p"}
	for req, want := range map[string]string{
		"GET /pets/dog/1": "GET /pets/dog/1", "GET /pets/dog/2": "GET /pets/dog/{id}", "GET /pets/cat/1": "GET /pets/{proxy+}",
		"POST /test/5": "ANY /{proxy+}", "GET /pets/5": "ANY /pets/{id}", "DELETE /pets/5": "ANY /pets/{id}", "GET /pets": "GET /pets",
		"GET /pets/": "ANY /{proxy+}", "GET /": "GET /", "PUT /a/b/c": "ANY /a/b/{y}", "PATCH /p": "PATCH /p", "HEAD /p": "HEAD /p", "OPTIONS /p": "ANY /{proxy+}",
		"GET /Pets": "ANY /{proxy+}", "GET /pets/dog%2F1": "GET /pets/dog/1", "GET /pets/d%6Fg/1": "GET /pets/dog/1",
	} {
		b := &backend{}
		m, p, _ := strings.Cut(req, " ")
		serve(t, b.api(t, keys...), httptest.NewRequest(m, p, nil))
		wantEqual(t, req, b.at("routeKey"), want)
	}
}

func TestEncodedPathsReachTheFunctionDecoded(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/x/a%20b": "a b", "/x/a+b": "a+b", "/x/%E9%9B%85": "雅", "/x/a%252Fb": "a/b", "/x/a%2525b": "a%b", "/x/a;b=1": "a;b=1", "/x/a:b@c": "a:b@c", "/x/%252E%252E": "..",
	} {
		b := &backend{}
		serve(t, b.api(t, "GET /x/{id}"), get(path))
		wantEqual(t, path, b.at("pathParameters", "id"), want)
	}
	b := &backend{}
	a := b.api(t, "GET /x/{p+}")
	a.Stage = "v1"
	serve(t, a, get("/v1/x/a/b/"))
	wantEqual(t, "greedy", b.at("pathParameters", "p"), "a/b/")
	wantEqual(t, "raw", b.at("rawPath"), "/v1/x/a/b/")
	wantEqual(t, "path", b.at("requestContext", "http", "path"), "/v1/x/a/b/")
	wantEqual(t, "stage", b.at("requestContext", "stage"), "v1")
	wantEqual(t, "outside", serve(t, a, get("/x/a")).StatusCode, 404)
}

func TestQueryParametersOfEachForm(t *testing.T) {
	t.Parallel()
	for q, want := range map[string]map[string]string{
		"a=1&a=2&a=":      {"a": "1,2,"},
		"a":               {"a": ""},
		"a=":              {"a": ""},
		"a=1,2&a=3":       {"a": "1,2,3"},
		"a=x+y":           {"a": "x y"},
		"a=x%2By":         {"a": "x+y"},
		"a=b=c":           {"a": "b=c"},
		"a%5B%5D=1&a[]=2": {"a[]": "1,2"},
		"A=1&a=2":         {"A": "1", "a": "2"},
		"a=%E9%9B%85":     {"a": "雅"},
		"a=1&&b=2":        {"a": "1", "b": "2"},
	} {
		b := &backend{}
		serve(t, b.api(t, "GET /x"), get("/x?"+q))
		wantEqual(t, q, b.at("queryStringParameters"), want)
		wantEqual(t, q, b.at("rawQueryString"), q)
	}
}

func TestWhatEachAnswerBecomes(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"statusCode":"201"}`:                                                               "201||",
		`{"statusCode":200,"body":"x"}`:                                                      "200|x|text/plain; charset=utf-8",
		`{"statusCode":200,"body":""}`:                                                       "200||",
		`{"statusCode":200,"body":null}`:                                                     "200||",
		`{"statusCode":200,"body":{"a":1}}`:                                                  "500|{\"message\":\"Internal Server Error\"}|application/json",
		`{"statusCode":200,"body":"YQ==","isBase64Encoded":true}`:                            "200|a|text/plain; charset=utf-8",
		`{"statusCode":200,"body":"%%","isBase64Encoded":true}`:                              "500|{\"message\":\"Internal Server Error\"}|application/json",
		`{"statusCode":200,"headers":{"x":5,"y":true,"content-type":"text/csv"},"body":"z"}`: "200|z|text/csv",
		`{"statusCode":999}`:                                                                 "500|{\"message\":\"Internal Server Error\"}|application/json",
		`{"statusCode":0}`:                                                                   "500|{\"message\":\"Internal Server Error\"}|application/json",
		`null`:                                                                               "200|null|application/json",
		`[1,2]`:                                                                              "200|[1,2]|application/json",
		`7`:                                                                                  "200|7|application/json",
		`"Hello"`:                                                                            "200|Hello|application/json",
		`{"body":"x"}`:                                                                       "200|{\"body\":\"x\"}|application/json",
		`{}`:                                                                                 "200|{}|application/json",
		``:                                                                                   "200||application/json",
		`no JSON`:                                                                            "200|no JSON|application/json",
		`{"statusCode":2`:                                                                    "200|{\"statusCode\":2|application/json",
		`{"statusCode":302,"headers":{"Location":"/x"}}`:            "302||",
		`{"statusCode":200,"cookies":["a=1","b=2"],"headers":null}`: "200||",
	} {
		b := &backend{result: &lambda.Result{Payload: []byte(answer)}}
		res := serve(t, b.api(t, "GET /x"), get("/x"))
		text := body(t, res)
		wantEqual(t, answer, fmt.Sprintf("%d|%s|%s", res.StatusCode, text, res.Header.Get("Content-Type")), want)
	}
}

func TestOptionsWithoutARequestedMethodIsNoPreflight(t *testing.T) {
	t.Parallel()
	b := &backend{answer: `{"statusCode":200}`}
	r := httptest.NewRequest(http.MethodOptions, "/x", nil)
	r.Header.Set("Origin", "https://app.example")
	res := serve(t, corsAPI(t, b, "ANY /x"), r)
	wantEqual(t, "function", b.called, arn)
	wantEqual(t, "origin", res.Header.Get("Access-Control-Allow-Origin"), "")
	wantEqual(t, "no route", serve(t, corsAPI(t, b, "GET /x"), r).StatusCode, 404)
}

func TestTheAccessLogTellsTheAuthorizersErrorApart(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	i, b := newIssuer(t), &backend{}
	a := i.api(t, b)
	a.AccessLog = gateway.AccessLog{Writer: &log, Format: "$context.requestId|$context.authorizer.error|$context.integrationErrorMessage|$context.error.message|$context.error.messageString|$context.integrationStatus"}
	res := serve(t, a, withToken("Bearer x"))
	wantEqual(t, "line", strings.TrimPrefix(log.String(), res.Header.Get("Apigw-Requestid")), "|the token is not a JWT|-|Unauthorized|\"Unauthorized\"|-\n")
}

func TestTheAccessLogNamesTheInvocation(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := &backend{}
	a := b.api(t, "GET /x/{id}")
	a.AccessLog = gateway.AccessLog{Writer: &log, Format: "$context.requestId $context.integration.requestId $context.awsEndpointRequestId"}
	res := serve(t, a, get("/x/1"))
	wantEqual(t, "line", log.String(), res.Header.Get("Apigw-Requestid")+" "+b.call.RequestID+" "+b.call.RequestID+"\n")
	wantEqual(t, "source", b.call.Source, "arn:aws:execute-api:us-east-1:111122223333:abc123/$default/GET/x/{id}")
	wantContains(t, "trace", b.call.Trace, b.at("headers", "x-amzn-trace-id").(string))
}

func TestAScopeCountsInEitherClaim(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	for name, claims := range map[string]map[string]any{
		"scope": {"scope": "a b"}, "scp text": {"scp": "a b"}, "scp list": {"scp": []string{"a", "b"}}, "both": {"scp": "a", "scope": "b"},
	} {
		res := serve(t, i.api(t, &backend{}, "b"), withToken(sign(header(nil), i.claims(claims))))
		wantEqual(t, name, res.StatusCode, 204)
	}
	res := serve(t, i.api(t, &backend{}, "b"), withToken(sign(header(nil), i.claims(map[string]any{"scope": "bb"}))))
	wantEqual(t, "a longer name", res.StatusCode, 403)
}

func TestWhatIsNoTokenIsChallenged(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	for _, token := range []string{"", "Bearer", "Bearer ", "Basic abc", "x.y", "a.b.c.d", "Bearer Bearer x"} {
		res := serve(t, i.api(t, &backend{}), withToken(token))
		wantEqual(t, token, res.StatusCode, 401)
		wantContains(t, token, res.Header.Get("Www-Authenticate"), "Bearer")
	}
}
