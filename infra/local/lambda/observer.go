package lambda

import (
	"fmt"
	"math"
	"time"
)

// Observer sees what functions do, for the status page. Its methods are called by many goroutines and return at once.
type Observer interface {
	// Line gets each line of a function's log, without its end.
	Line(Line)
	// Report gets the end of each invocation.
	Report(Report)
	// Throttled gets the name of a function whose invocation was refused with ErrThrottled.
	Throttled(function string)
}

// silent is the Observer of a Registry that has no other.
type silent struct{}

func (silent) Line(Line)        {}
func (silent) Report(Report)    {}
func (silent) Throttled(string) {}

// Line is one line of a function's log.
type Line struct {
	Time     time.Time
	Function string
	// RequestID is the invocation that the process worked on, "" outside of one.
	RequestID string
	Text      string
}

// Report is what Lambda says about one invocation at its end.
type Report struct {
	Time                time.Time
	Function, RequestID string
	Duration            time.Duration
	// Init is how long a cold start took, zero for a warm process.
	Init time.Duration
	// MemoryMB is the declared size, MaxMemoryMB the most that the process ever used, zero where that is not known.
	MemoryMB, MaxMemoryMB int
	// Status is "", "error" or "timeout".
	Status string
	// ErrorType says more about an error of the process: Runtime.ExitError, Runtime.OutOfMemory.
	ErrorType string
	// Failed is also true for an error that the handler returned, which has no Status.
	Failed bool
}

// String is the line that CloudWatch Logs has. The init phase is billed too.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/golang-logging.html and
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
func (r Report) String() string {
	line := fmt.Sprintf("REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %.0f ms\tMemory Size: %d MB\t",
		r.RequestID, milliseconds(r.Duration), math.Ceil(milliseconds(r.Duration+r.Init)), r.MemoryMB)
	if r.MaxMemoryMB > 0 {
		line += fmt.Sprintf("Max Memory Used: %d MB\t", r.MaxMemoryMB)
	}
	if r.Init > 0 {
		line += fmt.Sprintf("Init Duration: %.2f ms\t", milliseconds(r.Init))
	}
	return line + r.outcome()
}

// outcome is the end of a report line: "" when the process lives on.
func (r Report) outcome() string {
	switch {
	case r.ErrorType != "":
		return "Status: " + r.Status + "\tError Type: " + r.ErrorType
	case r.Status != "":
		return "Status: " + r.Status
	}
	return ""
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// State is what a function is and does at this moment.
type State struct {
	Name     string
	MemoryMB int
	Timeout  time.Duration
	// Concurrency is the most invocations at once, Running how many there are, Warm how many processes wait for one.
	Concurrency, Running, Warm int
	// Aliases are "name -> version".
	Aliases []string
}
