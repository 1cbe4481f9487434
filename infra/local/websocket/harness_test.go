package websocket

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	ws "github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/miyabi-society/platform/infra/local/gateway"
	"github.com/miyabi-society/platform/infra/local/lambda"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const arn = "arn:aws:lambda:us-east-1:111122223333:function:Realtime:live"

// backend is the function of an API: it records events and answers by route key.
type backend struct {
	mu      sync.Mutex
	answers map[string]string // route key -> answer; "{"statusCode":200}" where none is set
	slow    time.Duration
	events  []map[string]any
	arrived chan map[string]any
}

func newBackend() *backend {
	return &backend{answers: map[string]string{}, arrived: make(chan map[string]any, 4096)}
}

func (b *backend) invoke(ctx context.Context, _ string, payload []byte) (lambda.Result, error) {
	var e map[string]any
	if err := json.Unmarshal(payload, &e); err != nil {
		return lambda.Result{}, err
	}
	key, _ := at(e, "requestContext", "routeKey").(string)
	if e["type"] == "REQUEST" {
		key = "authorizer"
	}
	if !b.rest(ctx) {
		return lambda.Result{}, ctx.Err()
	}
	b.mu.Lock()
	b.events = append(b.events, e)
	answer := b.answers[key]
	b.mu.Unlock()
	b.arrived <- e
	switch answer {
	case "":
		answer = `{"statusCode":200}`
	case "crash":
		return lambda.Result{Payload: []byte(`{"errorMessage":"exit status 1"}`), FunctionError: lambda.Unhandled}, nil
	case "throttled":
		return lambda.Result{}, lambda.ErrThrottled
	case "absent":
		return lambda.Result{}, lambda.ErrNotFound
	case "echo":
		body, _ := e["body"].(string)
		out, _ := json.Marshal(map[string]any{"statusCode": 200, "body": body})
		answer = string(out)
	}
	return lambda.Result{Payload: []byte(answer)}, nil
}

// rest takes the time of a slow function; false means that the caller does not wait so long.
func (b *backend) rest(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(b.slow):
		return true
	}
}

func at(v any, path ...string) any {
	for _, p := range path {
		m, _ := v.(map[string]any)
		v = m[p]
	}
	return v
}

// wait returns the next event of a route.
func (b *backend) wait(t testing.TB, routeKey string) map[string]any {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		select {
		case e := <-b.arrived:
			if at(e, "requestContext", "routeKey") == routeKey {
				return e
			}
		case <-deadline:
			t.Fatalf("no event of %s came", routeKey)
		}
	}
}

// running is an API behind a listener.
type running struct {
	*backend
	server *Server
	url    string // ws://…
	http   *httptest.Server
}

func start(t testing.TB, change func(*API), keys ...string) *running {
	t.Helper()
	b := newBackend()
	api := API{API: gateway.API{ID: "abc123", Region: "us-east-1", Account: "111122223333", Stage: "live", Invoke: b.invoke}, RouteSelection: "$request.body.action"}
	for _, k := range keys {
		api.Routes = append(api.Routes, Route{Route: gateway.Route{Key: k, FunctionARN: arn}, Responds: k != routeConnect && k != routeDisconnect})
	}
	if change != nil {
		change(&api)
	}
	connections := &Connections{}
	s, err := New(api, connections)
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(s)
	t.Cleanup(func() {
		connections.Close()
		http.DefaultClient.CloseIdleConnections()
		listener.Close()
	})
	return &running{b, s, "ws" + strings.TrimPrefix(listener.URL, "http"), listener}
}

// dial opens a connection; header is name, value, name, value.
func (r *running) dial(t testing.TB, query string, header ...string) *ws.Conn {
	t.Helper()
	c, _, err := r.tryDial(query, header...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	c.SetReadLimit(maxMessage)
	return c
}

func (r *running) tryDial(query string, header ...string) (*ws.Conn, *http.Response, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return ws.Dial(ctx, r.url+"/live"+query, &ws.DialOptions{HTTPHeader: h, Subprotocols: h.Values("Offer")})
}

func send(t testing.TB, c *ws.Conn, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := c.Write(ctx, ws.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func receive(t testing.TB, c *ws.Conn) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	kind, text, err := c.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if kind != ws.MessageText {
		t.Errorf("the frame is %v, not text", kind)
	}
	return string(text)
}

// closedWith waits for the server's close frame.
func closedWith(t testing.TB, c *ws.Conn, want ws.StatusCode) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for {
		if _, _, err := c.Read(ctx); err != nil {
			var closed ws.CloseError
			if !errors.As(err, &closed) || closed.Code != want {
				t.Errorf("closed by %v, want %v", err, want)
			}
			return
		}
	}
}

// manage sends a signed @connections command.
func (r *running) manage(t testing.TB, method, id, body string) (*http.Response, string) {
	t.Helper()
	req := httptest.NewRequest(method, "/live/@connections/"+strings.ReplaceAll(id, "=", "%3D"), strings.NewReader(body))
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local")
	rec := httptest.NewRecorder()
	r.server.ServeHTTP(rec, req)
	return rec.Result(), rec.Body.String()
}

func wantEqual(t testing.TB, what string, got, want any) {
	t.Helper()
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	if string(g) != string(w) {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}

func wantContains(t testing.TB, what, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("%s: got %q, want it to contain %q", what, got, want)
	}
}
