package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Limits of asynchronous invocations.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
const (
	// MaxAsyncPayload is the largest event in bytes.
	MaxAsyncPayload = 1 << 20
	// DefaultRetries is how often an event is tried again after an error of the function.
	DefaultRetries = 2
	// DefaultEventAge is how long an event may wait.
	DefaultEventAge = 6 * time.Hour
	// maxAsyncEvents bounds the events that wait or run on this machine; AWS has no such bound.
	maxAsyncEvents = 1000
	// firstBackoff and lastBackoff bound the pauses after a throttled attempt.
	firstBackoff, lastBackoff = time.Second, 5 * time.Minute
)

// AsyncConfig is the configuration of one AWS::Lambda::EventInvokeConfig.
type AsyncConfig struct {
	// Retries is MaximumRetryAttempts, 0 to 2.
	Retries int
	// MaxAge is MaximumEventAgeInSeconds, 1 minute to 6 hours.
	MaxAge time.Duration
	// OnSuccess and OnFailure are the ARNs of functions, or "".
	OnSuccess, OnFailure string
}

// InvokeAsync accepts an event (InvocationType Event) and runs the function behind the caller's back: after an error
// of the function it is tried again as the function's AsyncConfig says. The error is ErrInvalid, ErrNotFound, ErrTooLarge,
// ErrThrottled or ErrClosed. Events that still wait when the registry is closed are lost.
func (r *Registry) InvokeAsync(ctx context.Context, nameOrARN string, payload []byte) error {
	if len(payload) > MaxAsyncPayload {
		return tooLarge(payload, "Event", MaxAsyncPayload)
	}
	if _, err := r.resolve(nameOrARN); err != nil {
		return err
	}
	select {
	case r.events <- struct{}{}:
	default:
		return fmt.Errorf("%w: %d events wait", ErrThrottled, maxAsyncEvents)
	}
	call := CallOf(ctx)
	call.ClientContext = "" // events have none
	e := &event{registry: r, name: nameOrARN, call: call, payload: payload, accepted: time.Now(), backoff: firstBackoff}
	if !r.goRun(func() { defer func() { <-r.events }(); e.deliver() }) {
		<-r.events
		return ErrClosed
	}
	return nil
}

// event is an accepted asynchronous invocation. All its attempts have the same request id.
type event struct {
	registry *Registry
	name     string
	call     Call
	payload  []byte
	accepted time.Time
	target   target
	attempts int
	// backoff is the pause after the next throttled attempt.
	backoff time.Duration
}

// deliver tries until the event needs no other attempt or the registry is closed.
func (e *event) deliver() {
	for {
		t, err := e.registry.resolve(e.name)
		if err != nil {
			return
		}
		e.target = t
		result, err := t.pool.invoke(context.Background(), newInvocation(e.call, t.arn, e.payload))
		if errors.Is(err, ErrClosed) {
			return
		}
		condition, pause := e.judge(result, err)
		if condition != "" {
			e.send(condition, result)
			return
		}
		select {
		case <-e.registry.open.Done():
			return
		case <-time.After(pause):
		}
	}
}

// success is the condition of an event that needs no other attempt because its function succeeded.
const success = "Success"

// judge says what became of the event with its last attempt, or how long to wait before the next one. A function
// without concurrency is not tried.
func (e *event) judge(result Result, throttled error) (condition string, pause time.Duration) {
	if throttled == nil {
		e.attempts++
		pause = time.Duration(e.attempts) * e.registry.options.RetryDelay
	} else {
		pause, e.backoff = e.backoff, min(2*e.backoff, lastBackoff)
	}
	limit, _ := e.target.pool.function.concurrency()
	switch {
	case throttled == nil && result.FunctionError == "":
		return success, 0
	case throttled == nil && e.attempts > e.target.async.Retries:
		return "RetriesExhausted", 0
	case limit == 0:
		return "ZeroReservedConcurrency", 0
	case time.Since(e.accepted)+pause > e.target.async.MaxAge:
		return "EventAgeExceeded", 0
	}
	return "", pause
}

// send gives a destination the record of what became of the event.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-async-destinations
func (e *event) send(condition string, result Result) {
	destination := e.target.async.OnFailure
	if condition == success {
		destination = e.target.async.OnSuccess
	}
	if destination == "" {
		return
	}
	record := map[string]any{
		"version": "1.0", "timestamp": time.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
		"requestContext": map[string]any{
			"requestId": e.call.RequestID, "functionArn": qualified(e.target.arn), "condition": condition, "approximateInvokeCount": e.attempts,
		},
		"requestPayload": embedded(e.payload),
	}
	if e.attempts > 0 {
		response := map[string]any{"statusCode": 200, "executedVersion": result.ExecutedVersion}
		if result.FunctionError != "" {
			response["functionError"] = result.FunctionError
		}
		record["responseContext"], record["responsePayload"] = response, embedded(result.Payload)
	}
	b, err := json.Marshal(record)
	if err == nil {
		err = e.registry.InvokeAsync(WithCall(context.Background(), Call{Trace: e.call.Trace}), destination, b)
	}
	if err != nil {
		e.registry.printf("lambda", "the destination %s of an event to %s: %v", destination, e.name, err)
	}
}

// qualified is an ARN as records have it: always with a qualifier.
func qualified(arn string) string {
	if strings.Count(arn, ":") == 6 {
		return arn + ":" + latest
	}
	return arn
}

// embedded keeps JSON as it is and makes a string of anything else.
func embedded(payload []byte) any {
	if json.Valid(payload) {
		return json.RawMessage(payload)
	}
	return string(payload)
}
