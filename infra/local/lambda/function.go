package lambda

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// Limits of synchronous invocations.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const (
	// MaxPayload is the largest request in bytes.
	MaxPayload = 6 * 1024 * 1024
	// MaxResponse is the largest answer in bytes.
	MaxResponse = MaxPayload + 100
	// accountConcurrency is the account's default concurrency, which bounds every function without a reservation.
	accountConcurrency = 1000
	defaultTimeout     = 3 * time.Second
	maxTimeout         = 15 * time.Minute
	defaultMemoryMB    = 128
)

// Function is the configuration of one AWS::Lambda::Function.
type Function struct {
	Name string
	ARN  string
	// Dir is the absolute folder of the unpacked code. It holds the executable `bootstrap`.
	Dir         string
	Handler     string
	Environment map[string]string
	// Timeout bounds one invocation; zero means Lambda's default of 3 s.
	Timeout time.Duration
	// MemoryMB ends a process that uses more; zero means Lambda's default of 128.
	MemoryMB int
	// Reserved is ReservedConcurrentExecutions; nil means that only the account's concurrency bounds the function.
	Reserved *int
}

// checked fills in defaults and refuses what Lambda or this machine cannot run.
func (f Function) checked() (Function, error) {
	if f.Name == "" || f.ARN == "" {
		return f, errors.New("a function needs a name and an ARN")
	}
	if !filepath.IsAbs(f.Dir) {
		return f, fmt.Errorf("function %s: its code folder must be absolute, not %q", f.Name, f.Dir)
	}
	if f.Timeout == 0 {
		f.Timeout = defaultTimeout
	}
	if f.Timeout < 0 || f.Timeout > maxTimeout {
		return f, fmt.Errorf("function %s: timeout %s is outside 1 s to 15 min", f.Name, f.Timeout)
	}
	if f.MemoryMB == 0 {
		f.MemoryMB = defaultMemoryMB
	}
	if err := checkBinary(filepath.Join(f.Dir, "bootstrap")); err != nil {
		return f, fmt.Errorf("function %s: %w", f.Name, err)
	}
	return f, nil
}

func (f Function) concurrency() int {
	if f.Reserved != nil {
		return *f.Reserved
	}
	return accountConcurrency
}

// overConcurrency is the error of an invocation that is one too many.
func (f Function) overConcurrency() error {
	if f.Reserved != nil {
		return ErrReserved
	}
	return ErrThrottled
}
