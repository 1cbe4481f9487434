package supervise

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/miyabi-society/platform/infra/background"
	"github.com/miyabi-society/platform/infra/local/awsapi"
	"github.com/miyabi-society/platform/infra/local/cloud"
	"github.com/miyabi-society/platform/infra/local/jsonfile"
	"github.com/miyabi-society/platform/infra/local/process"
	"github.com/miyabi-society/platform/infra/local/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newState(t *testing.T) state {
	t.Helper()
	s, err := makeState(filepath.Join(t.TempDir(), "a state"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStopNeverSignalsAStranger(t *testing.T) {
	t.Parallel()
	stranger := exec.Command("sleep", "60")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stranger.Process.Kill(); _ = stranger.Wait() }()
	s := newState(t)
	if err := jsonfile.Write(s.path(recordFile), record{Process: background.Process{PID: stranger.Process.Pid, Started: "of another process"}}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Down(context.Background(), s.dir, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "does not run") || !background.Of(stranger.Process.Pid).Alive() {
		t.Errorf("Down says %q", out.String())
	}
}

func TestAnAddressIsGivenOnlyWhileItIsServed(t *testing.T) {
	t.Parallel()
	s := newState(t)
	if _, err := URL(s.dir); err == nil || !strings.Contains(err.Error(), "does not run") {
		t.Errorf("error is %v", err)
	}
	none := filepath.Join(t.TempDir(), "none")
	if _, err := URL(none); err == nil || !strings.Contains(err.Error(), "does not run") {
		t.Errorf("error is %v", err)
	}
	if _, err := os.Stat(none); !errors.Is(err, os.ErrNotExist) {
		t.Error("asking for the address made the folder")
	}
	if _, err := URL(""); err == nil || !strings.Contains(err.Error(), "--state") {
		t.Errorf("error is %v", err)
	}
}

func TestATakenPortGivesTheNextWhichIsTakenAgain(t *testing.T) {
	t.Parallel()
	wanted := freePort(t)
	taken, err := listen(wanted)
	if err != nil {
		t.Fatal(err)
	}
	opened, port, note, err := openPort(wanted, wanted)
	if err != nil {
		t.Fatal(err)
	}
	if port == wanted || !strings.Contains(note, "taken; using") {
		t.Errorf("port %d, note %q", port, note)
	}
	if err := errors.Join(closeAll(opened), closeAll(taken)); err != nil {
		t.Fatal(err)
	}
	again, same, note, err := openPort(wanted, port)
	if err != nil || same != port || !strings.Contains(note, "as before") {
		t.Errorf("the next run has port %d, not %d: %q, %v", same, port, note, err)
	}
	_ = closeAll(again)
}

func TestAnyPortIsTakenAgainByTheNextRun(t *testing.T) {
	t.Parallel()
	opened, port, note, err := openPort(0, 0)
	if err != nil || port == 0 || note != "" {
		t.Fatalf("port %d, note %q, %v", port, note, err)
	}
	for _, l := range opened {
		if portOf(l) != port {
			t.Errorf("%s is not on port %d", l.Addr(), port)
		}
	}
	if err := closeAll(opened); err != nil {
		t.Fatal(err)
	}
	again, same, note, err := openPort(0, port)
	if err != nil || same != port || note != "" {
		t.Errorf("the next run has port %d, not %d: %q, %v", same, port, note, err)
	}
	_ = closeAll(again)
}

func TestPortsThatAreAllTakenAreNamed(t *testing.T) {
	t.Parallel()
	taken, err := listen(65535)
	if err == nil {
		defer func() { _ = closeAll(taken) }()
	}
	if _, _, _, err := openPort(65535, 65535); err == nil || !strings.Contains(err.Error(), "65535 to 65535 are all taken; choose another") {
		t.Errorf("error is %v", err)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	port, err := process.FreePort(0)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func TestAPortIsOpenOnBothLoopbackAddresses(t *testing.T) {
	t.Parallel()
	probe, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6 loopback")
	}
	_ = probe.Close()
	port := freePort(t)
	opened, err := listen(port)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closeAll(opened) }()
	if len(opened) != 2 {
		t.Errorf("%d listeners", len(opened))
	}
	if _, err := listen(port); err == nil {
		t.Error("the port was opened twice")
	}
}

func TestTheFrontRefusesForeignNames(t *testing.T) {
	t.Parallel()
	teapot := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	h := &front{site: teapot, status: teapot, gitHub: teapot, origin: func(string) (http.Handler, bool) { return teapot, true }}
	for _, c := range []struct {
		host string
		want int
	}{
		{"localhost:8080", 418},
		{"127.0.0.1:8080", 418},
		{"[::1]:8080", 418},
		{"localhost", 418},
		{"evil.example:8080", 421},
		{"localhost.evil.example", 421},
		{"l12.execute-api.us-east-1.amazonaws.com", 418},
		{"l12.execute-api.us-east-1.amazonaws.com.evil.example", 421},
		{"a.l12.execute-api.us-east-1.amazonaws.com", 421},
		{"L12.execute-api.localhost:8080", 418},
		{".execute-api.localhost", 421},
		{"evil.localhost", 421},
		{"", 421},
	} {
		for _, path := range []string{"/", status.Path, gitHubPath + "/login"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Host = c.host
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("%s%s gives %d, want %d", c.host, path, w.Code, c.want)
			}
		}
	}
}

func TestWhatAnswersByName(t *testing.T) {
	t.Parallel()
	said := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(text + " as " + r.Host)) })
	}
	one := cloud.API{Protocol: "HTTP", Host: "l1" + ".execute-api.eu-west-1.amazonaws.com", Stage: "$default"}
	two := cloud.API{Protocol: "HTTP", Host: "l2" + ".execute-api.eu-west-1.amazonaws.com", Stage: "$default"}
	live := cloud.API{Protocol: "WEBSOCKET", Host: "l3" + ".execute-api.eu-west-1.amazonaws.com", Stage: "live"}
	for _, c := range []struct {
		name string
		site http.Handler
		apis []cloud.API
		url  string
		want string
	}{
		{"localhost is the distribution", said("site"), []cloud.API{one}, "http://localhost:80/", "site as localhost:80"},
		{"the status page is before it", said("site"), nil, "http://localhost:80/_local/", "status as localhost:80"},
		{"and found without its slash", said("site"), nil, "http://localhost:80/_local", `href="/_local/"`},
		{"and the stand-in for GitHub", said("site"), nil, "http://localhost:80/_local/github/x", "GitHub as localhost:80"},
		{"an api answers to its name beside a distribution", said("site"), []cloud.API{one}, "http://" + one.Host, "api as " + one.Host},
		{"all of its paths are its own", said("site"), []cloud.API{one}, "http://" + one.Host + "/_local/", "api as " + one.Host},
		{"the only http api stands in for a distribution", nil, []cloud.API{live, one}, "http://localhost:80", "api as " + one.Host},
		{"the short name", nil, []cloud.API{one, two}, "http://l2.execute-api.localhost:80", "api as " + two.Host},
		{"two apis", nil, []cloud.API{one, two}, "http://localhost:80", "what is where"},
		{"nothing", nil, nil, "http://localhost:80", "what is where"},
		{"an unknown api", said("site"), []cloud.API{one}, "http://" + two.Host, "no API " + two.Host},
	} {
		origin := func(host string) (http.Handler, bool) {
			return said("api"), slices.ContainsFunc(c.apis, func(a cloud.API) bool { return a.Host == host })
		}
		f := &front{site: c.site, apis: c.apis, origin: origin, status: said("status"), gitHub: said("GitHub"), text: "what is where"}
		w := httptest.NewRecorder()
		f.ServeHTTP(w, httptest.NewRequest(http.MethodGet, c.url, nil))
		if got := w.Body.String(); !strings.Contains(got, c.want) || (w.Code == http.StatusOK) != strings.Contains(got, " as ") {
			t.Errorf("%s: %d %q, want %q", c.name, w.Code, got, c.want)
		}
	}
}

func TestOnlyWhatIsThereIsWaitedForAndPrinted(t *testing.T) {
	t.Parallel()
	api := cloud.API{Protocol: "HTTP", Host: "l1" + ".execute-api.eu-west-1.amazonaws.com", Stage: "$default"}
	live := cloud.API{Protocol: "WEBSOCKET", Host: "l3" + ".execute-api.eu-west-1.amazonaws.com", Stage: "live"}
	const url = "http://localhost:8080"
	for _, c := range []struct {
		front   front
		checks  []string
		printed []string
	}{
		{front{url: url, site: http.NotFoundHandler(), apis: []cloud.API{api}}, []string{url + health, url + "/"}, []string{"Miyabi Society   " + url, "Sign in as"}},
		{
			front{url: url, apis: []cloud.API{live, api}},
			[]string{url + health},
			[]string{"HTTP API         " + url, "http://l1.execute-api.localhost:8080  (Host " + api.Host + ")", "ws://l3.execute-api.localhost:8080/live"},
		},
		{front{url: url, apis: []cloud.API{api, api}}, nil, []string{"http://l1.execute-api.localhost:8080"}},
		{front{url: url}, nil, []string{"Nothing to open"}},
	} {
		if got := c.front.checks(); !slices.Equal(got, c.checks) {
			t.Errorf("%v waits for %v", c.printed, got)
		}
		text := c.front.describe("/log", "Ctrl-C")
		for _, part := range append(c.printed, url+"/_local/", "/log", "Ctrl-C") {
			if !strings.Contains(text, part) {
				t.Errorf("%q is not in %s", part, text)
			}
		}
	}
}

func TestTheOAuthPairIsPutBesideTheOtherKeys(t *testing.T) {
	t.Parallel()
	app := newApp("http://localhost:1")
	if other := newApp("http://localhost:1"); len(app.ClientSecret) < 40 || other.ClientSecret == app.ClientSecret {
		t.Errorf("pair is %+v, then %+v", app, other)
	}
	secrets, err := awsapi.OpenSecrets(filepath.Join(t.TempDir(), "secrets"))
	if err != nil {
		t.Fatal(err)
	}
	if err := register(secrets, app); err != nil {
		t.Errorf("without the secret: %v", err)
	}
	spec := awsapi.SecretSpec{Name: identitySecret, ARN: "arn:aws:secretsmanager:us-east-1:000000000000:secret:" + identitySecret, SecretString: `{"github_client_id":"","jwt_key":"k"}`}
	if _, err := secrets.Ensure(spec); err != nil {
		t.Fatal(err)
	}
	if err := register(secrets, app); err != nil {
		t.Fatal(err)
	}
	text, err := secrets.Value(identitySecret)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal([]byte(text), &got); err != nil || got["jwt_key"] != "k" || got["github_client_id"] != app.ClientID || got["github_client_secret"] != app.ClientSecret {
		t.Errorf("secret is %s, %v", text, err)
	}
}

func TestAResetRemovesDataAndKeepsTheRecordAndTheLog(t *testing.T) {
	t.Parallel()
	s := newState(t)
	for _, name := range []string{runLock, recordFile, "log", "secrets.json"} {
		if err := os.WriteFile(s.path(name), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(s.path("postgres/data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.reset(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil || len(entries) != 3 {
		t.Errorf("left are %v, %v", entries, err)
	}
}

func TestAFullLogBeginsAnew(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	l, err := openLog(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, maxLog+1); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"first\n", "second\n"} {
		if _, err := l.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || strings.Count(string(b), "\n") != 2 || !strings.HasSuffix(string(b), " second\n") {
		t.Errorf("log is %q, %v", b, err)
	}
	if _, err := os.Stat(path + ".1"); err != nil {
		t.Error(err)
	}
}

func TestALogThatCannotBeWrittenEndsNothing(t *testing.T) {
	t.Parallel()
	l, err := openLog("/dev/full")
	if err != nil {
		t.Skip("this system has no device that is full")
	}
	defer func() { _ = l.Close() }()
	if n, err := l.Write([]byte("line\n")); n != 5 || err != nil {
		t.Errorf("Write = %d, %v", n, err)
	}
}

func TestLogsPrintTheEndAndFollow(t *testing.T) {
	t.Parallel()
	s := newState(t)
	if err := Logs(context.Background(), s.dir, false, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "make up") {
		t.Errorf("without a log: %v", err)
	}
	lines := strings.Repeat("x\n", 600) + "the end\n"
	if err := os.WriteFile(s.path(logFile), []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Logs(context.Background(), s.dir, false, &out); err != nil || out.String() != strings.Repeat("x\n", 499)+"the end\n" {
		t.Errorf("printed %d bytes, %v", out.Len(), err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	out.Reset()
	go func() {
		f, err := os.OpenFile(s.path(logFile), os.O_APPEND|os.O_WRONLY, 0)
		if err == nil {
			time.Sleep(100 * time.Millisecond)
			_, _ = f.WriteString("more\n")
			_ = f.Close()
		}
	}()
	if err := Logs(ctx, s.dir, true, &out); err != nil || !strings.HasSuffix(out.String(), "the end\nmore\n") {
		t.Errorf("followed %q, %v", out.String(), err)
	}
}

func TestACommandWaitsForTheOneBefore(t *testing.T) {
	t.Parallel()
	s := newState(t)
	held, err := background.TryLock(s.path(commandLock))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if err := Down(ctx, s.dir, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "another command") {
		t.Errorf("error is %v", err)
	}
	if err := held.Release(); err != nil {
		t.Fatal(err)
	}
	if err := Down(t.Context(), filepath.Join(s.dir, "none"), &bytes.Buffer{}); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error("Down made the folder")
	}
	if err := Down(context.Background(), s.dir, &bytes.Buffer{}); err != nil {
		t.Error(err)
	}
}
