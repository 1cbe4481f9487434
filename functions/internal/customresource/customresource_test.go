package customresource

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// cloudFormation takes answers at a presigned address, after refusing some.
type cloudFormation struct {
	*httptest.Server
	mu      sync.Mutex
	refuse  int
	answers []map[string]any
	log     bytes.Buffer
	// goesBack is what the handler tells a rollback by.
	goesBack func(Request) bool
}

func newCloudFormation(t *testing.T, refuse int) *cloudFormation {
	t.Helper()
	c := &cloudFormation{refuse: refuse}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		body, err := io.ReadAll(r.Body)
		var a map[string]any
		if err != nil || json.Unmarshal(body, &a) != nil || r.Method != http.MethodPut || r.Header.Get("Content-Type") != "" || r.URL.RawQuery != "X-Amz-Signature=geheim" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if c.refuse > 0 {
			c.refuse--
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		c.answers = append(c.answers, a)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *cloudFormation) ask(t *testing.T, ctx context.Context, kind string, apply func(context.Context) (map[string]string, error)) error {
	t.Helper()
	h := &Handler{PhysicalID: "miyabi-schema", Apply: apply, GoesBack: c.goesBack, Reserve: time.Minute, Client: c.Client(), Log: slog.New(slog.NewJSONHandler(&c.log, nil))}
	payload, err := json.Marshal(map[string]any{
		"RequestType": kind, "ResponseURL": c.URL + "/?X-Amz-Signature=geheim", "StackId": "stack", "RequestId": "request",
		"LogicalResourceId": "Schema", "PhysicalResourceId": "old", "ResourceProperties": map[string]string{"MigrationsHash": "x"},
		"OldResourceProperties": map[string]string{"MigrationsHash": "y"},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Invoke(ctx, payload)
	if strings.Contains(c.log.String(), "geheim") || err != nil && strings.Contains(err.Error(), "geheim") {
		t.Error("the signature of the address is told")
	}
	return err
}

func (c *cloudFormation) wantAnswer(t *testing.T, status, reason string) map[string]any {
	t.Helper()
	if len(c.answers) != 1 {
		t.Fatalf("%d answers", len(c.answers))
	}
	a := c.answers[0]
	got, _ := a["Reason"].(string)
	if a["Status"] != status || !strings.Contains(got, reason) || a["PhysicalResourceId"] != "miyabi-schema" || a["StackId"] != "stack" ||
		a["RequestId"] != "request" || a["LogicalResourceId"] != "Schema" {
		t.Errorf("the answer is %v", a)
	}
	return a
}

func worked(context.Context) (map[string]string, error) {
	return map[string]string{"Version": "3"}, nil
}

func TestCreateAndUpdateApply(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{Create, Update} {
		c := newCloudFormation(t, 0)
		if err := c.ask(t, t.Context(), kind, worked); err != nil {
			t.Fatal(err)
		}
		if data, _ := c.wantAnswer(t, "SUCCESS", "")["Data"].(map[string]any); data["Version"] != "3" {
			t.Errorf("data %v", data)
		}
	}
}

func TestDeleteChangesNothing(t *testing.T) {
	t.Parallel()
	c := newCloudFormation(t, 0)
	err := c.ask(t, t.Context(), Delete, func(context.Context) (map[string]string, error) {
		t.Error("was applied")
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	c.wantAnswer(t, "SUCCESS", "")
}

func TestGoingBackChangesNothing(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{Update: "SUCCESS", Create: "FAILED"} {
		c := newCloudFormation(t, 0)
		c.goesBack = func(r Request) bool { return r.OldProperties["MigrationsHash"] == "y" }
		err := c.ask(t, t.Context(), kind, func(context.Context) (map[string]string, error) { return nil, errors.New("was applied") })
		if err != nil {
			t.Fatal(err)
		}
		c.wantAnswer(t, want, "")
	}
}

func TestFailuresAreAnswered(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		kind, reason string
		apply        func(context.Context) (map[string]string, error)
	}{
		"an error": {Update, "division by zero", func(context.Context) (map[string]string, error) { return nil, errors.New("division by zero") }},
		"a panic":  {Create, "panic: a mistake", func(context.Context) (map[string]string, error) { panic("a mistake") }},
		"unknown":  {"Read", "unknown request type", worked},
		"a long one": {Create, "…", func(context.Context) (map[string]string, error) {
			return nil, errors.New(strings.Repeat("雅", 5000))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCloudFormation(t, 0)
			if err := c.ask(t, t.Context(), one.kind, one.apply); err != nil {
				t.Fatal(err)
			}
			c.wantAnswer(t, "FAILED", one.reason)
		})
	}
}

func TestItAnswersBeforeTheFunctionIsOutOfTime(t *testing.T) {
	t.Parallel()
	c := newCloudFormation(t, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	err := c.ask(t, ctx, Create, func(ctx context.Context) (map[string]string, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	if err != nil || ctx.Err() != nil {
		t.Fatalf("error %v, context %v", err, ctx.Err())
	}
	c.wantAnswer(t, "FAILED", "deadline exceeded")
}

func TestTheAnswerIsSentAgainWhenItIsNotTaken(t *testing.T) {
	t.Parallel()
	c := newCloudFormation(t, 1)
	if err := c.ask(t, t.Context(), Create, worked); err != nil {
		t.Fatal(err)
	}
	c.wantAnswer(t, "SUCCESS", "")
	gone := newCloudFormation(t, 0)
	gone.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := gone.ask(t, ctx, Create, worked); err == nil {
		t.Error("nobody took the answer, and no error")
	}
}

func TestOtherEventsAreRefused(t *testing.T) {
	t.Parallel()
	h := &Handler{Log: slog.New(slog.DiscardHandler)}
	for _, payload := range []string{``, `{}`, `[]`, `{"version":"2.0"}`} {
		if _, err := h.Invoke(t.Context(), []byte(payload)); !errors.Is(err, ErrNotRequest) {
			t.Errorf("%s: error is %v", payload, err)
		}
	}
}
