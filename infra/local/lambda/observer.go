package lambda

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Observer sees what functions do, for the status page. Its methods are called by many goroutines and return at once.
type Observer interface {
	// Line gets each line of a function's output, without its end.
	Line(Line)
	// Report gets the end of each invocation.
	Report(Report)
	// Throttled gets the name of a function whose invocation was refused with ErrThrottled.
	Throttled(function string)
}

// Line is one line of a function's output.
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
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	fields := []string{
		"REPORT RequestId: " + r.RequestID,
		fmt.Sprintf("Duration: %.2f ms", ms(r.Duration)),
		fmt.Sprintf("Billed Duration: %.0f ms", math.Ceil(ms(r.Duration+r.Init))),
		fmt.Sprintf("Memory Size: %d MB", r.MemoryMB),
	}
	if r.MaxMemoryMB > 0 {
		fields = append(fields, fmt.Sprintf("Max Memory Used: %d MB", r.MaxMemoryMB))
	}
	if r.Init > 0 {
		fields = append(fields, fmt.Sprintf("Init Duration: %.2f ms", ms(r.Init)))
	}
	if r.Status != "" {
		fields = append(fields, "Status: "+r.Status)
	}
	if r.ErrorType != "" {
		fields = append(fields, "Error Type: "+r.ErrorType)
	}
	return strings.Join(fields, "\t")
}

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
