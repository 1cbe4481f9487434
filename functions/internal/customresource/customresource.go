// Package customresource answers CloudFormation about a custom resource.
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
package customresource

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// The kinds of request.
const (
	Create = "Create"
	Update = "Update"
	Delete = "Delete"
)

const (
	// longestReason keeps the answer below CloudFormation's limit of 4096 bytes.
	longestReason = 1024
	sendTries     = 4
	sendPause     = 500 * time.Millisecond
	sendTimeout   = 5 * time.Second
)

// ErrNotRequest means that an event is not a request of CloudFormation.
var ErrNotRequest = errors.New("the event is not a custom resource request of CloudFormation")

// Request is what CloudFormation asks.
type Request struct {
	RequestType        string
	ResponseURL        string
	StackID            string `json:"StackId"`
	RequestID          string `json:"RequestId"`
	LogicalResourceID  string `json:"LogicalResourceId"`
	PhysicalResourceID string `json:"PhysicalResourceId"`
	// Properties and OldProperties are those of the template, and at an Update those before it.
	Properties    map[string]any `json:"ResourceProperties"`
	OldProperties map[string]any `json:"OldResourceProperties"`
}

// answer is what CloudFormation wants to hear.
type answer struct {
	Status             string
	Reason             string `json:",omitempty"`
	PhysicalResourceID string `json:"PhysicalResourceId"`
	StackID            string `json:"StackId"`
	RequestID          string `json:"RequestId"`
	LogicalResourceID  string `json:"LogicalResourceId"`
	Data               map[string]string
}

// Handler serves one custom resource. It is a lambda.Handler.
type Handler struct {
	// PhysicalID never changes: another one would make CloudFormation delete the old resource after an update.
	PhysicalID string
	// Apply carries out a Create or an Update and gives the resource's attributes. Its context ends early enough for
	// what it undoes and for the answer.
	Apply func(ctx context.Context) (map[string]string, error)
	// GoesBack tells a request that takes back what this very program was deployed for. It is answered without a change:
	// when an update has failed, CloudFormation asks every custom resource to go back, and it does not say whether it has
	// put the code of the release before in its place by then. Without GoesBack no request is such a one.
	GoesBack func(Request) bool
	// Reserve is kept of the function's time for that.
	Reserve time.Duration
	Client  *http.Client
	Log     *slog.Logger
}

// Invoke implements lambda.Handler. CloudFormation waits for the answer at the address in the request, up to the
// resource's timeout, so that an error is answered FAILED before the function is stopped.
func (h *Handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var r Request
	if err := json.Unmarshal(payload, &r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotRequest, err)
	}
	if r.ResponseURL == "" || r.RequestID == "" {
		return nil, ErrNotRequest
	}
	data, err := h.carryOut(ctx, r)
	a := answer{
		Status: "SUCCESS", PhysicalResourceID: h.PhysicalID, Data: data,
		StackID: r.StackID, RequestID: r.RequestID, LogicalResourceID: r.LogicalResourceID,
	}
	if err != nil {
		h.Log.ErrorContext(ctx, "failed", "request", r.RequestType, "error", err.Error())
		a.Status, a.Reason = "FAILED", shorten(err.Error())
	}
	if err := h.send(ctx, r.ResponseURL, a); err != nil {
		return nil, err
	}
	return []byte("null"), nil
}

func (h *Handler) carryOut(ctx context.Context, r Request) (data map[string]string, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			data, err = nil, fmt.Errorf("panic: %v", cause)
		}
	}()
	if h.GoesBack != nil && r.RequestType == Update && h.GoesBack(r) {
		h.Log.InfoContext(ctx, "going back changes nothing: the release before works on what is there")
		return nil, nil
	}
	switch r.RequestType {
	case Create, Update:
		ctx, cancel := h.until(ctx)
		defer cancel()
		return h.Apply(ctx)
	case Delete:
		h.Log.InfoContext(ctx, "delete changes nothing: the data stays with the database")
		return nil, nil
	}
	return nil, fmt.Errorf("unknown request type %q", r.RequestType)
}

// until ends the work before the function's time is over; a short time is split in half.
func (h *Handler) until(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, end.Add(-min(h.Reserve, time.Until(end)/2)))
}

// shorten cuts a reason at whole characters.
func shorten(s string) string {
	if runes := []rune(s); len(runes) > longestReason {
		return string(runes[:longestReason]) + "…"
	}
	return s
}

// send puts the answer to the presigned address of S3. Its signature covers an empty Content-Type.
func (h *Handler) send(ctx context.Context, address string, a answer) error {
	body, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("write the answer to CloudFormation: %w", err)
	}
	for try := 1; ; try++ {
		if err = h.put(ctx, address, body); err == nil {
			h.Log.InfoContext(ctx, "answered CloudFormation", "status", a.Status)
			return nil
		}
		if try == sendTries || ctx.Err() != nil {
			return fmt.Errorf("answer CloudFormation: %w", err)
		}
		h.Log.WarnContext(ctx, "the answer to CloudFormation is sent again", "try", try, "error", err.Error())
		time.Sleep(time.Duration(try) * sendPause)
	}
}

func (h *Handler) put(ctx context.Context, address string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, address, bytes.NewReader(body))
	if err != nil {
		return errors.New("the response address is not a URL") // the cause would quote its signature
	}
	r.Header["Content-Type"] = []string{""}
	reply, err := h.Client.Do(r)
	if err != nil {
		return withoutAddress(err)
	}
	defer func() { _ = reply.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(reply.Body, 1<<16))
	if reply.StatusCode != http.StatusOK {
		return fmt.Errorf("the response address answered status %d", reply.StatusCode)
	}
	return nil
}

// withoutAddress drops the address from an error: its signature lets anyone answer.
func withoutAddress(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
