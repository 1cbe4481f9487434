package httpapi

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/miyabi-society/platform/infra/local/gateway"
	"github.com/miyabi-society/platform/infra/local/lambda"
)

func TestJSONWithoutStatusCodeIsTheBody(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"message":"Hello"}`: `{"message":"Hello"}`, `"Hello from Lambda!"`: "Hello from Lambda!", ` "<a>" `: "<a>",
		`[1,2]`: `[1,2]`, `null`: `null`, `3`: `3`, `{"statusCode":null,"body":"x"}`: `{"statusCode":null,"body":"x"}`,
		`{"StatusCode":201,"Body":"x"}`: `{"StatusCode":201,"Body":"x"}`, `{"headers":{"content-type":"application/xml"}}`: `{"headers":{"content-type":"application/xml"}}`,
		`true`: `true`, `""`: ``, `"say \"hi\""`: `say "hi"`,
	} {
		b := &backend{answer: answer}
		res := serve(t, b.api(t, "$default"), get("/"))
		wantEqual(t, "status", res.StatusCode, 200)
		wantEqual(t, "content type", res.Header.Get("Content-Type"), "application/json")
		wantEqual(t, answer, body(t, res), want)
	}
}

func TestStatusHeadersAndBodyAreTheFunctions(t *testing.T) {
	t.Parallel()
	b := &backend{answer: `{"statusCode":"201","headers":{"content-type":"text/html","X-N":5,"x-b":true,"Location":"/x"},"body":"<p>"}`}
	res := serve(t, b.api(t, "$default"), get("/"))
	wantEqual(t, "status", res.StatusCode, 201)
	for name, want := range map[string]string{"Content-Type": "text/html", "X-N": "5", "X-B": "true", "Location": "/x", "Content-Length": "3"} {
		wantEqual(t, name, res.Header.Get(name), want)
	}
	wantEqual(t, "body", body(t, res), "<p>")
}

func TestEachCookieBecomesASetCookieHeader(t *testing.T) {
	t.Parallel()
	b := &backend{answer: `{"statusCode":204,"cookies":["a=1; Path=/; HttpOnly","b=2"],"headers":{"Set-Cookie":"c=3"}}`}
	res := serve(t, b.api(t, "$default"), get("/"))
	wantEqual(t, "Set-Cookie", res.Header.Values("Set-Cookie"), []string{"c=3", "a=1; Path=/; HttpOnly", "b=2"})
}

func TestBase64BodiesAreDecoded(t *testing.T) {
	t.Parallel()
	b := &backend{answer: `{"statusCode":200,"headers":{"content-type":"image/png"},"body":"iVBORw==","isBase64Encoded":true}`}
	wantEqual(t, "body", body(t, serve(t, b.api(t, "$default"), get("/"))), "\x89PNG")
}

func TestNamesOfAnAnswersFieldsAreCaseSensitive(t *testing.T) {
	t.Parallel()
	b := &backend{answer: `{"statusCode":201,"StatusCode":500,"Body":"x","Headers":{"x-a":"1"},"IsBase64Encoded":true}`}
	res := serve(t, b.api(t, "$default"), get("/"))
	wantEqual(t, "answer", []any{res.StatusCode, body(t, res), res.Header.Get("X-A")}, []any{201, "", ""})
}

// Format 2.0 has no multiValueHeaders.
func TestAnswerWithoutContentTypeIsPlainText(t *testing.T) {
	t.Parallel()
	b := &backend{answer: `{"statusCode":200,"body":"{}","multiValueHeaders":{"Content-Type":["application/json"]}}`}
	wantEqual(t, "content type", serve(t, b.api(t, "$default"), get("/")).Header.Get("Content-Type"), "text/plain; charset=utf-8")
}

func TestHeadersOfTheConnectionStayOut(t *testing.T) {
	t.Parallel()
	b := &backend{answer: `{"statusCode":200,"headers":{"Connection":"close","Transfer-Encoding":"chunked","Content-Length":"999","Upgrade":"x"},"body":"ab"}`}
	res := serve(t, b.api(t, "$default"), get("/"))
	wantEqual(t, "Content-Length", res.Header.Get("Content-Length"), "2")
	for _, name := range []string{"Connection", "Transfer-Encoding", "Upgrade"} {
		if res.Header.Get(name) != "" {
			t.Errorf("%s reached the caller", name)
		}
	}
}

func TestAnswersWithAFaultAreInternalErrors(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		`{"statusCode":99}`, `{"statusCode":600}`, `{"statusCode":"abc"}`, `{"statusCode":{}}`, `{"statusCode":101}`, `{"statusCode":200.5}`, `{"statusCode":true}`,
		`{"statusCode":200,"body":{"a":1}}`, `{"statusCode":200,"body":5}`, `{"statusCode":200,"headers":{"a":["b"]}}`, `{"statusCode":200,"headers":"a"}`,
		`{"statusCode":200,"cookies":"a=1"}`, `{"statusCode":200,"body":"%%%","isBase64Encoded":true}`,
	} {
		b := &backend{answer: answer}
		res := serve(t, b.api(t, "$default"), get("/"))
		wantEqual(t, answer, res.StatusCode, 500)
		wantEqual(t, "body", body(t, res), `{"message":"Internal Server Error"}`)
	}
}

func TestFailuresHaveTheirStatus(t *testing.T) {
	t.Parallel()
	crash := &lambda.Result{Payload: []byte(`{"errorType":"Runtime.ExitError","errorMessage":"x"}`), FunctionError: lambda.Unhandled}
	late := &lambda.Result{Payload: []byte(`{"errorType":"Sandbox.Timedout","errorMessage":"x"}`), FunctionError: lambda.Unhandled}
	for name, c := range map[string]struct {
		backend backend
		want    int
	}{
		"crash":              {backend{result: crash}, 502},
		"function too slow":  {backend{result: late}, 504},
		"integration's time": {backend{err: fmt.Errorf("waiting: %w", context.DeadlineExceeded)}, 503},
		"concurrency":        {backend{err: lambda.ErrThrottled}, 429},
		"event too large":    {backend{err: lambda.ErrTooLarge}, 413},
		"no function":        {backend{err: lambda.ErrNotFound}, 500},
		"stopping":           {backend{err: lambda.ErrClosed}, 503},
		"anything else":      {backend{err: errors.New("x")}, 503},
	} {
		res := serve(t, c.backend.api(t, "$default"), get("/"))
		wantEqual(t, name, res.StatusCode, c.want)
		words := http.StatusText(c.want)
		if c.want == http.StatusBadGateway {
			words = "Internal Server Error"
		}
		wantEqual(t, name, body(t, res), `{"message":"`+words+`"}`)
	}
}

func TestIntegrationTimeoutEndsTheWait(t *testing.T) {
	t.Parallel()
	b := &backend{}
	a := b.api(t, "$default")
	a.Routes[0].Timeout = 50 * time.Millisecond
	a.Invoke = func(ctx context.Context, _ string, _ []byte) (lambda.Result, error) {
		<-ctx.Done()
		return lambda.Result{}, ctx.Err()
	}
	within(t, 5*time.Second, func() { wantEqual(t, "status", serve(t, a, get("/")).StatusCode, 503) })
}

func TestACallerThatLeavesDoesNotStopTheFunction(t *testing.T) {
	t.Parallel()
	b := &backend{}
	a := b.api(t, "$default")
	a.Invoke = func(ctx context.Context, _ string, _ []byte) (lambda.Result, error) {
		return lambda.Result{Payload: []byte(`{"statusCode":204}`)}, ctx.Err()
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantEqual(t, "status", serve(t, a, get("/").WithContext(ctx)).StatusCode, 204)
}

func TestHeadHasNoBody(t *testing.T) {
	t.Parallel()
	b := &backend{answer: `{"statusCode":200,"body":"abc"}`}
	h, err := New(b.api(t, "$default"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()
	res, err := server.Client().Head(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	wantEqual(t, "length", res.ContentLength, 3)
	wantEqual(t, "method", b.at("requestContext", "http", "method"), "HEAD")
}

func TestThrottlingTakesTokensFromTheRoutesBucket(t *testing.T) {
	t.Parallel()
	b := &backend{}
	a := b.api(t, "GET /a", "GET /b")
	a.Throttle = &gateway.Throttle{RateLimit: 0.001, BurstLimit: 2}
	h, err := New(a)
	if err != nil {
		t.Fatal(err)
	}
	status := func(path string) int {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, get(path))
		if rec.Code == 429 {
			wantEqual(t, "body", rec.Body.String(), `{"message":"Too Many Requests"}`)
		}
		return rec.Code
	}
	wantEqual(t, "statuses", []int{status("/a"), status("/a"), status("/a"), status("/b")}, []int{204, 204, 429, 204})
}

func TestAThrottleOfZeroRefusesEveryRequest(t *testing.T) {
	t.Parallel()
	a := (&backend{}).api(t, "GET /a")
	a.Throttle = &gateway.Throttle{}
	wantEqual(t, "status", serve(t, a, get("/a")).StatusCode, 429)
}

func TestTokensComeBackAtTheRate(t *testing.T) {
	t.Parallel()
	a := (&backend{}).api(t, "GET /a")
	a.Throttle = &gateway.Throttle{RateLimit: 20, BurstLimit: 1}
	h, err := New(a)
	if err != nil {
		t.Fatal(err)
	}
	statuses := []int{record(h, get("/a")).Code, record(h, get("/a")).Code}
	time.Sleep(60 * time.Millisecond)
	wantEqual(t, "statuses", append(statuses, record(h, get("/a")).Code), []int{204, 429, 204})
}

func TestMalformedRequestsAreSurvived(t *testing.T) {
	t.Parallel()
	b := &backend{}
	h, err := New(b.api(t, "$default", "GET /x/{a}"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()
	for _, raw := range []string{
		"GET /%ff%fe HTTP/1.1\r\nHost: a\r\n", "GET /x/%zz HTTP/1.1\r\nHost: a\r\n", "GET * HTTP/1.1\r\nHost: a\r\n", "OPTIONS * HTTP/1.1\r\nHost: a\r\n",
		"GET //// HTTP/1.1\r\nHost: a\r\n", "GET /?&&=&%ff HTTP/1.1\r\nHost: a\r\nCookie: ;;;=\xff\r\n", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz",
		"GET http://a HTTP/1.1\r\nHost: a\r\n", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1\r\nHost: \xff\r\n", "G\x00T / HTTP/1.1\r\n",
	} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		fmt.Fprintf(conn, "%s\r\n", raw)
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "HTTP/1.1 ") {
			t.Errorf("%q: got %q, %v", raw, line, err)
		}
		conn.Close()
	}
}
