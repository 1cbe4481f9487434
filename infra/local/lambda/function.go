package lambda

import (
	"debug/buildinfo"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"time"
)

// Limits of functions and their synchronous invocations.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const (
	// MaxPayload is the largest request in bytes.
	MaxPayload = 6 * 1024 * 1024
	// MaxResponse is the largest answer in bytes.
	MaxResponse = MaxPayload + 100
	// maxEnvironment is the most that the names and values of a function's variables may have in bytes.
	maxEnvironment = 4096
	// accountConcurrency is the account's default concurrency, which bounds every function without a reservation.
	accountConcurrency = 1000
)

// Function is the configuration of one AWS::Lambda::Function.
type Function struct {
	Name string
	ARN  string
	// Dir is the absolute folder of the unpacked code. It holds the executable `bootstrap`.
	Dir         string
	Handler     string
	Environment map[string]string
	// LogGroup is "" for /aws/lambda/NAME. LogFormat and LogLevel are told to the function when its LoggingConfig has them.
	LogGroup, LogFormat, LogLevel string
	// Timeout bounds one invocation; zero means Lambda's default of 3 s.
	Timeout time.Duration
	// MemoryMB ends a process that uses more; zero means Lambda's default of 128.
	MemoryMB int
	// Reserved is ReservedConcurrentExecutions; nil means that only the account's concurrency bounds the function.
	Reserved *int
}

// checked fills in defaults and refuses what Lambda or this machine cannot run.
func (f Function) checked() (Function, error) {
	if f.Timeout == 0 {
		f.Timeout = 3 * time.Second
	}
	if f.MemoryMB == 0 {
		f.MemoryMB = 128
	}
	if f.LogGroup == "" {
		f.LogGroup = "/aws/lambda/" + f.Name
	}
	if err := checkEnvironment(f.Environment); err != nil {
		return f, fmt.Errorf("function %s: %w", f.Name, err)
	}
	if err := checkBinary(filepath.Join(f.Dir, "bootstrap")); err != nil {
		return f, fmt.Errorf("function %s: %w", f.Name, err)
	}
	return f, nil
}

// reserved are the variables that Lambda sets and no function may.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
var reserved = regexp.MustCompile(`^(_HANDLER|_X_AMZN_TRACE_ID|LAMBDA_(TASK_ROOT|RUNTIME_DIR)|AWS_(DEFAULT_)?REGION|AWS_EXECUTION_ENV|` +
	`AWS_LAMBDA_(FUNCTION_(NAME|VERSION|MEMORY_SIZE)|INITIALIZATION_TYPE|LOG_(GROUP|STREAM)_NAME|RUNTIME_API)|` +
	`AWS_(ACCESS_KEY|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN))$`)

func checkEnvironment(variables map[string]string) error {
	size := 0
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if reserved.MatchString(name) {
			return fmt.Errorf("the environment variable %s is reserved: Lambda sets it", name)
		}
		size += len(name) + len(variables[name])
	}
	if size > maxEnvironment {
		return fmt.Errorf("the environment variables have %d bytes; Lambda takes %d", size, maxEnvironment)
	}
	return nil
}

// checkBinary refuses a bootstrap that is missing, is not executable or is a Go program for another machine. Any other
// file, such as a script, is left to the kernel.
func checkBinary(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("no bootstrap, build the functions first: %w", err)
	}
	if info.IsDir() || info.Mode()&0o111 == 0 {
		return fmt.Errorf("%s is not an executable file", path)
	}
	build, err := buildinfo.ReadFile(path)
	if err != nil {
		return nil //nolint:nilerr // no Go program
	}
	settings := map[string]string{}
	for _, s := range build.Settings {
		settings[s.Key] = s.Value
	}
	if built, here := settings["GOOS"]+"/"+settings["GOARCH"], runtime.GOOS+"/"+runtime.GOARCH; built != here {
		return fmt.Errorf("%s is built for %s and this machine is %s; synthesize the environment local, which builds for this machine", path, built, here)
	}
	return nil
}

// concurrency is how many invocations there may be at once, and the error of one too many.
func (f Function) concurrency() (limit int, over error) {
	if f.Reserved != nil {
		return *f.Reserved, ErrReserved
	}
	return accountConcurrency, ErrThrottled
}
