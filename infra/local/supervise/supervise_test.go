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
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newState(t *testing.T) state {
	t.Helper()
	s, err := openState(filepath.Join(t.TempDir(), "a state"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOneProcessAtATimeHoldsALock(t *testing.T) {
	t.Parallel()
	s := newState(t)
	first, err := background.TryLock(s.path(runLock))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := background.TryLock(s.path(runLock)); !errors.Is(err, background.ErrLocked) {
		t.Errorf("second lock gives %v", err)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	again, err := background.TryLock(s.path(runLock))
	if err != nil {
		t.Errorf("after the release: %v", err)
	}
	_ = again.Release()
}

func TestAProcessIsKnownByItsStartTime(t *testing.T) {
	t.Parallel()
	me := record{Process: background.Self()}
	if !me.Alive() {
		t.Error("this process is not seen as alive")
	}
	if (record{Process: background.Process{PID: os.Getpid(), Started: "1"}}).Alive() {
		t.Error("another start time must be another process")
	}
	if (record{}).Alive() || background.Of(1<<22+1).Alive() {
		t.Error("no process is seen as alive")
	}
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
	if _, err := os.Stat(s.path(recordFile)); !errors.Is(err, os.ErrNotExist) {
		t.Error("the stale record stays")
	}
}

func TestAnAddressIsGivenOnlyWhileItIsServed(t *testing.T) {
	t.Parallel()
	s := newState(t)
	if _, err := URL(s.dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("error is %v", err)
	}
	none := filepath.Join(t.TempDir(), "none")
	if _, err := URL(none); !errors.Is(err, ErrNotRunning) {
		t.Errorf("error is %v", err)
	}
	if _, err := os.Stat(none); !errors.Is(err, os.ErrNotExist) {
		t.Error("asking for the address made the folder")
	}
	if _, err := URL(""); err == nil || !strings.Contains(err.Error(), "--state") {
		t.Errorf("error is %v", err)
	}
}

func TestATakenPortGivesTheNextAndIsRemembered(t *testing.T) {
	t.Parallel()
	s := newState(t)
	taken, err := listenLoopback(0)
	if err != nil {
		t.Fatal(err)
	}
	site, gitHub, note, err := s.openPorts(taken.port)
	if err != nil {
		t.Fatal(err)
	}
	if site.port == taken.port || !strings.Contains(note, "taken") {
		t.Errorf("port %d, note %q", site.port, note)
	}
	if err := errors.Join(site.close(), gitHub.close(), taken.close()); err != nil {
		t.Fatal(err)
	}
	again, gitHubAgain, _, err := s.openPorts(taken.port)
	if err != nil {
		t.Fatal(err)
	}
	if again.port != site.port || gitHubAgain.port != gitHub.port {
		t.Errorf("the next run has ports %d and %d, not %d and %d", again.port, gitHubAgain.port, site.port, gitHub.port)
	}
	_, _ = again.close(), gitHubAgain.close()
}

func TestAPortIsOpenOnBothLoopbackAddresses(t *testing.T) {
	t.Parallel()
	probe, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6 loopback")
	}
	_ = probe.Close()
	o, err := listenLoopback(0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = o.close() }()
	if len(o.listeners) != 2 {
		t.Errorf("%d listeners", len(o.listeners))
	}
	if _, err := listenLoopback(o.port); err == nil {
		t.Error("the port was opened twice")
	}
}

func TestTheFrontRefusesForeignNames(t *testing.T) {
	t.Parallel()
	h := front(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
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
		{"l12.execute-api.us-east-1.amazonaws.com.localhost:8080", 418},
		{"evil.localhost", 421},
		{"", 421},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = c.host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s gives %d, want %d", c.host, w.Code, c.want)
		}
	}
}

func TestWhatAnswersByName(t *testing.T) {
	t.Parallel()
	said := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(text + " as " + r.Host)) })
	}
	one := cloud.API{Protocol: "HTTP", Host: "l1" + cloud.APIDomain, Stage: "$default"}
	two := cloud.API{Protocol: "HTTP", Host: "l2" + cloud.APIDomain, Stage: "$default"}
	live := cloud.API{Protocol: "WEBSOCKET", Host: "l3" + cloud.APIDomain, Stage: "live"}
	for _, c := range []struct {
		name string
		site http.Handler
		apis []cloud.API
		host string
		want string
	}{
		{"localhost is the distribution", said("site"), []cloud.API{one}, "localhost:80", "site as localhost:80"},
		{"an api answers to its name beside a distribution", said("site"), []cloud.API{one}, one.Host, "api as " + one.Host},
		{"the only http api stands in for a distribution", nil, []cloud.API{live, one}, "localhost:80", "api as " + one.Host},
		{"the short name", nil, []cloud.API{one, two}, "l2.execute-api.localhost:80", "api as " + two.Host},
		{"two apis", nil, []cloud.API{one, two}, "localhost:80", "Its APIs answer to the Host headers " + one.Host + ", " + two.Host},
		{"nothing", nil, nil, "localhost:80", "no distribution and no API"},
		{"an unknown api", said("site"), []cloud.API{one}, two.Host, "no API " + two.Host},
	} {
		origin := func(host string) (http.Handler, bool) {
			return said("api"), slices.ContainsFunc(c.apis, func(a cloud.API) bool { return a.Host == host })
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = c.host
		w := httptest.NewRecorder()
		byName(entry{APIs: c.apis}, origin, c.site).ServeHTTP(w, r)
		if got := w.Body.String(); !strings.Contains(got, c.want) || (w.Code == http.StatusNotFound) != strings.HasPrefix(got, "The assembly") {
			t.Errorf("%s: %d %q, want %q", c.name, w.Code, got, c.want)
		}
	}
}

func TestOnlyWhatIsThereIsWaitedForAndPrinted(t *testing.T) {
	t.Parallel()
	api := cloud.API{Protocol: "HTTP", Host: "l1" + cloud.APIDomain, Stage: "$default"}
	live := cloud.API{Protocol: "WEBSOCKET", Host: "l3" + cloud.APIDomain, Stage: "live"}
	const url = "http://localhost:8080"
	for _, c := range []struct {
		entry   entry
		checks  []string
		printed []string
	}{
		{entry{URL: url, Site: true, APIs: []cloud.API{api}}, []string{url + health, url + "/"}, []string{"Miyabi Society   " + url, "Sign in as"}},
		{
			entry{URL: url, APIs: []cloud.API{live, api}},
			[]string{url + health},
			[]string{"HTTP API         " + url, "http://l1.execute-api.localhost:8080  (Host " + api.Host + ")", "ws://l3.execute-api.localhost:8080/live"},
		},
		{entry{URL: url, APIs: []cloud.API{api, api}}, nil, []string{"http://l1.execute-api.localhost:8080"}},
		{entry{URL: url}, nil, []string{"Nothing to open"}},
	} {
		if got := c.entry.checks(); !slices.Equal(got, c.checks) {
			t.Errorf("%+v waits for %v", c.entry, got)
		}
		var out bytes.Buffer
		c.entry.print(&out, "/log")
		for _, part := range append(c.printed, url+"/_local/", "/log") {
			if !strings.Contains(out.String(), part) {
				t.Errorf("%q is not in %s", part, out.String())
			}
		}
	}
}

func TestTheGateAnswers503UntilTheSiteIsThere(t *testing.T) {
	t.Parallel()
	g := &gate{}
	status := func() int {
		w := httptest.NewRecorder()
		g.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		return w.Code
	}
	if status() != http.StatusServiceUnavailable {
		t.Error("served before it is open")
	}
	g.open(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	if status() != http.StatusTeapot {
		t.Error("not served when open")
	}
}

func TestTheOAuthPairIsMadeOnceAndPutBesideTheOtherKeys(t *testing.T) {
	t.Parallel()
	s := newState(t)
	pair, err := s.gitHubPair()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.gitHubPair(); err != nil || again != pair || len(pair.Secret) < 40 {
		t.Errorf("pair is %+v, then %+v, %v", pair, again, err)
	}
	secrets, err := awsapi.OpenSecrets(s.path("secrets"))
	if err != nil {
		t.Fatal(err)
	}
	if err := putPair(secrets, pair); err != nil {
		t.Errorf("without the secret: %v", err)
	}
	spec := awsapi.SecretSpec{Name: identitySecret, ARN: "arn:aws:secretsmanager:us-east-1:000000000000:secret:" + identitySecret, SecretString: `{"github_client_id":"","jwt_key":"k"}`}
	if _, err := secrets.Ensure(spec); err != nil {
		t.Fatal(err)
	}
	if err := putPair(secrets, pair); err != nil {
		t.Fatal(err)
	}
	text, err := secrets.Value(identitySecret)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal([]byte(text), &got); err != nil || got["jwt_key"] != "k" || got["github_client_id"] != pair.ID || got["github_client_secret"] != pair.Secret {
		t.Errorf("secret is %s, %v", text, err)
	}
}

func TestAResetRemovesDataAndKeepsThePorts(t *testing.T) {
	t.Parallel()
	s := newState(t)
	for _, name := range []string{portsFile, runLock, recordFile, "log"} {
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
	if err != nil || len(entries) != 2 {
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
	l.size = maxLog + 1
	if _, err := l.Write([]byte("second\n")); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || !strings.HasSuffix(string(b), " second\n") {
		t.Errorf("log is %q, %v", b, err)
	}
	if _, err := os.Stat(path + ".1"); err != nil {
		t.Error(err)
	}
}

func TestLogsPrintTheEndAndFollow(t *testing.T) {
	t.Parallel()
	s := newState(t)
	if err := Logs(context.Background(), s.dir, false, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "make up") {
		t.Errorf("without a log: %v", err)
	}
	lines := strings.Repeat("x\n", 600) + "the end\n"
	if err := os.WriteFile(LogFile(s.dir), []byte(lines), 0o600); err != nil {
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
		f, err := os.OpenFile(LogFile(s.dir), os.O_APPEND|os.O_WRONLY, 0)
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
	if err := Down(context.Background(), s.dir, &bytes.Buffer{}); err != nil {
		t.Error(err)
	}
}
