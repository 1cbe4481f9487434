package gateway

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/miyabi-society/platform/infra/local/lambda"
)

func TestAVerdictIsKeptForItsTime(t *testing.T) {
	t.Parallel()
	asked := 0
	a := &Authorizer{FunctionARN: "f", SimpleResponses: true, IdentitySources: []string{"id"}, TTL: 50 * time.Millisecond, Invoke: func(context.Context, string, []byte) (lambda.Result, error) {
		asked++
		return lambda.Result{Payload: []byte(`{"isAuthorized":true}`)}, nil
	}}
	decide := func(id string) {
		if _, err := a.Decide(func(string) string { return id }, func([]string) []byte { return nil }, "r"); err != nil {
			t.Error(err)
		}
	}
	decide("a")
	decide("a")
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	time.Sleep(150 * time.Millisecond)
	decide("a")
	if asked != 2 {
		t.Errorf("asked %d times after the TTL", asked)
	}
}

func TestAFunctionMayThrowUnauthorized(t *testing.T) {
	t.Parallel()
	a := &Authorizer{FunctionARN: "f", Invoke: func(context.Context, string, []byte) (lambda.Result, error) {
		return lambda.Result{Payload: []byte(`{"errorMessage": "Unauthorized","errorType":"errorString"}`), FunctionError: lambda.Unhandled}, nil
	}}
	if _, err := a.Decide(nil, func([]string) []byte { return nil }, "r"); !errors.Is(err, ErrUnauthorized) {
		t.Errorf("got %v", err)
	}
}

func TestAnAccessLogLineStaysOneLine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	AccessLog{Format: "$context.requestId [$context.a.b] $context.c\n\"$context.d\" $context.a.bString $context.cString.", Writer: &out}.Write(map[string]string{"requestId": "1", "a.b": "x\ny", "d": "<é&\"\xff>"})
	if got, want := out.String(), `1 [x\ny] - "<é&\"\ufffd>" "x\ny" "-".`+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, bad := range []string{"$context.status", "$context.requestId" + strings.Repeat("x", maxFormat)} {
		if (AccessLog{Format: bad}).Check() == nil {
			t.Errorf("%.40q was taken", bad)
		}
	}
}

func TestIDsHaveTheFormOfAPIGateways(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		id := NewID()
		if len(id) != 16 || !strings.HasSuffix(id, "=") || seen[id] {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
}
