package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/infra/local/assembly"
)

// customRequest is what the function of a custom resource gets.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
type customRequest struct {
	RequestType           string
	ResponseURL           string
	ServiceToken          string
	StackID               string `json:"StackId"`
	RequestID             string `json:"RequestId"`
	ResourceType          string
	LogicalResourceID     string `json:"LogicalResourceId"`
	PhysicalResourceID    string `json:"PhysicalResourceId,omitempty"`
	ResourceProperties    map[string]any
	OldResourceProperties map[string]any `json:",omitempty"`
}

// customAnswer is what the function sends to ResponseURL.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
type customAnswer struct {
	Status             string
	Reason             string
	PhysicalResourceID string `json:"PhysicalResourceId"`
	StackID            string `json:"StackId"`
	RequestID          string `json:"RequestId"`
	LogicalResourceID  string `json:"LogicalResourceId"`
	Data               map[string]any
}

const (
	// answerPath is where custom resources put their answers; the last segment is the request's id, which nobody can guess.
	answerPath = "/custom-resource-answer/"
	// maxAnswer is the largest answer in bytes.
	maxAnswer = 4096
)

// takeAnswer plays the S3 address that custom resources answer to. The first answer to a request counts.
func (c *Cloud) takeAnswer(w http.ResponseWriter, r *http.Request) {
	waiting, ok := c.answers.Load(r.PathValue("request"))
	if !ok {
		http.Error(w, "nobody waits for this answer", http.StatusForbidden)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer+1))
	if err != nil {
		return // the client has left
	}
	select {
	case waiting.(chan []byte) <- body:
	default:
	}
}

// readAnswer gives the answer to a request; the error is the reason of a failure, or what is wrong with the answer.
func readAnswer(body []byte, req customRequest) (a customAnswer, err error) {
	if len(body) > maxAnswer {
		return a, fmt.Errorf("its answer is larger than %d bytes", maxAnswer)
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return a, fmt.Errorf("its answer: %w", err)
	}
	switch {
	case a.StackID != req.StackID || a.RequestID != req.RequestID || a.LogicalResourceID != req.LogicalResourceID:
		return a, errors.New("its answer does not repeat StackId, RequestId and LogicalResourceId of the request")
	case a.Status == "FAILED" && a.Reason == "":
		return a, errors.New("it failed without a reason; see the log")
	case a.Status == "FAILED":
		return a, errors.New(a.Reason)
	case a.Status != "SUCCESS":
		return a, fmt.Errorf("its answer has the status %q instead of SUCCESS or FAILED", a.Status)
	case a.PhysicalResourceID == "":
		return a, errors.New("its answer has no PhysicalResourceId")
	}
	return a, nil
}

// callCustom sends one request to a function and waits for its answer. CloudFormation itself would also wait out the
// timeout of a function that failed; here that failure is the answer.
func (c *Cloud) callCustom(ctx context.Context, stack, function string, req customRequest) (customAnswer, error) {
	timeout, err := serviceTimeout(req.ResourceProperties)
	if err != nil {
		return customAnswer{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("no answer within %s (ServiceTimeout)", timeout))
	defer cancel()
	req.RequestID, req.StackID = uuid.NewString(), assembly.StackID(c.here, stack)
	req.ResponseURL = c.address + answerPath + req.RequestID
	payload, err := json.Marshal(req)
	if err != nil {
		return customAnswer{}, fmt.Errorf("write the request: %w", err)
	}
	arrived := make(chan []byte, 1)
	c.answers.Store(req.RequestID, arrived)
	defer c.answers.Delete(req.RequestID)
	c.printf("%s %s %s", req.RequestType, req.ResourceType, req.LogicalResourceID)
	result, err := c.functions.Invoke(ctx, function, payload)
	switch {
	case err == nil && result.FunctionError != "":
		err = fmt.Errorf("the function failed: %s", result.Payload)
	case err == nil: // what it started may still answer
		select {
		case body := <-arrived:
			return readAnswer(body, req)
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	}
	select {
	case body := <-arrived: // it answered before it failed
		return readAnswer(body, req)
	default:
		return customAnswer{}, fmt.Errorf("%s by %s: %w", strings.ToLower(req.RequestType), function, err)
	}
}

// serviceTimeout is how long CloudFormation waits for an answer.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html
func serviceTimeout(all map[string]any) (time.Duration, error) {
	p := propertiesOf(all)
	return time.Duration(p.within("ServiceTimeout", 3600, 1, 3600)) * time.Second, *p.fault
}
