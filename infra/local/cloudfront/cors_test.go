package cloudfront

import (
	"net/http"
	"testing"
)

const corsPolicy = `{"CorsConfig": {
	"AccessControlAllowOrigins": {"Items": ["https://a.example", "*.b.example", "c.example"]}, "AccessControlAllowHeaders": {"Items": ["X-One", "X-Two"]},
	"AccessControlAllowMethods": {"Items": ["ALL"]}, "AccessControlExposeHeaders": {"Items": ["X-Three"]},
	"AccessControlAllowCredentials": true, "AccessControlMaxAgeSec": "600", "OriginOverride": true}}`

// wantHeaders compares the headers of an answer; "" is for one that is not there.
func (e *edge) wantHeaders(t *testing.T, r *http.Request, want map[string]string) {
	t.Helper()
	h := e.do(t, r).Header()
	for name, value := range want {
		wantEqual(t, r.Method+" "+r.Header.Get("Origin")+": "+name, h.Get(name), value)
	}
}

func TestCORSHeadersGoToTheOriginsThatThePolicyAllows(t *testing.T) {
	t.Parallel()
	e := newEdge()
	decode(t, corsPolicy, &e.API.Headers)
	e.api.answer = func(w http.ResponseWriter) { w.Header().Set("Access-Control-Expose-Headers", "X-Origin") }
	for origin, allowed := range map[string]bool{
		"https://a.example": true, "http://a.example": false, "https://www.b.example": true, "http://www.b.example": true, "https://b.example": false,
		"https://c.example": true, "https://evil.example": false, "": false,
	} {
		want := map[string]string{"Access-Control-Allow-Origin": "", "Access-Control-Allow-Credentials": "", "Access-Control-Allow-Methods": "", "Access-Control-Max-Age": ""}
		if allowed {
			want["Access-Control-Allow-Origin"], want["Access-Control-Allow-Credentials"], want["Access-Control-Expose-Headers"] = origin, "true", "X-Three"
		}
		e.wantHeaders(t, get("/api/x", "Origin", origin), want)
	}
	preflight := get("/api/x", "Origin", "https://a.example", "Access-Control-Request-Method", "PUT")
	preflight.Method = http.MethodOptions
	e.wantHeaders(t, preflight, map[string]string{
		"Access-Control-Allow-Origin": "https://a.example", "Access-Control-Allow-Headers": "X-One, X-Two", "Access-Control-Max-Age": "600",
		"Access-Control-Allow-Methods": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
	})
}

func TestManagedPoliciesAllowEveryOriginAndKeepTheOriginsHeaders(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]struct{ methods, security string }{
		"60669652-455b-4ae9-85a4-c4c02393f86c": {}, "e61eb60c-9c35-4d20-a928-2b84e02af89c": {security: "nosniff"},
		"5cc3b908-e619-4b99-88e5-2cf7f45965bd": {methods: everyMethod}, "eaab4381-ed33-4a86-88ca-d9558dc6cd63": {everyMethod, "nosniff"},
	} {
		e := newEdge()
		e.API.Headers = managedResponses[id]
		e.wantHeaders(t, get("/api/x"), map[string]string{"Access-Control-Allow-Origin": "", "X-Content-Type-Options": want.security})
		r := get("/api/x", "Origin", "https://a.example")
		e.wantHeaders(t, r, map[string]string{"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": ""})
		r.Method = http.MethodOptions
		e.wantHeaders(t, r, map[string]string{"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": want.methods})
		e.api.answer = func(w http.ResponseWriter) { w.Header().Set("Access-Control-Allow-Origin", "https://own.example") }
		e.wantHeaders(t, r, map[string]string{"Access-Control-Allow-Origin": "https://own.example"})
	}
}
