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
	// ErrQualifier is InvalidParameterValueException (400): a name and a request with two different qualifiers.
	ErrQualifier = errors.New("the derived qualifier from the function name does not match the specified qualifier")
	// ErrTooLarge is RequestTooLargeException (413): the payload is over MaxPayload.
	ErrTooLarge = errors.New("request must be smaller than 6291456 bytes for the InvokeFunction operation")
	// ErrClosed is ServiceException (500): the registry is shutting down.
	ErrClosed = errors.New("the local cloud is stopping")
)

// Unhandled is the FunctionError of every failure: Lambda reports Handled only for runtimes that it ended long ago.
const Unhandled = "Unhandled"

// Error types that Lambda itself writes into the payload of a failed invocation.
const (
	// TypeTimeout is written when the function ran past its timeout.
	TypeTimeout = "Sandbox.Timedout"
	// TypeExit is written when the process ended without an answer.
	TypeExit = "Runtime.ExitError"
	// TypeOutOfMemory is in the report, not in the payload, of a process that used more than its memory.
	TypeOutOfMemory = "Runtime.OutOfMemory"
	// TypeEntrypoint is written when the binary cannot be started.
	TypeEntrypoint = "Runtime.InvalidEntrypoint"
	// TypeResponseSize is written when the answer is over MaxResponse.
	TypeResponseSize = "Function.ResponseSizeTooLarge"
)

// Result is what one invocation gave.
type Result struct {
	// Payload is the function's answer, or the error as JSON {errorType, errorMessage} when FunctionError is set.
	Payload []byte
	// FunctionError is the value of the header X-Amz-Function-Error: "" or "Unhandled".
	FunctionError string
	// ExecutedVersion is the version that ran, "$LATEST" or a number: the header X-Amz-Executed-Version.
	ExecutedVersion string
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
