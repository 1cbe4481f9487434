package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
)

// What a caller of Invoke gets instead of a Result. A function that fails is not among them: that is a Result.
//
// Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
var (
	// ErrNotFound is ResourceNotFoundException (404): no such function, version or alias.
	ErrNotFound = errors.New("function not found")
	// ErrThrottled is TooManyRequestsException (429): the function's concurrency is used up.
	ErrThrottled = errors.New("rate exceeded")
	// ErrReserved is the ErrThrottled of a function with reserved concurrency.
	ErrReserved = fmt.Errorf("%w: reserved concurrency", ErrThrottled)
	// ErrInvalid is ValidationException (400): what is named in the message has another form.
	ErrInvalid = errors.New("1 validation error detected")
	// ErrQualifier is InvalidParameterValueException (400): a name and a request with two different qualifiers.
	ErrQualifier = errors.New("the derived qualifier from the function name does not match the specified qualifier")
	// ErrTooLarge is RequestTooLargeException (413): the payload is over MaxPayload, or that of an event over
	// MaxAsyncPayload.
	ErrTooLarge = errors.New("payload is too large")
	// ErrClosed is ServiceException (500): the registry is shutting down.
	ErrClosed = errors.New("the local cloud is stopping")
)

func tooLarge(payload []byte, kind string, limit int) error {
	return fmt.Errorf("%d byte %w for the %s invocation type (limit %d bytes)", len(payload), ErrTooLarge, kind, limit)
}

// Unhandled is the FunctionError of every failure: Lambda reports Handled only for runtimes that it ended long ago.
const Unhandled = "Unhandled"

// Error types that Lambda itself writes.
const (
	// TypeTimeout is that of a function that ran past its timeout.
	TypeTimeout = "Sandbox.Timedout"
	// TypeExit is that of a process that ended without an answer.
	TypeExit = "Runtime.ExitError"
	// TypeOutOfMemory is in the report, not in the payload, of a process that used more than its memory.
	TypeOutOfMemory = "Runtime.OutOfMemory"
	// TypeEntrypoint is that of a binary that cannot be started.
	TypeEntrypoint = "Runtime.InvalidEntrypoint"
)

// Result is what one invocation gave.
type Result struct {
	// Payload is the function's answer, or the error as JSON {errorType, errorMessage} when FunctionError is set.
	Payload []byte
	// FunctionError is the value of the header X-Amz-Function-Error: "" or "Unhandled".
	FunctionError string
	// ExecutedVersion is the version that ran, "$LATEST" or a number: the header X-Amz-Executed-Version.
	ExecutedVersion string
	// Log is the end of the log of a Call with Tail.
	Log []byte
}

// ErrorType is the errorType of a failed invocation, such as "Sandbox.Timedout", and "" for one that went well.
func (r Result) ErrorType() string {
	if r.FunctionError == "" {
		return ""
	}
	var e functionError
	if json.Unmarshal(r.Payload, &e) != nil {
		return ""
	}
	return e.Type
}

type functionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func failure(kind, format string, args ...any) Result {
	// Two strings always marshal.
	b, _ := json.Marshal(functionError{Type: kind, Message: fmt.Sprintf(format, args...)})
	return Result{Payload: b, FunctionError: Unhandled}
}
