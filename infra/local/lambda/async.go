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

// ConfigureAsync sets how events to a qualifier ($LATEST, a version or an alias) of a function are tried again.
func (r *Registry) ConfigureAsync(function, qualifier string, c AsyncConfig) error {
	if c.Retries < 0 || c.Retries > DefaultRetries {
		return fmt.Errorf("MaximumRetryAttempts must be 0 to %d, not %d", DefaultRetries, c.Retries)
	}
	if c.MaxAge < time.Minute || c.MaxAge > DefaultEventAge {
		return fmt.Errorf("MaximumEventAgeInSeconds must be 60 to %.0f, not %.0f", DefaultEventAge.Seconds(), c.MaxAge.Seconds())
	}
	for _, d := range []string{c.OnSuccess, c.OnFailure} {
		if d != "" && !strings.HasPrefix(d, "arn:aws:lambda:") {
			return fmt.Errorf("the local cloud delivers to functions only, not to the destination %s", d)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	e, _, err := r.find(function)
	if err == nil {
		e.async[qualifier] = c
	}
	return err
}

// InvokeAsync accepts an event (InvocationType Event) and runs the function behind the caller's back: after an error
// of the function it is tried again as the function's AsyncConfig says. The error is ErrNotFound, ErrTooLarge,
// ErrThrottled or ErrClosed. Events that still wait when the registry is closed are lost.
func (r *Registry) InvokeAsync(ctx context.Context, nameOrARN string, payload []byte) error {
	if len(payload) > MaxAsyncPayload {
		return ErrTooLarge
	}
	if _, _, err := r.resolve(nameOrARN); err != nil {
		return err
	}
	select {
	case r.events <- struct{}{}:
	default:
		return fmt.Errorf("%w: %d events wait", ErrThrottled, maxAsyncEvents)
	}
	e := &event{registry: r, name: nameOrARN, id: requestID(), trace: traceOf(ctx), payload: payload, accepted: time.Now()}
	if !r.goRun(func() { defer func() { <-r.events }(); e.deliver() }) {
		<-r.events
		return ErrClosed
	}
	return nil
}

// event is an accepted asynchronous invocation. All its attempts have the same request id.
type event struct {
	registry        *Registry
	name, id, trace string
	payload         []byte
	accepted        time.Time
	config          AsyncConfig
	arn             string
	attempts        int
}

// deliver tries until the function succeeds, the retries are used up or the event is too old. A function whose reserved
// concurrency is 0 is not tried.
func (e *event) deliver() {
	backoff := firstBackoff
	for {
		p, arn, err := e.registry.resolve(e.name)
		if err != nil {
			return
		}
		e.arn, e.config = arn, e.registry.asyncConfig(e.name)
		result, err := p.invoke(context.Background(), call{id: e.id, trace: e.trace, arn: arn, payload: e.payload})
		var pause time.Duration
		switch {
		case errors.Is(err, ErrReserved) && p.function.concurrency() == 0:
			e.send(e.config.OnFailure, "ZeroReservedConcurrency", &result)
			return
		case errors.Is(err, ErrThrottled):
			pause, backoff = backoff, min(2*backoff, lastBackoff)
		case err != nil:
			return // the registry is closed
		default:
			e.attempts++
			pause = time.Duration(e.attempts) * e.registry.options.RetryDelay
		}
		switch {
		case err == nil && result.FunctionError == "":
			e.send(e.config.OnSuccess, "Success", &result)
			return
		case err == nil && e.attempts > e.config.Retries:
			e.send(e.config.OnFailure, "RetriesExhausted", &result)
			return
		case time.Since(e.accepted)+pause > e.config.MaxAge:
			e.send(e.config.OnFailure, "EventAgeExceeded", &result)
			return
		}
		select {
		case <-e.registry.closing:
			return
		case <-time.After(pause):
		}
	}
}

// send gives a destination the record of what became of the event.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-async-destinations
func (e *event) send(destination, condition string, result *Result) {
	if destination == "" {
		return
	}
	record := map[string]any{
		"version": "1.0", "timestamp": time.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
		"requestContext": map[string]any{
			"requestId": e.id, "functionArn": qualified(e.arn), "condition": condition, "approximateInvokeCount": e.attempts,
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
		err = e.registry.InvokeAsync(withTrace(e.trace), destination, b)
	}
	if err != nil {
		e.registry.printf("the destination %s of an event to %s: %v", destination, e.name, err)
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

func (r *Registry) asyncConfig(nameOrARN string) AsyncConfig {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, qualifier, err := r.find(nameOrARN); err == nil {
		if qualifier == "" {
			qualifier = latest
		}
		if c, ok := e.async[qualifier]; ok {
			return c
		}
	}
	return AsyncConfig{Retries: DefaultRetries, MaxAge: DefaultEventAge}
}
