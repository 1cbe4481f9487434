package cloudfront

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/dop251/goja"
)

const (
	// maxCode is the size of a function's code in bytes (page cloudfront-limits, "Quotas on CloudFront Functions").
	maxCode = 10 << 10
	// runLimit ends a function that does not return. CloudFront allows far less, but a laptop may be busy.
	runLimit = 500 * time.Millisecond
	maxDepth = 1_000 // nested calls
)

// function is a compiled CloudFront function. Each engine runs one call at a time; idle ones wait in the pool.
type function struct {
	arn     string
	program *goja.Program
	engines sync.Pool
}

// functionFailure is a function that brought no usable result: 503 when it threw or ran too long, 502 when its result
// breaks the rules (page http-502-503-cloudfront-functions). result is the x-cache value's first word.
type functionFailure struct {
	status int
	result string
	err    error
}

func (f *functionFailure) Error() string {
	return fmt.Sprintf("The CloudFront function could not run: %v.", f.err)
}

func executionError(err error) *functionFailure {
	return &functionFailure{http.StatusServiceUnavailable, "FunctionExecutionError", err}
}

func validationError(format string, args ...any) *functionFailure {
	return &functionFailure{http.StatusBadGateway, "FunctionValidationError", fmt.Errorf(format, args...)}
}

// engine is one JavaScript runtime with the function loaded. call takes the event as JSON and gives the handler's
// result as JSON; what crosses is text, so no Go value is ever shared with a script.
type engine struct {
	vm   *goja.Runtime
	call goja.Callable
}

// caller wraps the handler. An async handler is awaited; its promise settles before the call returns because a function
// has nothing to wait for.
const caller = `(function (text) {
	const state = {};
	const keep = (value) => { state.text = JSON.stringify(value); };
	const result = handler(JSON.parse(text));
	if (result instanceof Promise) {
		result.then(keep, (reason) => { state.error = String(reason); });
	} else {
		keep(result);
	}
	return state;
})`

// restrict takes away the evaluation of text (page functions-javascript-runtime-20, "Restricted features"). Timers, files
// and the network were never there.
const restrict = `(function () {
	const refuse = function () { throw new EvalError("dynamic code evaluation is not supported"); };
	refuse.prototype = Function.prototype;
	for (const f of [function () {}, async function () {}, function* () {}]) {
		Object.defineProperty(Object.getPrototypeOf(f), "constructor", {value: refuse});
	}
	globalThis.eval = globalThis.Function = refuse;
})()`

// compileFunction checks that the code is small enough, loads and defines handler.
func compileFunction(f Function) (*function, error) {
	if len(f.Code) > maxCode {
		return nil, fmt.Errorf("function %s has %d bytes of code: CloudFront allows %d", f.ARN, len(f.Code), maxCode)
	}
	program, err := goja.Compile(f.ARN, f.Code, true) // page functions-javascript-runtime-20: always in strict mode
	if err != nil {
		return nil, fmt.Errorf("function %s: %w", f.ARN, err)
	}
	fn := &function{arn: f.ARN, program: program}
	e, err := fn.newEngine()
	if err != nil {
		return nil, fmt.Errorf("function %s: %w", f.ARN, err)
	}
	fn.engines.Put(e)
	return fn, nil
}

func (f *function) newEngine() (*engine, error) {
	vm := goja.New()
	vm.SetMaxCallStackSize(maxDepth)
	console := vm.NewObject()
	log := func(args ...any) {
		slog.Info("cloudfront function", "function", f.arn, "message", strings.TrimSpace(fmt.Sprintln(args...)))
	}
	for _, level := range []string{"log", "error"} {
		if err := console.Set(level, log); err != nil {
			return nil, err
		}
	}
	if err := vm.Set("console", console); err != nil {
		return nil, err
	}
	if _, err := vm.RunString(restrict); err != nil {
		return nil, err
	}
	var value goja.Value
	err := limited(vm, func() error {
		if _, err := vm.RunProgram(f.program); err != nil {
			return err
		}
		var err error
		value, err = vm.RunString(`if (typeof handler !== "function") throw new Error("it defines no function handler(event)");` + caller)
		return err
	})
	if err != nil {
		return nil, err
	}
	call, ok := goja.AssertFunction(value)
	if !ok {
		return nil, errors.New("it defines no function handler(event)")
	}
	return &engine{vm, call}, nil
}

// limited runs fn and interrupts the engine when it takes too long.
func limited(vm *goja.Runtime, fn func() error) error {
	tooLong := fmt.Errorf("no result after %s", runLimit)
	timer := time.AfterFunc(runLimit, func() { vm.Interrupt(tooLong.Error()) })
	err := fn()
	if !timer.Stop() { // the interrupt is there or still to come, even if fn just finished
		return tooLong
	}
	return err
}

// run calls the handler with the event and returns its result, both as JSON; "" stands for undefined.
func (f *function) run(event string) (string, error) {
	e, ok := f.engines.Get().(*engine)
	if !ok {
		var err error
		if e, err = f.newEngine(); err != nil {
			return "", err
		}
	}
	var state goja.Value
	err := limited(e.vm, func() error {
		var err error
		state, err = e.call(goja.Undefined(), e.vm.ToValue(event))
		return err
	})
	if err != nil {
		return "", err // the engine is not used again: it may have stopped half way
	}
	object := state.ToObject(e.vm)
	failed, text := object.Get("error"), object.Get("text")
	f.engines.Put(e)
	if failed != nil {
		return "", errors.New(failed.String())
	}
	if text == nil || goja.IsUndefined(text) {
		return "", nil
	}
	return text.String(), nil
}
