package develop

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/miyabi-society/platform/infra/local/lambda"
)

// TestMain lets this program be the development server of the pages, which it starts as a command.
func TestMain(m *testing.M) {
	if os.Getenv("SERVE_PAGES") != "" {
		_ = http.ListenAndServe(net.JoinHostPort("127.0.0.1", os.Getenv("PORT")), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { //nolint:gosec // a test
			_, _ = io.WriteString(w, "page "+r.URL.Path+" of "+os.Getenv("LOCAL_URL"))
		}))
		return
	}
	goleak.VerifyTestMain(m)
}

// double is a cloud with the function "F-api", whose code is in dir.
type double struct {
	dir      string
	mu       sync.Mutex
	replaced []string
}

func (d *double) Functions() []lambda.State     { return []lambda.State{{Name: "F-api"}} }
func (d *double) CodeOf(string) (string, error) { return d.dir, nil }

func (d *double) ReplaceCode(_ context.Context, function, dir string) error {
	b, err := os.ReadFile(filepath.Join(dir, "bootstrap"))
	d.mu.Lock()
	defer d.mu.Unlock()
	d.replaced = append(d.replaced, function+" "+string(b))
	return err
}

func (d *double) last() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.replaced) == 0 {
		return ""
	}
	return d.replaced[len(d.replaced)-1]
}

type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func write(t *testing.T, text string, path ...string) {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

func TestAChangedSourceGivesItsFunctionNewCode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source := filepath.Join(dir, "sources")
	write(t, "one", source, "api")
	write(t, "deployed", dir, "deployed", "api", "bootstrap")
	write(t, "other", dir, "deployed", "unknown", "bootstrap")
	write(t, "deployed", dir, "code", "bootstrap")
	write(t, "", dir, "binaries", "api")
	write(t, "", dir, "stacks", "api.go")
	cloud, out := &double{dir: filepath.Join(dir, "code")}, &output{}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, Config{
			Watch: []string{source}, Restart: []string{filepath.Join(dir, "stacks")}, Binaries: filepath.Join(dir, "binaries"), Deployed: filepath.Join(dir, "deployed"), Out: out,
			Build: "grep -q broken " + source + "/api && { echo api:1: syntax error; exit 1; }; cp " + source + "/api " + dir + "/binaries/api && touch " + dir + "/built",
		}, cloud)
	}()
	within(t, "the first build", func() bool { _, err := os.Stat(filepath.Join(dir, "built")); return err == nil })
	time.Sleep(2 * poll)

	write(t, "two!", source, "api")
	within(t, "the new code", func() bool { return cloud.last() == "F-api two!" && strings.Contains(out.String(), "api restarted") })
	write(t, "broken", source, "api")
	within(t, "the error", func() bool { return strings.Contains(out.String(), "syntax error") })
	write(t, "unrelated", source, "notes")
	write(t, "newer", dir, "stacks", "api.go")
	within(t, "the advice", func() bool { return strings.Contains(out.String(), "with the next `make dev`") })
	write(t, "three", source, "api")
	within(t, "the repaired code", func() bool { return cloud.last() == "F-api three" })
	if n := len(cloud.replaced); n != 2 {
		t.Errorf("code was replaced %d times: %q", n, cloud.replaced)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "binaries", "swap-*")); len(left) != 0 {
		t.Errorf("left are %v", left)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestFunctionsThatWereNotBuiltHereAreAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, "deployed", dir, "bootstrap")
	err := run(context.Background(), Config{Deployed: filepath.Join(dir, "none")}, &double{dir: dir})
	if err == nil || !strings.Contains(err.Error(), "build the functions") {
		t.Errorf("error is %v", err)
	}
}

func TestAScanSeesNewChangedAndRemovedSources(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, "1", dir, "a", "x.go")
	before := scan([]string{dir})
	for _, ignored := range []string{"a/x_test.go", "a/.x.go.swp", "node_modules/y.js", ".git/index", "a/x.go~"} {
		write(t, "1", dir, ignored)
	}
	if name := scan([]string{dir, filepath.Join(dir, "none")}).differs(before); name != "" {
		t.Errorf("%s is taken for a source", name)
	}
	write(t, "12", dir, "a", "x.go")
	changed := scan([]string{dir})
	if name := changed.differs(before); filepath.Base(name) != "x.go" {
		t.Errorf("changed is %q", name)
	}
	if err := os.Remove(filepath.Join(dir, "a", "x.go")); err != nil {
		t.Fatal(err)
	}
	if name := scan([]string{dir}).differs(changed); filepath.Base(name) != "x.go" {
		t.Errorf("removed is %q", name)
	}
}

func TestPagesComeFromTheirServerAndAPIsFromTheSite(t *testing.T) {
	t.Parallel()
	site := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "site") })
	h, stop, err := servePages("SERVE_PAGES=1 exec '"+os.Args[0]+"'", "http://localhost:1", site, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string) (int, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code, w.Body.String()
	}
	within(t, "the pages", func() bool { _, body := get("/ja/"); return body == "page /ja/ of http://localhost:1" })
	for _, path := range []string{"/api/v1/health", "/auth/login", "/live"} {
		if _, body := get(path); body != "site" {
			t.Errorf("%s comes from %q", path, body)
		}
	}
	stop()
	if status, body := get("/"); status != http.StatusBadGateway || !strings.Contains(body, "starting") {
		t.Errorf("without the server: %d %q", status, body)
	}
	if transport, ok := http.DefaultTransport.(*http.Transport); ok {
		transport.CloseIdleConnections()
	}
}
