package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/miyabi-society/platform/infra/local/gateway"
	"github.com/miyabi-society/platform/infra/local/lambda"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const arn = "arn:aws:lambda:us-east-1:111122223333:function:Miyabi-local-Api:live"

// backend is a function under test conditions: it records the event and answers what it is told.
type backend struct {
	answer string
	result *lambda.Result // instead of answer
	err    error
	called string // ARN
	call   lambda.Call
	raw    []byte
	event  map[string]any
}

func (b *backend) invoke(ctx context.Context, functionARN string, payload []byte) (lambda.Result, error) {
	b.called, b.call, b.raw, b.event = functionARN, lambda.CallOf(ctx), payload, nil
	if err := json.Unmarshal(payload, &b.event); err != nil {
		return lambda.Result{}, err
	}
	if b.result != nil {
		return *b.result, b.err
	}
	if b.answer == "" {
		b.answer = `{"statusCode":204}`
	}
	return lambda.Result{Payload: []byte(b.answer)}, b.err
}

// api serves one route per key; each calls arn.
func (b *backend) api(t *testing.T, keys ...string) API {
	t.Helper()
	a := API{API: gateway.API{ID: "abc123", Region: "us-east-1", Account: "111122223333", Stage: "$default", Invoke: b.invoke}}
	for _, k := range keys {
		a.Routes = append(a.Routes, Route{Route: gateway.Route{Key: k, FunctionARN: arn}, Format: "2.0"})
	}
	return a
}

func serve(t *testing.T, a API, r *http.Request) *http.Response {
	t.Helper()
	h, err := New(a)
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec.Result()
}

func get(target string) *http.Request { return httptest.NewRequest(http.MethodGet, target, nil) }

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	var b strings.Builder
	if err := res.Write(&b); err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(b.String(), "\r\n\r\n")
	return text
}

// at reads a nested field of the event.
func (b *backend) at(path ...string) any {
	var v any = b.event
	for _, p := range path {
		m, _ := v.(map[string]any)
		v = m[p]
	}
	return v
}

func wantEqual(t *testing.T, what string, got, want any) {
	t.Helper()
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	if string(g) != string(w) {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}

func within(t *testing.T, d time.Duration, fn func()) {
	t.Helper()
	start := time.Now()
	fn()
	if took := time.Since(start); took > d {
		t.Errorf("took %s, want at most %s", took, d)
	}
}
