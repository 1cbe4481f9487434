package cloudfront

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
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

// engine is one JavaScript runtime with the function loaded. call takes the event as JSON and the query string, and gives
// the handler's result as JSON; what crosses is text, so no Go value is ever shared with a script.
type engine struct {
	vm   *goja.Runtime
	call goja.Callable
}

// caller wraps the handler. An async handler is awaited; its promise settles before the call returns because a function
// has nothing to wait for.
const caller = `(function (text, query) {
	const state = {};
	const keep = (value) => { state.text = JSON.stringify(value); };
	const event = JSON.parse(text);
	event.request.rawQueryString = () => query; // page general-helper-methods
	const result = handler(event);
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

// compileFunction checks that the code is small enough, loads and defines handler. arn names the function in errors.
func compileFunction(arn, code string) (*function, error) {
	if len(code) > maxCode {
		return nil, fmt.Errorf("function %s has %d bytes of code: CloudFront allows %d", arn, len(code), maxCode)
	}
	program, err := goja.Compile(arn, code, true) // page functions-javascript-runtime-20: always in strict mode
	if err != nil {
		return nil, fmt.Errorf("function %s: %w", arn, err)
	}
	f := &function{arn: arn, program: program}
	e, err := f.newEngine()
	if err != nil {
		return nil, fmt.Errorf("function %s: %w", arn, err)
	}
	f.engines.Put(e)
	return f, nil
}

func (f *function) newEngine() (*engine, error) {
	vm := goja.New()
	vm.SetMaxCallStackSize(maxDepth)
	log := func(args ...any) {
		slog.Info("cloudfront function", "function", f.arn, "message", strings.TrimSpace(fmt.Sprintln(args...)))
	}
	if err := vm.Set("console", map[string]any{"log": log, "error": log}); err != nil {
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
func (f *function) run(event string, url *url.URL) (string, error) {
	e, ok := f.engines.Get().(*engine)
	if !ok {
		var err error
		if e, err = f.newEngine(); err != nil {
			return "", err
		}
	}
	query := goja.Undefined()
	if url.RawQuery != "" || url.ForceQuery {
		query = e.vm.ToValue(url.RawQuery)
	}
	start := time.Now() // page functions-javascript-runtime-20: time stands still
	e.vm.SetTimeSource(func() time.Time { return start })
	var state goja.Value
	err := limited(e.vm, func() error {
		var err error
		state, err = e.call(goja.Undefined(), e.vm.ToValue(event), query)
		return err
	})
	if err != nil {
		return "", err // the engine is not used again: it may have stopped half way
	}
	object := state.ToObject(e.vm)
	failed, text := object.Get("error"), object.Get("text")
	f.engines.Put(e)
	switch {
	case failed != nil:
		return "", errors.New(failed.String())
	case text == nil || goja.IsUndefined(text):
		return "", nil
	}
	return text.String(), nil
}
