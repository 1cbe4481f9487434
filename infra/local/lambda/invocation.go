package lambda

import (
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"
)

// invocation is one event on its way through a process.
type invocation struct {
	id, invokedARN, trace string
	payload               []byte
	deadline              time.Time
	// done gets the outcome for the caller.
	done chan outcome
	// answered is closed when the process has posted its answer, which is then in result.
	answered chan struct{}
	result   Result
	once     sync.Once
}

type outcome struct {
	result Result
	err    error
}

// call is what a caller asks for: the event, the ARN that the function is told it was invoked by, and its trace.
type call struct {
	id, arn, trace string
	payload        []byte
}

func newInvocation(c call) *invocation {
	return &invocation{
		id: c.id, invokedARN: c.arn, payload: c.payload, trace: c.trace, done: make(chan outcome, 1), answered: make(chan struct{}),
	}
}

// requestID is a random UUID, which is what Lambda's request ids are.
func requestID() string {
	id := randomID()
	return id[:8] + "-" + id[8:12] + "-4" + id[13:16] + "-8" + id[17:20] + "-" + id[20:]
}

// randomID is 32 random hexadecimal digits.
func randomID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: https://pkg.go.dev/crypto/rand#Read
	return hex.EncodeToString(b[:])
}

// finish gives the caller its outcome, once.
func (i *invocation) finish(r Result, err error) { i.done <- outcome{r, err} }

// answer keeps what the process posted. It reports false for a second answer.
func (i *invocation) answer(r Result) bool {
	first := false
	i.once.Do(func() {
		first = true
		i.result = r
		close(i.answered)
	})
	return first
}

// resultOr is the answer when there is one: a process may answer and exit at once.
func (i *invocation) resultOr(otherwise Result) Result {
	select {
	case <-i.answered:
		return i.result
	default:
		return otherwise
	}
}
