package lambda

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// Call is what the caller of an invocation may say besides its payload.
type Call struct {
	// RequestID becomes the invocation's; "" gives it a new one.
	RequestID string
	// Trace is the caller's X-Amzn-Trace-Id.
	Trace string
	// ClientContext is JSON for the function. Events have none.
	ClientContext string
	// Source is the ARN of what calls, such as a route of an API, "" where permissions on the function do not ask for it.
	Source string
	// Tail asks for the end of the log in the Result.
	Tail bool
}

type callKey struct{}

// WithCall returns a context for an invocation with what c says.
func WithCall(ctx context.Context, c Call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// CallOf is what ctx says, with a request id and the trace header that the function gets.
func CallOf(ctx context.Context) Call {
	c, _ := ctx.Value(callKey{}).(Call)
	c.RequestID = cmp.Or(c.RequestID, uuid.NewString())
	c.Trace = traced(c.Trace)
	return c
}

// NewTrace begins a trace, as in the header X-Amzn-Trace-Id.
//
// Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
func NewTrace() string { return fmt.Sprintf("Root=1-%08x-%s", time.Now().Unix(), randomHex(24)) }

// traced is the caller's trace header with this invocation as the parent, or a new one.
func traced(header string) string {
	if !strings.Contains(header, "Root=") {
		header = NewTrace()
	}
	if !strings.Contains(header, "Parent=") {
		header += ";Parent=" + randomHex(16)
	}
	if !strings.Contains(header, "Sampled=") {
		header += ";Sampled=0"
	}
	return header
}

// randomHex is at most 32 hexadecimal digits. Digits 12 and 16 are the version and the variant of a UUID.
func randomHex(digits int) string { return strings.ReplaceAll(uuid.NewString(), "-", "")[:digits] }

// invocation is one event on its way through a process.
type invocation struct {
	Call
	arn      string
	payload  []byte
	deadline time.Time
	// answered is closed when there is an answer, which is then in result.
	taken    atomic.Bool
	answered chan struct{}
	result   Result
	// done gets the result for the caller.
	done     chan Result
	finished sync.Once

	mu sync.Mutex
	// log is the end of what the invocation wrote, when the caller asked for it.
	log []byte
}

func newInvocation(c Call, arn string, payload []byte) *invocation {
	return &invocation{Call: c, arn: arn, payload: payload, answered: make(chan struct{}), done: make(chan Result, 1)}
}

// answer keeps what the process posted, or why it will not. It reports false for a second answer.
func (i *invocation) answer(r Result) bool {
	if !i.taken.CompareAndSwap(false, true) {
		return false
	}
	i.result = r
	close(i.answered)
	return true
}

func (i *invocation) isAnswered() bool {
	select {
	case <-i.answered:
		return true
	default:
		return false
	}
}

// maxTail is how much of the log a caller gets in bytes.
//
// Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_ResponseSyntax
const maxTail = 4096

// note adds a line to the log that the caller asked for.
func (i *invocation) note(line string) {
	if !i.Tail {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.log = append(append(i.log, line...), '\n')
	i.log = i.log[max(0, len(i.log)-maxTail):]
}
