package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// recorded is a fixture whose function "f" writes each event that it gets into a file.
func recorded(t *testing.T, o Options, edits ...func(*Function)) (fixture, func() []string) {
	t.Helper()
	mark := filepath.Join(t.TempDir(), "mark")
	f := newFixture(t, o, append(edits, func(f *Function) { f.Environment["MARK"] = mark })...)
	return f, func() []string {
		b, _ := os.ReadFile(mark)
		return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	}
}

func TestAFailedEventIsTriedTwiceMoreWithTheSameRequestID(t *testing.T) {
	t.Parallel()
	f, events := recorded(t, Options{RetryDelay: time.Millisecond})
	if err := f.InvokeAsync(context.Background(), "f", []byte(`{"do":"fail"}`)); err != nil {
		t.Fatal(err)
	}
	within(t, 10*time.Second, "three attempts", func() bool { return len(events()) == 3 })
	time.Sleep(20 * time.Millisecond)
	if got := events(); len(got) != 3 || got[0] != got[1] || got[1] != got[2] {
		t.Errorf("attempts are %q", got)
	}
}

func TestAnEventThatSucceedsRunsOnce(t *testing.T) {
	t.Parallel()
	f, events := recorded(t, Options{RetryDelay: time.Millisecond})
	if err := f.InvokeAsync(context.Background(), "f", []byte(`{"do":"describe"}`)); err != nil {
		t.Fatal(err)
	}
	within(t, 10*time.Second, "the run", func() bool { return len(events()) == 1 && f.settled() })
	time.Sleep(20 * time.Millisecond)
	if len(events()) != 1 {
		t.Errorf("runs are %q", events())
	}
}

func TestTheFailureDestinationGetsTheRecordOfTheEvent(t *testing.T) {
	t.Parallel()
	f, events := recorded(t, Options{RetryDelay: time.Millisecond})
	failing := Function{Name: "g", ARN: strings.TrimSuffix(testARN, "f") + "g", Dir: codeDir, Timeout: 10 * time.Second}
	if err := f.Add(failing); err != nil {
		t.Fatal(err)
	}
	if err := f.ConfigureAsync("g", latest, AsyncConfig{Retries: 1, MaxAge: time.Minute, OnFailure: testARN}); err != nil {
		t.Fatal(err)
	}
	if err := f.InvokeAsync(context.Background(), "g", []byte(`{"do":"fail","text":"no luck"}`)); err != nil {
		t.Fatal(err)
	}
	within(t, 10*time.Second, "the record", func() bool { return events()[0] != "" })
	var record struct {
		Version        string
		RequestContext struct {
			FunctionArn, Condition string
			ApproximateInvokeCount int
		}
		RequestPayload  struct{ Text string }
		ResponseContext struct {
			StatusCode                     int
			ExecutedVersion, FunctionError string
		}
		ResponsePayload struct{ ErrorMessage string }
	}
	_, text, _ := strings.Cut(events()[0], " ")
	if err := json.Unmarshal([]byte(text), &record); err != nil {
		t.Fatal(err)
	}
	c := record.RequestContext
	if record.Version != "1.0" || c.Condition != "RetriesExhausted" || c.ApproximateInvokeCount != 2 || c.FunctionArn != failing.ARN+":$LATEST" ||
		record.RequestPayload.Text != "no luck" || record.ResponseContext.FunctionError != Unhandled || record.ResponseContext.ExecutedVersion != latest ||
		record.ResponseContext.StatusCode != 200 || record.ResponsePayload.ErrorMessage != "no luck" {
		t.Errorf("record is %s", text)
	}
}

func TestAThrottledEventIsTriedLater(t *testing.T) {
	t.Parallel()
	one := 1
	f, events := recorded(t, Options{}, func(f *Function) { f.Reserved = &one })
	for range 2 {
		if err := f.InvokeAsync(context.Background(), "f", []byte(`{"do":"sleep","ms":200}`)); err != nil {
			t.Fatal(err)
		}
	}
	within(t, 10*time.Second, "both events run", func() bool { return len(events()) == 2 })
}

func TestAnEventToAFunctionWithoutConcurrencyGoesToItsDestinationAtOnce(t *testing.T) {
	t.Parallel()
	none := 0
	f, events := recorded(t, Options{})
	if err := f.Add(Function{Name: "off", ARN: strings.TrimSuffix(testARN, "f") + "off", Dir: codeDir, Reserved: &none}); err != nil {
		t.Fatal(err)
	}
	if err := f.ConfigureAsync("off", latest, AsyncConfig{Retries: 2, MaxAge: time.Hour, OnFailure: testARN}); err != nil {
		t.Fatal(err)
	}
	if err := f.InvokeAsync(context.Background(), "off", []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	within(t, 10*time.Second, "the record", func() bool {
		return strings.Contains(events()[0], `"condition":"ZeroReservedConcurrency"`) && strings.Contains(events()[0], `"approximateInvokeCount":0`)
	})
	if _, err := f.Invoke(context.Background(), "off", []byte(`{}`)); !errors.Is(err, ErrReserved) {
		t.Errorf("error is %v", err)
	}
}

func TestEventsThatAreRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	if err := f.InvokeAsync(context.Background(), "none", nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("error is %v", err)
	}
	if err := f.InvokeAsync(context.Background(), "f", make([]byte, MaxAsyncPayload+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("error is %v", err)
	}
	for range maxAsyncEvents {
		f.events <- struct{}{}
	}
	if err := f.InvokeAsync(context.Background(), "f", nil); !errors.Is(err, ErrThrottled) {
		t.Errorf("error is %v", err)
	}
	f.Close()
	<-f.events
	if err := f.InvokeAsync(context.Background(), "f", nil); !errors.Is(err, ErrClosed) {
		t.Errorf("error is %v", err)
	}
}

func TestCloseDoesNotWaitForRetries(t *testing.T) {
	t.Parallel()
	f, events := recorded(t, Options{})
	if err := f.InvokeAsync(context.Background(), "f", []byte(`{"do":"fail"}`)); err != nil {
		t.Fatal(err)
	}
	within(t, 10*time.Second, "the first attempt", func() bool { return events()[0] != "" })
	begun := time.Now()
	if f.Close(); time.Since(begun) > 10*time.Second {
		t.Errorf("closed after %s", time.Since(begun))
	}
}
