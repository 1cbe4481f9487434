package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// codeDir holds the bootstrap that TestMain builds from testdata/function.
var codeDir string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "lambda-test-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	codeDir = dir
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", filepath.Join(dir, "bootstrap"), "./testdata/function")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the test function: %v\n%s", err, out)
		return 1
	}
	code := m.Run()
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

const testARN = "arn:aws:lambda:us-east-1:000000000000:function:f"

// logBuffer is a log that a test reads while the functions write.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

type fixture struct {
	t *testing.T
	*Registry
	log *logBuffer
}

// newFixture is a registry with the function "f", changed by the edits.
func newFixture(t *testing.T, o Options, edits ...func(*Function)) fixture {
	t.Helper()
	return tuned(t, o, func(*Registry) {}, edits...)
}

// tuned is newFixture with other limits of the registry.
func tuned(t *testing.T, o Options, tune func(*Registry), edits ...func(*Function)) fixture {
	t.Helper()
	log := &logBuffer{}
	o.Log, o.Prefix = log, strings.TrimSuffix(testARN, "f")
	r := NewRegistry(o)
	tune(r)
	t.Cleanup(r.Close)
	f := Function{Name: "f", ARN: testARN, Dir: codeDir, Timeout: 10 * time.Second, Environment: map[string]string{}}
	for _, edit := range edits {
		edit(&f)
	}
	if err := r.Add(f); err != nil {
		t.Fatal(err)
	}
	return fixture{t, r, log}
}

func (f fixture) call(name, payload string) Result {
	f.t.Helper()
	r, err := f.Invoke(context.Background(), name, []byte(payload))
	if err != nil {
		f.t.Fatal(err)
	}
	return r
}

func (f fixture) want(payload, answer string) {
	f.t.Helper()
	r := f.call("f", payload)
	if r.FunctionError != "" || string(r.Payload) != answer {
		f.t.Errorf("%s gives %s (%q), want %s", payload, r.Payload, r.FunctionError, answer)
	}
}

func (f fixture) wantError(payload, kind, part string) {
	f.t.Helper()
	r := f.call("f", payload)
	if r.FunctionError != Unhandled || r.ErrorType() != kind || !strings.Contains(string(r.Payload), part) {
		f.t.Errorf("%s gives %s (%q), want error %s with %q", payload, r.Payload, r.FunctionError, kind, part)
	}
}

// settled reports whether no process of "f" works.
func (f fixture) settled() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.functions["f"].versions {
		if len(p.slots) > 0 {
			return false
		}
	}
	return true
}

// idle counts the processes of $LATEST that wait for an event.
func (f fixture) idle() int {
	p := f.functions["f"].versions[latest]
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle)
}

type description struct {
	PID, Calls int
	ARN, ID    string
	Left       float64
	Trace      string
	Env        []string
}

func (f fixture) describeNow(name string) (d description) {
	f.t.Helper()
	r := f.call(name, `{"do":"describe"}`)
	if err := json.Unmarshal(r.Payload, &d); err != nil {
		f.t.Fatalf("%s: %v", r.Payload, err)
	}
	return d
}

// describe also waits until the process is idle again.
func (f fixture) describe(name string) description {
	f.t.Helper()
	d := f.describeNow(name)
	within(f.t, 5*time.Second, "the process is idle", f.settled)
	return d
}

func within(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

func ended(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(b), ") Z ")
}

func TestOneWarmProcessServesOneInvocationAfterTheOther(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	first, second := f.describe("f"), f.describe("f")
	if first.PID != second.PID || second.Calls != 2 {
		t.Errorf("calls went to processes %d and %d, the last with %d calls", first.PID, second.PID, second.Calls)
	}
	if first.ID == second.ID {
		t.Error("two invocations have the same request id")
	}
}

func TestSimultaneousInvocationsEachHaveAProcess(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	pids := make(chan string, 3)
	for range 3 {
		go func() {
			r, _ := f.Invoke(context.Background(), "f", []byte(`{"do":"sleep","ms":400}`))
			pids <- string(r.Payload)
		}()
	}
	seen := map[string]bool{<-pids: true, <-pids: true, <-pids: true}
	if len(seen) != 3 {
		t.Errorf("three invocations at once ran in %d processes", len(seen))
	}
}

func TestProcessesThatStayIdleEndExceptOne(t *testing.T) {
	t.Parallel()
	f := tuned(t, Options{}, func(r *Registry) { r.idleTime = 400 * time.Millisecond })
	done := make(chan struct{}, 3)
	for range 3 {
		go func() {
			_, _ = f.Invoke(context.Background(), "f", []byte(`{"do":"sleep","ms":200}`))
			done <- struct{}{}
		}()
	}
	for range 3 {
		<-done
	}
	within(t, 5*time.Second, "three processes are idle", func() bool { return f.idle() == 3 })
	within(t, 5*time.Second, "one process is left", func() bool { return f.idle() == 1 })
	time.Sleep(600 * time.Millisecond)
	if f.idle() != 1 {
		t.Error("the last process has ended")
	}
}

func TestMoreInvocationsThanProcessesWait(t *testing.T) {
	t.Parallel()
	f := tuned(t, Options{}, func(r *Registry) { r.processes = 1 })
	answers := make(chan error, 4)
	for range 4 {
		go func() {
			_, err := f.Invoke(context.Background(), "f", []byte(`{"do":"sleep","ms":20}`))
			answers <- err
		}()
	}
	for range 4 {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
}

func TestReservedConcurrencyThrottlesAtOnce(t *testing.T) {
	t.Parallel()
	one := 1
	f := newFixture(t, Options{}, func(f *Function) { f.Reserved = &one })
	done := make(chan struct{})
	go func() {
		_, _ = f.Invoke(context.Background(), "f", []byte(`{"do":"sleep","ms":500}`))
		close(done)
	}()
	within(t, 5*time.Second, "the first invocation runs", func() bool { return f.functions["f"].running.Load() == 1 })
	if _, err := f.Invoke(context.Background(), "f", []byte(`{"do":"echo"}`)); !errors.Is(err, ErrThrottled) {
		t.Errorf("error is %v, want ErrThrottled", err)
	}
	<-done
	within(t, 5*time.Second, "the concurrency is free again", f.settled)
	f.want(`{"do":"echo","text":"again"}`, `"again"`)
}

func TestTheConcurrencyIsFreeOnceTheAnswerIsThere(t *testing.T) {
	t.Parallel()
	one := 1
	f := newFixture(t, Options{}, func(f *Function) { f.Reserved = &one })
	for range 200 {
		f.want(`{"do":"echo","text":"next"}`, `"next"`)
	}
}

func TestAnErrorOfTheHandlerIsAResult(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	f.wantError(`{"do":"fail","text":"no luck"}`, "errorString", "no luck")
	f.want(`{"do":"echo","text":"still here"}`, `"still here"`)
}

func TestAPanicIsAResultAndTheNextInvocationHasAFreshProcess(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	before := f.describe("f").PID
	r := f.call("f", `{"do":"panic","text":"oh"}`)
	if r.FunctionError != Unhandled || !strings.Contains(string(r.Payload), "oh") {
		t.Errorf("a panic gives %s", r.Payload)
	}
	if after := f.describe("f").PID; after == before {
		t.Error("the process that panicked is used again")
	}
}

func TestAnExitWithoutAnswerIsAnExitErrorAndTheNextInvocationIsFast(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	f.wantError(`{"do":"exit"}`, TypeExit, "exit status 7")
	f.want(`{"do":"echo","text":"fresh"}`, `"fresh"`)
}

func TestAnAnswerBeforeTheExitCounts(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	f.want(`{"do":"answer and exit"}`, `"last words"`)
	f.want(`{"do":"echo","text":"fresh"}`, `"fresh"`)
}

func TestATimeoutEndsTheProcessAlthoughItIgnoresSIGTERM(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{}, func(f *Function) { f.Timeout = time.Second })
	pid := f.describe("f").PID
	f.wantError(`{"do":"sleep","ms":60000}`, TypeTimeout, "Task timed out after 1.00 seconds")
	if !ended(pid) {
		t.Error("the process lives on after the timeout")
	}
	f.want(`{"do":"echo","text":"fresh"}`, `"fresh"`)
}

func TestForkedProcessesEndWithTheirFunction(t *testing.T) {
	t.Parallel()
	forks := []string{`{"do":"fork"}`}
	if runtime.GOOS == "linux" { // which tells the environment of a process that has left the group
		forks = append(forks, `{"do":"fork","text":"escape"}`)
	}
	for _, fork := range forks {
		f := newFixture(t, Options{})
		var pid int
		if err := json.Unmarshal(f.call("f", fork).Payload, &pid); err != nil {
			t.Fatal(err)
		}
		f.wantError(`{"do":"exit"}`, TypeExit, "")
		within(t, 5*time.Second, fork+": the forked process ends", func() bool { return ended(pid) })
	}
}

func TestAForkThatHoldsTheOutputDoesNotDelayTheExit(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	f.describe("f")
	begun := time.Now()
	f.wantError(`{"do":"fork","text":"exit"}`, TypeExit, "exit status 1")
	if took := time.Since(begun); took > time.Second {
		t.Errorf("the exit was seen after %s", took)
	}
}

func TestAnAnswerToAnotherRequestIsRefused(t *testing.T) {
	t.Parallel()
	newFixture(t, Options{}).want(`{"do":"foreign answer"}`, `"mine"`)
}

func TestTheRuntimeAPIRefusesAsLambdaDoes(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	for path, want := range map[string]string{
		"invocation/other/response": `"400 {\"errorType\":\"InvalidRequestID\",\"errorMessage\":\"Invalid request ID\"}"`,
		"invocation/other/error":    `"400 {\"errorType\":\"InvalidRequestID\",\"errorMessage\":\"Invalid request ID\"}"`,
		"init/error":                `"403 {\"errorType\":\"InvalidStateTransition\",\"errorMessage\":\"the initialization is over\"}"`,
		"invocation/ID/other":       `"404 404 page not found\n"`,
	} {
		f.want(`{"do":"post","text":"`+path+`"}`, want)
	}
}

func TestAskingForTheNextEventBeforeAnsweringIsRefused(t *testing.T) {
	t.Parallel()
	newFixture(t, Options{}).want(`{"do":"ask twice"}`, `403`)
}

func TestTheFirstAnswerCountsAndIsPassedOnToTheLetter(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	f.want(`{"do":"garbage"}`, "\x00not json")
	f.want(`{"do":"echo","text":"fresh"}`, `"fresh"`)
}

func TestAnAnswerOverTheLimitIsAnError(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	f.wantError(`{"do":"large"}`, "Function.ResponseSizeTooLarge", "6291556 bytes")
	f.want(`{"do":"echo","text":"fresh"}`, `"fresh"`)
}

func TestARequestOverTheLimitIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	if _, err := f.Invoke(context.Background(), "f", make([]byte, MaxPayload+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("error is %v, want ErrTooLarge", err)
	}
}

func TestACallerThatGoesAwayDoesNotStopTheFunction(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	pid := f.describe("f").PID
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := f.Invoke(ctx, "f", []byte(`{"do":"sleep","ms":300}`)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v, want the deadline", err)
	}
	within(t, 5*time.Second, "the process is idle again", f.settled)
	if after := f.describe("f").PID; after != pid {
		t.Error("the process was replaced")
	}
}

func TestACrashAtStartIsTriedOnceMoreAndThenReported(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{}, func(f *Function) { f.Environment["INIT"] = "exit" })
	f.wantError(`{}`, TypeExit, "exit status 3")
	if n := strings.Count(f.log.String(), "[f] cannot start"); n != 2 {
		t.Errorf("the process was started %d times, want 2", n)
	}
}

func TestACrashAtTheFirstStartOnlyIsNotSeenByTheCaller(t *testing.T) {
	t.Parallel()
	mark := filepath.Join(t.TempDir(), "mark")
	f := newFixture(t, Options{}, func(f *Function) { f.Environment["INIT"], f.Environment["MARK"] = "once", mark })
	f.want(`{"do":"echo","text":"up"}`, `"up"`)
}

func TestAnInitErrorReachesTheCaller(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{}, func(f *Function) { f.Environment["INIT"] = "error" })
	f.wantError(`{}`, "Config", "no key")
}

func TestAnInitThatHangsTimesOut(t *testing.T) {
	t.Parallel()
	f := tuned(t, Options{}, func(r *Registry) { r.initTimeout = 100 * time.Millisecond }, func(f *Function) {
		f.Environment["INIT"], f.Timeout = "hang", 200*time.Millisecond
	})
	f.wantError(`{}`, TypeTimeout, "Task timed out after 0.20 seconds")
}

func TestASlowInitGetsTheFunctionsTimeoutAtItsSecondTry(t *testing.T) {
	t.Parallel()
	f := tuned(t, Options{}, func(r *Registry) { r.initTimeout = 50 * time.Millisecond }, func(f *Function) {
		f.Environment["INIT"], f.Environment["WAIT"] = "slow", "300ms"
	})
	f.want(`{"do":"echo","text":"up"}`, `"up"`)
}

func TestTheInitPhaseIsNotPartOfTheFunctionsTimeout(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{}, func(f *Function) {
		f.Environment["INIT"], f.Environment["WAIT"], f.Timeout = "slow", "1.5s", time.Second
	})
	f.want(`{"do":"echo","text":"up"}`, `"up"`)
}

func TestTheDefinedVariablesAreSet(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{Environment: map[string]string{"AWS_REGION": "us-east-1"}}, func(f *Function) {
		f.Handler, f.MemoryMB, f.Environment["COLOUR"] = "bootstrap", 256, "blue"
		f.LogGroup, f.LogFormat, f.LogLevel, f.Environment["TZ"] = "own", "JSON", "DEBUG", "own"
	})
	got := f.describe("f")
	for _, want := range []string{
		"AWS_LAMBDA_FUNCTION_NAME=f", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256", "_HANDLER=bootstrap",
		"AWS_LAMBDA_LOG_GROUP_NAME=own", "AWS_LAMBDA_LOG_FORMAT=JSON", "AWS_LAMBDA_LOG_LEVEL=DEBUG", "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand", "AWS_XRAY_CONTEXT_MISSING=LOG_ERROR", "AWS_XRAY_DAEMON_ADDRESS=127.0.0.1:2000", "LAMBDA_TASK_ROOT=" + codeDir,
		"AWS_REGION=us-east-1", "COLOUR=blue", "TZ=own",
	} {
		if !slices.Contains(got.Env, want) {
			t.Errorf("the environment lacks %s", want)
		}
	}
	if !strings.HasPrefix(got.Trace, "Root=1-") {
		t.Errorf("trace is %q", got.Trace)
	}
}

func TestAnAliasRunsItsVersionAndStaysInTheInvokedARN(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	version, err := f.Publish(testARN)
	if err != nil || version != "1" {
		t.Fatalf("first version is %q, %v", version, err)
	}
	for _, alias := range []string{"live", "session"} {
		if err := f.SetAlias("f", alias, version); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"f:live", testARN + ":live", "000000000000:function:f:live"} {
		d := f.describe(name)
		if d.ARN != testARN+":live" || !slices.Contains(d.Env, "AWS_LAMBDA_FUNCTION_VERSION=1") {
			t.Errorf("%s: told ARN %s", name, d.ARN)
		}
	}
	if a, b := f.describe("f:live"), f.describe("f:session"); a.PID != b.PID || b.ARN != testARN+":session" {
		t.Errorf("two aliases of one version: processes %d and %d, ARN %s", a.PID, b.PID, b.ARN)
	}
	if d := f.describe("f"); d.ARN != testARN || !slices.Contains(d.Env, "AWS_LAMBDA_FUNCTION_VERSION=$LATEST") {
		t.Errorf("unqualified: told ARN %s", d.ARN)
	}
}

func TestReservedOrTooManyVariablesAreRefused(t *testing.T) {
	t.Parallel()
	r := NewRegistry(Options{})
	defer r.Close()
	for part, variables := range map[string]map[string]string{
		"AWS_REGION is reserved":                  {"AWS_REGION": "eu-west-1"},
		"AWS_LAMBDA_FUNCTION_VERSION is reserved": {"AWS_LAMBDA_FUNCTION_VERSION": "1"},
		"4097 bytes": {"A": strings.Repeat("x", 4096)},
	} {
		err := r.Add(Function{Name: "f", ARN: testARN, Dir: codeDir, Environment: variables})
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("want an error with %q, got %v", part, err)
		}
	}
	if err := r.Add(Function{Name: "f", ARN: testARN, Dir: codeDir, Environment: map[string]string{"A": strings.Repeat("x", 4095)}}); err != nil {
		t.Errorf("variables of 4096 bytes: %v", err)
	}
}

func TestWhatDoesNotExistIsNotFoundAndNamedByItsQualifiedARN(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	g := strings.TrimSuffix(testARN, "f") + "g"
	elsewhere := "arn:aws:lambda:eu-west-1:000000000000:function:f"
	for name, arn := range map[string]string{
		"g": g + ":$LATEST", "f:live": testARN + ":live", "f:1": testARN + ":1", testARN + ":live": testARN + ":live", "000000000000:function:g:2": g + ":2",
		elsewhere: elsewhere + ":$LATEST",
	} {
		if _, err := f.Invoke(context.Background(), name, nil); !errors.Is(err, ErrNotFound) || err.Error() != "function not found: "+arn {
			t.Errorf("%q gives %v, want that %s is not found", name, err, arn)
		}
	}
	if err := f.SetAlias("f", "live", "9"); !errors.Is(err, ErrNotFound) {
		t.Errorf("an alias of no version gives %v", err)
	}
}

func TestANameOfAnotherFormIsInvalid(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	for _, name := range []string{"", "f:", "a:b:c:d", "f/g", testARN + ":a:b"} {
		if _, err := f.Invoke(context.Background(), name, nil); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "Value '"+name+"' at 'functionName'") {
			t.Errorf("%q gives %v, want ErrInvalid", name, err)
		}
	}
}

func TestALineWithoutEndIsCutAndPrefixed(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	f.want(`{"do":"flood"}`, `"done"`)
	f.Close()
	total := 0
	for line := range strings.Lines(f.log.String()) {
		if len(line) > maxLine+len("[f] \n") || !strings.HasPrefix(line, "[f] ") {
			t.Fatalf("a log line of %d bytes begins with %.8q", len(line), line)
		}
		if !strings.Contains(line, "REPORT") {
			total += strings.Count(line, "y")
		}
	}
	if total != 3<<20 {
		t.Errorf("%d bytes were logged, want %d", total, 3<<20)
	}
}

func TestEachInvocationIsReportedInTheLog(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	id := f.describe("f").ID
	within(t, time.Second, "the report", func() bool {
		return strings.Contains(f.log.String(), "[f] REPORT RequestId: "+id+"\tDuration: ") && strings.Contains(f.log.String(), "Init Duration: ")
	})
}

func TestCloseEndsProcessesInTheMiddleOfTheirWork(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	pid := f.describe("f").PID
	done := make(chan Result, 1)
	go func() {
		r, _ := f.Invoke(context.Background(), "f", []byte(`{"do":"sleep","ms":60000}`))
		done <- r
	}()
	within(t, 5*time.Second, "the process works", func() bool { return f.functions["f"].running.Load() == 1 })
	f.Close()
	if r := <-done; r.FunctionError == "" {
		t.Errorf("the running invocation gives %s", r.Payload)
	}
	if !ended(pid) {
		t.Error("the process lives on")
	}
	if _, err := f.Invoke(context.Background(), "f", nil); !errors.Is(err, ErrClosed) {
		t.Errorf("error is %v, want ErrClosed", err)
	}
}
