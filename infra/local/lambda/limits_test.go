package lambda

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// notes is an Observer that keeps what it is told.
type notes struct {
	mu        sync.Mutex
	lines     []Line
	reports   []Report
	throttles []string
}

func (n *notes) Line(l Line) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, l)
}

func (n *notes) Report(r Report) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.reports = append(n.reports, r)
}

func (n *notes) Throttled(function string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.throttles = append(n.throttles, function)
}

// report waits for the n-th report.
func (n *notes) report(t *testing.T, count int) Report {
	t.Helper()
	var got Report
	within(t, 5*time.Second, "a report", func() bool {
		n.mu.Lock()
		defer n.mu.Unlock()
		if len(n.reports) < count {
			return false
		}
		got = n.reports[count-1]
		return true
	})
	return got
}

func TestAProcessThatUsesMoreThanItsMemoryIsEnded(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells the memory of another process")
	}
	n := &notes{}
	f := newFixture(t, Options{Observer: n}, func(f *Function) { f.MemoryMB = 64 })
	f.want(`{"do":"echo","text":"small"}`, `"small"`)
	f.wantError(`{"do":"allocate","ms":100}`, TypeExit, "Runtime exited with error: signal: killed")
	if r := n.report(t, 2); r.ErrorType != TypeOutOfMemory || r.Status != "error" || r.MaxMemoryMB <= 64 || !r.Failed {
		t.Errorf("report is %s", r)
	}
	if !strings.Contains(f.log.String(), "of its 64 MB") {
		t.Error("the log does not say why")
	}
	f.want(`{"do":"echo","text":"fresh"}`, `"fresh"`)
}

func TestAReportHasTheFieldsOfLambda(t *testing.T) {
	t.Parallel()
	n := &notes{}
	f := newFixture(t, Options{Observer: n})
	id := f.describe("f").ID
	want := `^REPORT RequestId: ` + id + `\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t(Max Memory Used: \d+ MB\t)?Init Duration: \d+\.\d\d ms\t$`
	if r := n.report(t, 1).String(); !regexp.MustCompile(want).MatchString(r) {
		t.Errorf("report is %q", r)
	}
	f.describe("f")
	if r := n.report(t, 2); r.Init != 0 || strings.Contains(r.String(), "Init") {
		t.Errorf("the report of a warm process is %q", r)
	}
	f.wantError(`{"do":"fail"}`, "errorString", "")
	if r := n.report(t, 3); r.Status != "" || !r.Failed {
		t.Errorf("the report of a handler's error is %+v", r)
	}
	r := Report{RequestID: "x", Duration: 1500 * time.Microsecond, Init: 2 * time.Millisecond, MemoryMB: 128, MaxMemoryMB: 20, Status: "error", ErrorType: TypeExit}
	if got := r.String(); got != "REPORT RequestId: x\tDuration: 1.50 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 20 MB\tInit Duration: 2.00 ms\tStatus: error\tError Type: Runtime.ExitError" {
		t.Errorf("report is %q", got)
	}
}

func TestTheTailHasTheLinesOfTheInvocationToItsReport(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	tail := WithCall(context.Background(), Call{Tail: true, RequestID: "11111111-2222-4333-8444-555555555555"})
	for payload, want := range map[string]string{
		`{"do":"answer and work on","ms":100}`: `(?s)^START RequestId: ID Version: \$LATEST\nbefore the answer\nafter the answer\nEND RequestId: ID\nREPORT RequestId: ID\t.*\n$`,
		`{"do":"flood"}`:                       `(?s)^y+\nEND RequestId: ID\nREPORT RequestId: ID\t.*\t\n$`,
		`{"do":"sleep","ms":60000}`:            `(?s)^START RequestId: ID Version: \$LATEST\nEND RequestId: ID\nREPORT RequestId: ID\tDuration: 1000\.00 ms\tBilled Duration: \d+ ms\t.*\tStatus: timeout\n$`,
		`{"do":"exit"}`:                        `(?s)^START .*\tStatus: error\tError Type: Runtime\.ExitError\n$`,
	} {
		fresh := newFixture(t, Options{}, func(f *Function) { f.Timeout = time.Second })
		r, err := fresh.Invoke(tail, "f", []byte(payload))
		if err != nil || len(r.Log) > 4096 || !regexp.MustCompile(strings.ReplaceAll(want, "ID", "11111111-2222-4333-8444-555555555555")).Match(r.Log) {
			t.Errorf("%s: %d bytes %.300q, %v", payload, len(r.Log), r.Log, err)
		}
	}
	if r := f.call("f", `{"do":"echo"}`); r.Log != nil {
		t.Errorf("a caller that did not ask gets %q", r.Log)
	}
}

func TestTheAnswerDoesNotWaitForWorkAfterIt(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	f.describe("f")
	begun := time.Now()
	f.want(`{"do":"answer and work on","ms":5000}`, `"done"`)
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("the answer took %s", took)
	}
	f.want(`{"do":"echo","text":"another process"}`, `"another process"`)
}

func TestAnInitializationThatFailsIsReported(t *testing.T) {
	t.Parallel()
	n := &notes{}
	f := newFixture(t, Options{Observer: n}, func(f *Function) { f.Environment["INIT"] = "exit" })
	f.wantError(`{}`, TypeExit, "exit status 3")
	for _, phase := range []string{"init", "invoke"} {
		if !regexp.MustCompile(`\[f\] INIT_REPORT Init Duration: \d+\.\d\d ms\tPhase: ` + phase + `\tStatus: error\tError Type: Runtime\.ExitError\n`).MatchString(f.log.String()) {
			t.Errorf("the log lacks the report of the phase %s", phase)
		}
	}
	if r := n.report(t, 1); r.Init != 0 || r.Status != "error" || r.Duration == 0 {
		t.Errorf("report is %+v", r)
	}
}

func TestTheClientContextReachesSynchronousInvocationsOnly(t *testing.T) {
	t.Parallel()
	f, events := recorded(t, Options{})
	ctx := WithCall(context.Background(), Call{ClientContext: `{"custom":{"colour":"blue"}}`})
	for range 2 {
		if r, err := f.Invoke(ctx, "f", []byte(`{"do":"describe"}`)); err != nil || !strings.Contains(string(r.Payload), `"client":{"colour":"blue"}`) {
			t.Errorf("got %.200s, %v", r.Payload, err)
		}
	}
	if err := f.InvokeAsync(ctx, "f", []byte(`{"do":"client"}`)); err != nil {
		t.Fatal(err)
	}
	within(t, 10*time.Second, "the event", func() bool {
		return slices.ContainsFunc(events(), func(e string) bool { return strings.HasSuffix(e, " no client") })
	})
}

func TestALineOfTheOutputCarriesItsRequestID(t *testing.T) {
	t.Parallel()
	n := &notes{}
	f := newFixture(t, Options{Observer: n})
	f.wantError(`{"do":"fork","text":"exit"}`, TypeExit, "")
	id := n.report(t, 1).RequestID
	n.mu.Lock()
	defer n.mu.Unlock()
	if !slices.ContainsFunc(n.lines, func(l Line) bool {
		return strings.HasPrefix(l.Text, "child ") && l.RequestID == id && l.Function == "f"
	}) {
		t.Errorf("lines are %+v, want one with the id %s", n.lines, id)
	}
}

func TestAProcessThatClosesItsConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{}, func(f *Function) { f.Timeout = time.Minute })
	f.want(`{"do":"hang up"}`, `"bye"`)
	within(t, 5*time.Second, "the process seems idle", func() bool { return f.idle() == 1 })
	within(t, 20*time.Second, "it closes its connection", func() bool { return strings.Contains(f.log.String(), "hung up") })
	time.Sleep(200 * time.Millisecond) // until the Runtime API has seen that
	begun := time.Now()
	f.want(`{"do":"echo","text":"fresh"}`, `"fresh"`)
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("the next invocation took %s", took)
	}
}

func TestATraceIsPassedOn(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	for header, want := range map[string]string{
		"Root=1-5fff599f-6fca6ee66e37fe5e518eb45b":                                   `^Root=1-5fff599f-6fca6ee66e37fe5e518eb45b;Parent=[0-9a-f]{16};Sampled=0$`,
		"Root=1-5fff599f-6fca6ee66e37fe5e518eb45b;Parent=53995c3f42cd8ad8;Sampled=1": `^Root=1-5fff599f-6fca6ee66e37fe5e518eb45b;Parent=53995c3f42cd8ad8;Sampled=1$`,
		"": `^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$`,
	} {
		r, err := f.Invoke(WithCall(context.Background(), Call{Trace: header}), "f", []byte(`{"do":"describe"}`))
		if err != nil || !regexp.MustCompile(`"trace":"`+want[1:len(want)-1]+`"`).Match(r.Payload) {
			t.Errorf("trace of %q: %s, %v", header, r.Payload, err)
		}
	}
}

func TestOtherCodeTakesOverAndTheOldFinishesItsWork(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	if _, err := f.Publish("f"); err != nil {
		t.Fatal(err)
	}
	if err := f.SetAlias("f", "live", "1"); err != nil {
		t.Fatal(err)
	}
	idle := f.describe("f:live").PID
	answer := make(chan Result, 1)
	go func() {
		r, _ := f.Invoke(context.Background(), "f", []byte(`{"do":"sleep","ms":700}`))
		answer <- r
	}()
	within(t, 5*time.Second, "the old code works", func() bool { return f.functions["f"].running.Load() == 1 })
	next := t.TempDir()
	if err := os.Link(filepath.Join(codeDir, "bootstrap"), filepath.Join(next, "bootstrap")); err != nil {
		t.Fatal(err)
	}
	if err := f.Replace("f", next); err != nil {
		t.Fatal(err)
	}
	if d := f.describeNow("f:live"); !slices.Contains(d.Env, "LAMBDA_TASK_ROOT="+next) || d.ARN != testARN+":live" {
		t.Errorf("the alias runs the old code")
	}
	within(t, 5*time.Second, "the idle process of the old code ends", func() bool { return ended(idle) })
	if r := <-answer; r.FunctionError != "" {
		t.Errorf("the invocation of the old code gives %s", r.Payload)
	}
	if err := f.Replace("f", t.TempDir()); err == nil || !strings.Contains(err.Error(), "build the functions") {
		t.Errorf("code without a binary: %v", err)
	}
}

func TestTheStateOfAFunctionIsTold(t *testing.T) {
	t.Parallel()
	n, none := &notes{}, 0
	f := newFixture(t, Options{Observer: n}, func(f *Function) { f.Reserved = &none })
	if _, err := f.Invoke(context.Background(), "f", nil); err == nil {
		t.Fatal("a function without concurrency ran")
	}
	if len(n.throttles) != 1 {
		t.Errorf("throttles are %v", n.throttles)
	}
	_, _ = f.Publish("f")
	_ = f.SetAlias("f", "live", "1")
	if s := f.Functions(); len(s) != 1 || s[0].Name != "f" || s[0].MemoryMB != 128 || s[0].Concurrency != 0 || !slices.Equal(s[0].Aliases, []string{"live -> 1"}) {
		t.Errorf("state is %+v", s)
	}
}

// held counts what this process holds: goroutines, open files and child processes.
func held(t *testing.T) (goroutines, files, children int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system does not list open files")
	}
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	for _, l := range lists {
		b, _ := os.ReadFile(l)
		children += len(strings.Fields(string(b)))
	}
	return runtime.NumGoroutine(), len(entries), children
}

// It is not parallel, so that nothing else of this package runs meanwhile.
func TestABadFunctionLeavesNothingBehind(t *testing.T) {
	goroutines, files, children := held(t)
	f := newFixture(t, Options{RetryDelay: time.Hour}, func(f *Function) { f.Timeout, f.MemoryMB = time.Second, 64 })
	for _, e := range []string{
		`{"do":"exit"}`, `{"do":"garbage"}`, `{"do":"flood"}`, `{"do":"fork"}`, `{"do":"fork","text":"exit"}`, `{"do":"fork","text":"escape"}`, `{"do":"large"}`, `{"do":"answer and work on","ms":60000}`,
		`{"do":"answer and exit"}`, `{"do":"allocate","ms":100}`, `{"do":"sleep","ms":60000}`, `{"do":"hang up"}`, `{"do":"echo"}`, `not json`,
	} {
		f.call("f", e)
	}
	if err := f.InvokeAsync(context.Background(), "f", []byte(`{"do":"fail"}`)); err != nil {
		t.Fatal(err)
	}
	f.Close()
	within(t, 5*time.Second, "everything is as before", func() bool {
		g, fd, c := held(t)
		return g <= goroutines && fd <= files && c <= children
	})
}
