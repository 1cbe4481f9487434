package lambda

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// pool holds the warm processes of one version of a function.
type pool struct {
	registry *Registry
	function Function
	version  string
	// running is shared by all versions of the function: its concurrency.
	running *atomic.Int64
	// slots bounds the processes of this pool.
	slots chan struct{}
	// freed gets a signal when a process becomes idle.
	freed chan struct{}
	// settling counts processes that have answered and will ask for the next event at any moment.
	settling atomic.Int64

	mu sync.Mutex
	// idle holds the processes that wait for an event, the one that was used last at the end.
	idle []*instance
	// retired is set when other code took this pool's place: no process is kept any more.
	retired bool
}

func newPool(r *Registry, e *entry, version string) *pool {
	n := r.processes
	return &pool{registry: r, function: e.config, version: version, running: e.running, slots: make(chan struct{}, n), freed: make(chan struct{}, n)}
}

// invoke runs one event. When ctx ends first the function still runs to its end, as in Lambda, where a caller that
// goes away stops nothing. Of this machine's few processes it waits for one; AWS would start another environment.
func (p *pool) invoke(ctx context.Context, inv *invocation) (Result, error) {
	if limit, over := p.function.concurrency(); p.running.Add(1) > int64(limit) {
		p.running.Add(-1)
		p.registry.options.Observer.Throttled(p.function.Name)
		return Result{}, fmt.Errorf("%w: function %s runs %d invocations", over, p.function.Name, limit)
	}
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		p.running.Add(-1)
		return Result{}, fmt.Errorf("wait for a process of function %s: %w", p.function.Name, context.Cause(ctx))
	}
	if !p.registry.goRun(func() { defer func() { <-p.slots }(); p.run(inv) }) {
		<-p.slots
		p.running.Add(-1)
		return Result{}, ErrClosed
	}
	select {
	case result := <-inv.done:
		return result, nil
	case <-ctx.Done():
		return Result{}, fmt.Errorf("wait for function %s: %w", p.function.Name, context.Cause(ctx))
	}
}

// run carries one event through a warm process or a new one. A process that does not start in the time of the Init
// phase is tried once more, as a part of the invocation.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
func (p *pool) run(inv *invocation) {
	var r Report
	begun := time.Now()
	in := p.take()
	if in == nil {
		in, r = p.start(inv, "init", p.registry.initTimeout)
		r.Init = time.Since(begun)
	}
	p.print(inv, "START RequestId: "+inv.RequestID+" Version: "+p.version)
	inv.deadline = time.Now().Add(p.function.Timeout)
	if in == nil && r.ErrorType != TypeEntrypoint {
		in, r = p.start(inv, "invoke", p.function.Timeout)
	}
	if in == nil {
		p.end(inv, r)
		return
	}
	p.carry(in, inv, r)
}

// start gives a process that is ready for an event. If there is none, the result of the invocation tells why.
func (p *pool) start(inv *invocation, phase string, limit time.Duration) (*instance, Report) {
	begun := time.Now()
	in, err := p.startInstance()
	if err != nil {
		inv.result = failure(TypeEntrypoint, "RequestId: %s Error: %v", inv.RequestID, err)
		return nil, Report{Status: statusError, ErrorType: TypeEntrypoint}
	}
	status := in.wait(in.polls, time.After(limit))
	switch reported := in.initError.Load(); {
	case reported != nil:
		status, inv.result = statusError, *reported
		in.wait(nil, time.After(drain)) // for its last words
	case status != "":
		inv.result = in.failure(status, inv.RequestID, limit)
	default:
		return in, Report{}
	}
	r := Report{Status: status, ErrorType: inv.result.ErrorType()}
	p.print(nil, fmt.Sprintf("INIT_REPORT Init Duration: %.2f ms\tPhase: %s\t%s", milliseconds(time.Since(begun)), phase, r.outcome()))
	return nil, r
}

// carry gives the event to a process, and keeps the process if it is ready for another one within the time.
func (p *pool) carry(in *instance, inv *invocation, r Report) {
	timer := time.NewTimer(time.Until(inv.deadline))
	defer timer.Stop()
	in.work <- inv
	r.Status = in.wait(inv.answered, timer.C)
	if r.Status == "" || !inv.answer(in.failure(r.Status, inv.RequestID, p.function.Timeout)) {
		<-inv.answered
		p.settling.Add(1) // before the caller knows, so that its next call waits for this process
		defer p.settling.Add(-1)
		if !inv.Tail {
			p.finish(inv)
		}
		r.Status = in.wait(in.polls, timer.C)
	}
	if r.Status == statusError {
		r.ErrorType = in.errorType()
	}
	r.MaxMemoryMB = in.peakMB()
	p.end(inv, r)
	if r.Status == "" {
		p.put(in)
	}
}

// end writes the last lines of an invocation and finishes it.
func (p *pool) end(inv *invocation, r Report) {
	r.Duration = p.function.Timeout - max(0, time.Until(inv.deadline))
	r.Time, r.Function, r.RequestID, r.MemoryMB = time.Now(), p.function.Name, inv.RequestID, p.function.MemoryMB
	r.Failed = inv.result.FunctionError != ""
	p.print(inv, "END RequestId: "+inv.RequestID)
	p.print(inv, r.String())
	p.registry.options.Observer.Report(r)
	p.finish(inv)
}

// finish gives the caller the result of an invocation, once. Before that the concurrency is free for the caller's next.
func (p *pool) finish(inv *invocation) {
	inv.finished.Do(func() {
		p.running.Add(-1)
		inv.mu.Lock()
		defer inv.mu.Unlock()
		result := inv.result
		result.ExecutedVersion, result.Log = p.version, inv.log
		inv.done <- result
	})
}

// print writes a line to the log. It belongs to no invocation when inv is nil.
func (p *pool) print(inv *invocation, text string) {
	l := Line{Time: time.Now(), Function: p.function.Name, Text: text}
	if inv != nil {
		l.RequestID = inv.RequestID
		inv.note(text)
	}
	p.registry.printf(l.Function, "%s", text)
	p.registry.options.Observer.Line(l)
}

// settleTime is how long an invocation waits for a process that is about to be idle before it starts another.
const settleTime = 5 * time.Millisecond

// take gives a warm process, or nil when a new one is needed.
func (p *pool) take() *instance {
	patience := time.After(settleTime)
	for {
		if in := p.lastIdle(); in != nil || p.settling.Load() == 0 {
			return in
		}
		select {
		case <-p.freed:
		case <-patience:
			return nil
		}
	}
}

// lastIdle takes the process that was used last, so that the others grow old and are ended.
func (p *pool) lastIdle() *instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 {
		in := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if in.alive() {
			return in
		}
	}
	return nil
}

// put keeps a process that waits for an event.
func (p *pool) put(in *instance) {
	p.mu.Lock()
	defer p.mu.Unlock()
	in.idleSince = time.Now()
	p.idle = append(p.idle, in)
	notify(p.freed)
}

// expire takes a process out that has waited for too long, except the one that was used last. Of a retired pool it takes
// any.
func (p *pool) expire(in *instance) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(p.idle, in)
	kept := i == len(p.idle)-1 || time.Since(in.idleSince) < p.registry.idleTime
	if i < 0 || kept && !p.retired {
		return false
	}
	p.idle = slices.Delete(p.idle, i, i+1)
	return true
}

// retire ends each process as soon as it waits for an event.
func (p *pool) retire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.retired = true
}

// warm counts the processes that wait for an event.
func (p *pool) warm() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle)
}

// notify does not wait: a signal that is there already is enough.
func notify(signal chan<- struct{}) {
	select {
	case signal <- struct{}{}:
	default:
	}
}
