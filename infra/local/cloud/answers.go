package cloud

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// answerPath is where custom resources put their answers; the last segment is a token of one request.
const answerPath = "/custom-resource-answer/"

// maxAnswer is the largest answer in bytes.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
const maxAnswer = 4096

// customAnswer is what the function sends to ResponseURL.
type customAnswer struct {
	Status             string
	Reason             string
	PhysicalResourceID string `json:"PhysicalResourceId"`
	StackID            string `json:"StackId"`
	RequestID          string `json:"RequestId"`
	LogicalResourceID  string `json:"LogicalResourceId"`
	Data               map[string]any
	// invalid says why the answer could not be read.
	invalid error
}

// check is the reason of a failure, or what is wrong with the answer.
func (a customAnswer) check(req customRequest) error {
	switch {
	case a.invalid != nil:
		return fmt.Errorf("its answer: %w", a.invalid)
	case a.Status == "FAILED" && a.Reason == "":
		return errors.New("it failed without a reason; see the log")
	case a.Status == "FAILED":
		return errors.New(a.Reason)
	case a.Status != "SUCCESS":
		return fmt.Errorf("its answer has the status %q instead of SUCCESS or FAILED", a.Status)
	case a.PhysicalResourceID == "":
		return errors.New("its answer has no PhysicalResourceId")
	case a.StackID != req.StackID || a.RequestID != req.RequestID || a.LogicalResourceID != req.LogicalResourceID:
		return errors.New("its answer does not repeat StackId, RequestId and LogicalResourceId of the request")
	}
	return nil
}

// answers plays the S3 address that custom resources answer to.
type answers struct {
	mu      sync.Mutex
	waiting map[string]chan customAnswer
}

func newAnswers() *answers { return &answers{waiting: map[string]chan customAnswer{}} }

// expect makes a token that nobody can guess, and the channel of its first answer.
func (a *answers) expect() (token string, arrived <-chan customAnswer) {
	c := make(chan customAnswer, 1)
	token = rand.Text()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting[token] = c
	return token, c
}

func (a *answers) forget(token string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.waiting, token)
}

func (a *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	c := a.waiting[r.PathValue("token")]
	a.mu.Unlock()
	if c == nil {
		http.Error(w, "nobody waits for this answer", http.StatusForbidden)
		return
	}
	var answer customAnswer
	body, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer+1))
	switch {
	case err != nil:
		answer.invalid = err
	case len(body) > maxAnswer:
		answer.invalid = fmt.Errorf("it is larger than %d bytes", maxAnswer)
	default:
		if err := json.Unmarshal(body, &answer); err != nil {
			answer.invalid = err
		}
	}
	select {
	case c <- answer:
	default: // the first answer counts
	}
}
