package cloudfront

import (
	"strings"
	"testing"
)

func TestHeadersThatFunctionsSeeAndMaySet(t *testing.T) {
	t.Parallel()
	echo := `function handler(event) { return { statusCode: 200, body: Object.keys(event.request.headers).sort().join(" ") }; }`
	seen := with(echo).do(t, get("/api/x", "X-Amzn-Trace-Id", "Root=1", "X-Amzn-RequestId", "1", "X-Edge-A", "1", "X-Amz-Cf-Id", "1", "X-Amz-Meta", "1", "Upgrade-Insecure-Requests", "1", "Via", "1.1 x"))
	wantEqual(t, "seen", seen.Body.String(), "host upgrade-insecure-requests via x-amz-meta x-amzn-trace-id")
	for name, want := range map[string]int{
		"x-amzn-trace-id": 200, "authorization": 200, "x-amz-meta": 200, "accept-encoding": 200,
		"x-amzn-requestid": 502, "x-amzn-cf-id": 502, "x-real-ip": 502, "via": 502, "content-length": 502, "transfer-encoding": 502, "x-cache": 502,
	} {
		set := `function handler(event) { event.request.headers["` + name + `"] = {value: "1"}; return event.request; }`
		wantEqual(t, name, with(set).do(t, get("/api/x")).Code, want)
	}
}

func TestAURLThatAFunctionMayNotMakeIsABadGateway(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]int{
		`querystring = {a: {value: "x%20y"}}`:             200,
		`querystring = {a: {value: "x y"}}`:               502,
		`querystring = {a: {value: "x#y"}}`:               502,
		`querystring = {a: {value: "x\ny"}}`:              502,
		`querystring = {"a b": {value: ""}}`:              502,
		`uri = "/" + "a".repeat(8190)`:                    200,
		`uri = "/" + "a".repeat(8191)`:                    502,
		`querystring = {a: {value: "x".repeat(8192)}}`:    502,
		`querystring = {a: {value: ""}, b: {value: "é"}}`: 200,
	} {
		rec := with(`function handler(event) { event.request.`+change+`; return event.request; }`).do(t, get("/api/x"))
		wantEqual(t, change, rec.Code, want)
		if want == 502 {
			wantEqual(t, change, strings.Fields(rec.Header().Get("X-Cache"))[0], "FunctionValidationError")
		}
	}
}
