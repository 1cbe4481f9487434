package lambda

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
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

func newInvocation(invokedARN string, payload []byte) *invocation {
	id := randomID()
	return &invocation{
		id: fmt.Sprintf("%s-%s-4%s-8%s-%s", id[:8], id[8:12], id[13:16], id[17:20], id[20:]), invokedARN: invokedARN, payload: payload,
		trace: fmt.Sprintf("Root=1-%08x-%s;Sampled=0", time.Now().Unix(), randomID()[:24]),
		done:  make(chan outcome, 1), answered: make(chan struct{}),
	}
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
