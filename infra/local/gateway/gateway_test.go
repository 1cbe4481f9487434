package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/miyabi-society/platform/infra/local/lambda"
)

func TestADenyWinsAndNothingIsAllowedByDefault(t *testing.T) {
	t.Parallel()
	const method = "arn:aws:execute-api:us-east-1:111122223333:abc/live/GET/pets/1"
	for text, want := range map[string]bool{
		`{"Statement":[]}`: false,
		`{"Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}}`:                                                            true,
		`{"Statement":[{"Effect":"Allow","Action":["Execute-API:invoke"],"Resource":["arn:aws:execute-api:*:*:abc/live/GET/pets/?"]}]}`:            true,
		`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:execute-api:*:*:abc/live/POST/*"}]}`:                                     false,
		`{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`:                                                                        false,
		`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"execute-api:Invoke","Resource":"*/GET/pets/1"}]}`: false,
	} {
		var p policy
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			t.Fatal(err)
		}
		if got := p.allows(method); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestPoliciesThatCannotBeEvaluatedAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"Statement":{"Effect":"Maybe","Action":"*","Resource":"*"}}`, `{"Statement":{"Effect":"Allow","Resource":"*"}}`,
		`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}}`,
	} {
		var p policy
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			t.Fatal(err)
		}
		if p.check() == nil {
			t.Errorf("%s was taken", text)
		}
	}
}

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
	AccessLog{Format: "$context.requestId [$context.a.b] $context.c\n\"$context.d\" $context.a.bString.", Writer: &out}.Write(map[string]string{"requestId": "1", "a.b": "x\ny", "d": "<é&\"\xff>"})
	if got, want := out.String(), `1 [x\ny] - "<é&\"\ufffd>" "x\ny".`+"\n"; got != want {
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
