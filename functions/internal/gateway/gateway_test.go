package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/miyabi-society/platform/functions/internal/runtime"
)

// invoke serves one event and gives the response and the log.
func invoke(t *testing.T, ctx context.Context, event string, handler http.HandlerFunc) (events.APIGatewayV2HTTPResponse, string) {
	t.Helper()
	var log bytes.Buffer
	g := New(handler, runtime.NewLogger(&log, runtime.Function{Environment: "dev"}))
	out, err := g.Invoke(ctx, []byte(event))
	if err != nil {
		t.Fatal(err)
	}
	var answer events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatal(err)
	}
	return answer, log.String()
}

func TestARequestArrivesToTheLetter(t *testing.T) {
	t.Parallel()
	const event = `{"version":"2.0","rawPath":"/api/v1/a%2Fb/%E9%9B%85","rawQueryString":"a=1&b&a=%20x+y&c=",
		"cookies":["one=1","two=a=b"],"headers":{"host":"api.example","content-type":"application/octet-stream","x-list":"a,b"},
		"body":"AP/+","isBase64Encoded":true,
		"requestContext":{"requestId":"r-1","domainName":"other.example","http":{"method":"PUT","sourceIp":"192.0.2.1"}}}`
	answer, _ := invoke(t, t.Context(), event, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		two, errTwo := r.Cookie("two")
		_, _ = fmt.Fprintf(w, "%s %s|%s|%s|%s|%x %d %v|%s %v|%s|%s|%s", r.Method, r.RequestURI, r.URL.Path, r.URL.RawQuery, r.Host, body, r.ContentLength, err,
			two.Value, errTwo, r.Header.Get("X-List"), r.RemoteAddr, runtime.RequestID(r.Context()))
	})
	want := "PUT /api/v1/a%2Fb/%E9%9B%85?a=1&b&a=%20x+y&c=|/api/v1/a/b/雅|a=1&b&a=%20x+y&c=|api.example|00fffe 3 <nil>|a=b <nil>|a,b|192.0.2.1|r-1"
	if answer.Body != want {
		t.Errorf("arrived as\n%s, want\n%s", answer.Body, want)
	}
}

func TestAPathThatIsNotEncodedArrivesAsItIs(t *testing.T) {
	t.Parallel()
	const event = `{"version":"2.0","rawPath":"/a b/50%","requestContext":{"domainName":"api.example","http":{"method":"GET"}}}`
	answer, _ := invoke(t, t.Context(), event, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.URL.Path+" "+r.Host)
	})
	if answer.Body != "/a b/50% api.example" {
		t.Errorf("arrived as %s", answer.Body)
	}
}

const plain = `{"version":"2.0","rawPath":"/x","rawQueryString":"token=geheim","requestContext":{"requestId":"r-1","http":{"method":"GET"}}}`

func TestAResponseLeavesWhole(t *testing.T) {
	t.Parallel()
	answer, _ := invoke(t, t.Context(), plain, func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
		w.Header().Add("Vary", "Origin")
		w.Header().Add("Vary", "Cookie")
		w.WriteHeader(http.StatusTeapot)
		w.Header().Set("Too-Late", "x")
		_, _ = w.Write([]byte("雅"))
	})
	if answer.StatusCode != http.StatusTeapot || answer.Body != "雅" || answer.IsBase64Encoded || fmt.Sprint(answer.Cookies) != "[a=1 b=2]" ||
		answer.Headers["vary"] != "Origin,Cookie" || answer.Headers["too-late"] != "" || answer.Headers["x-request-id"] != "r-1" || answer.Headers["set-cookie"] != "" {
		t.Errorf("left as %+v", answer)
	}
	answer, _ = invoke(t, t.Context(), plain, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte{0xff, 0xfe}) })
	if answer.StatusCode != http.StatusOK || answer.Body != "//4=" || !answer.IsBase64Encoded || answer.Headers["content-type"] == "" {
		t.Errorf("bytes left as %+v", answer)
	}
	answer, _ = invoke(t, t.Context(), plain, func(http.ResponseWriter, *http.Request) {})
	if answer.StatusCode != http.StatusOK || answer.Body != "" {
		t.Errorf("nothing left as %+v", answer)
	}
}

func TestAPanicIs500AndIsLogged(t *testing.T) {
	t.Parallel()
	answer, log := invoke(t, t.Context(), plain, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		panic("a mistake")
	})
	if answer.StatusCode != http.StatusInternalServerError || answer.Headers["content-type"] != "application/problem+json" || !strings.Contains(answer.Body, `"request_id":"r-1"`) {
		t.Errorf("answers %+v", answer)
	}
	if !strings.Contains(log, "a mistake") || !strings.Contains(log, "gateway_test.go") {
		t.Errorf("the log is %s", log)
	}
}

func TestTheLogNamesTheRequestAndHoldsNoQuery(t *testing.T) {
	t.Parallel()
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "l-1"})
	_, log := invoke(t, ctx, plain, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for _, want := range []string{`"request_id":"r-1"`, `"lambda_request_id":"l-1"`, `"path":"/x"`, `"status":204`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has no %s: %s", want, log)
		}
	}
	if strings.Contains(log, "geheim") {
		t.Errorf("the log holds the query: %s", log)
	}
}

func TestTheHandlerEndsBeforeTheFunctionDoes(t *testing.T) {
	t.Parallel()
	end := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(t.Context(), end)
	defer cancel()
	invoke(t, ctx, plain, func(_ http.ResponseWriter, r *http.Request) {
		if got, ok := r.Context().Deadline(); !ok || !got.Equal(end.Add(-margin)) {
			t.Errorf("ends at %v, want %v", got, end.Add(-margin))
		}
	})
}

func TestOtherEventsAreRefused(t *testing.T) {
	t.Parallel()
	g := New(http.NotFoundHandler(), runtime.NewLogger(io.Discard, runtime.Function{}))
	for _, event := range []string{
		``, `[]`, `{}`, `null`, `{"session":{"action":"rotate"}}`, `{"version":"1.0","httpMethod":"GET","requestContext":{"http":{"method":"GET"}}}`,
		`{"version":"2.0","requestContext":{}}`,
	} {
		if _, err := g.Invoke(t.Context(), []byte(event)); !errors.Is(err, ErrNotHTTP) {
			t.Errorf("%s: error is %v", event, err)
		}
	}
}

func TestABodyThatIsNotBase64IsRefused(t *testing.T) {
	t.Parallel()
	const event = `{"version":"2.0","rawPath":"/","body":"!","isBase64Encoded":true,"requestContext":{"requestId":"r-1","http":{"method":"POST"}}}`
	answer, _ := invoke(t, t.Context(), event, func(http.ResponseWriter, *http.Request) { t.Error("was served") })
	if answer.StatusCode != http.StatusBadRequest {
		t.Errorf("answers %+v", answer)
	}
}
