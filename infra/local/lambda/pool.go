package lambda

import (
	"context"
	"errors"
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
	n := r.options.Processes
	return &pool{registry: r, function: e.config, version: version, running: e.running, slots: make(chan struct{}, n), freed: make(chan struct{}, n)}
}

// settleTime is how long an invocation waits for a process that is about to be idle before it starts another.
const settleTime = 5 * time.Millisecond

// invoke runs one event. When ctx ends first the function still runs to its end, as in Lambda, where a caller that
// goes away stops nothing.
func (p *pool) invoke(ctx context.Context, c call) (Result, error) {
	if p.running.Add(1) > int64(p.function.concurrency()) {
		p.running.Add(-1)
		p.registry.throttled(p.function.Name)
		return Result{}, fmt.Errorf("%w: function %s runs %d invocations", p.function.overConcurrency(), p.function.Name, p.function.concurrency())
	}
	if err := p.acquire(ctx); err != nil {
		p.running.Add(-1)
		return Result{}, err
	}
	inv := newInvocation(c)
	started := p.registry.goRun(func() {
		defer p.running.Add(-1)
		defer func() { <-p.slots }()
		p.run(inv)
	})
	if !started {
		<-p.slots
		p.running.Add(-1)
		return Result{}, ErrClosed
	}
	select {
	case out := <-inv.done:
		out.result.ExecutedVersion = p.version
		return out.result, out.err
	case <-ctx.Done():
		return Result{}, fmt.Errorf("wait for function %s: %w", p.function.Name, context.Cause(ctx))
	}
}

// acquire waits for one of this machine's few processes; AWS would start another environment instead.
func (p *pool) acquire(ctx context.Context) error {
	limit := time.NewTimer(p.function.Timeout)
	defer limit.Stop()
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a process of function %s: %w", p.function.Name, context.Cause(ctx))
	case <-p.registry.closing:
		return ErrClosed
	case <-limit.C:
		p.registry.throttled(p.function.Name)
		return fmt.Errorf("%w: all %d processes of function %s are busy", ErrThrottled, cap(p.slots), p.function.Name)
	}
}

// run carries one event through a process and keeps the process if it is ready for another.
func (p *pool) run(inv *invocation) {
	begun := time.Now()
	in, initialized, err := p.take(inv)
	if err != nil {
		return
	}
	report := func(status, errorType string, failed bool) {
		p.report(inv, Report{
			Duration: time.Since(begun) - initialized, Init: initialized, MaxMemoryMB: in.peakMB(), Status: status, ErrorType: errorType, Failed: failed,
		})
	}
	timer := time.NewTimer(time.Until(inv.deadline))
	defer timer.Stop()
	select {
	case <-inv.answered:
		p.settling.Add(1) // before the caller knows, so that its next call waits for this process
		inv.finish(inv.result, nil)
		report("", "", inv.result.FunctionError != "")
	case <-in.gone:
		inv.finish(inv.resultOr(in.exitError(inv.id)), nil)
		report("error", in.errorType(), true)
		return
	case <-timer.C:
		in.kill()
		inv.finish(p.timedOut(inv), nil)
		report("timeout", "", true)
		return
	}
	p.settle(in, timer.C)
}

// handOver is how long an idle process may take to fetch its event; it waits for one already.
const handOver = 2 * time.Second

// take hands inv to a warm process or to a new one, and sets its deadline. It gives the time that a new process took
// to initialize. After an error inv is finished.
func (p *pool) take(inv *invocation) (*instance, time.Duration, error) {
	for {
		in := p.pop()
		var took time.Duration
		if in == nil {
			var err error
			begun := time.Now()
			if in, err = p.initialize(inv); err != nil {
				return nil, 0, err
			}
			took = time.Since(begun)
		}
		inv.deadline = time.Now().Add(p.function.Timeout)
		in.begin(inv)
		select {
		case in.work <- inv:
			return in, took, nil
		case <-in.gone: // it never saw the event, so another process may
			if took > 0 {
				inv.finish(in.exitError(inv.id), nil)
				return nil, 0, errors.New("process ended after its start")
			}
		case <-time.After(handOver): // it closed its side of the Runtime API and lives on
			in.kill()
		}
	}
}

// initialize starts a process and waits until it asks for an event. The first try has the time of the Init phase;
// when it fails, Lambda tries once more with the function's own timeout.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
func (p *pool) initialize(inv *invocation) (*instance, error) {
	in, result, err := p.tryStart(inv, p.registry.options.InitTimeout)
	if err == nil && in == nil && result.ErrorType() != TypeEntrypoint {
		in, result, err = p.tryStart(inv, p.function.Timeout)
	}
	if in != nil {
		return in, nil
	}
	inv.finish(result, err)
	if err == nil {
		p.report(inv, Report{Status: "error", ErrorType: result.ErrorType(), Failed: true})
		err = errors.New("function did not start")
	}
	return nil, err
}

// tryStart gives a process that is ready, or the result that tells why there is none.
func (p *pool) tryStart(inv *invocation, limit time.Duration) (*instance, Result, error) {
	in, err := p.startInstance()
	if errors.Is(err, ErrClosed) {
		return nil, Result{}, err
	}
	if err != nil {
		return nil, failure(TypeEntrypoint, "RequestId: %s Error: %v", inv.id, err), nil
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-in.polls:
		return in, Result{}, nil
	case body := <-in.initError:
		in.kill()
		return nil, Result{Payload: body, FunctionError: Unhandled}, nil
	case <-in.gone:
		return nil, in.endedInInit(inv.id), p.registry.open()
	case <-timer.C:
		in.kill()
		return nil, failure(TypeTimeout, "RequestId: %s Error: Task timed out after %.2f seconds", inv.id, limit.Seconds()), nil
	}
}

// endedInInit prefers the reason that the process gave before it ended.
func (in *instance) endedInInit(requestID string) Result {
	select {
	case body := <-in.initError:
		return Result{Payload: body, FunctionError: Unhandled}
	default:
		return in.exitError(requestID)
	}
}

func (p *pool) timedOut(inv *invocation) Result {
	return failure(TypeTimeout, "RequestId: %s Error: Task timed out after %.2f seconds", inv.id, p.function.Timeout.Seconds())
}

// pop gives a warm process, or nil when a new one is needed.
func (p *pool) pop() *instance {
	var patience <-chan time.Time
	for {
		if in := p.lastIdle(); in != nil || p.settling.Load() == 0 {
			return in
		}
		if patience == nil {
			patience = time.After(settleTime)
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

// put keeps a process that waits for an event, unless the pool is retired.
func (p *pool) put(in *instance) {
	p.mu.Lock()
	retired := p.retired
	if !retired {
		in.idleSince = time.Now()
		p.idle = append(p.idle, in)
	}
	p.mu.Unlock()
	if retired {
		in.kill()
	}
	select {
	case p.freed <- struct{}{}:
	default:
	}
}

// retire ends the processes that wait for an event. The others end when they have answered theirs.
func (p *pool) retire() {
	p.mu.Lock()
	p.retired = true
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	for _, in := range idle {
		in.kill()
	}
}

// warm counts the processes that wait for an event.
func (p *pool) warm() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle)
}

// reap takes out the processes that were idle since before the given time, except the one that was used last.
func (p *pool) reap(before time.Time) []*instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for n < len(p.idle)-1 && p.idle[n].idleSince.Before(before) {
		n++
	}
	old := slices.Clone(p.idle[:n])
	p.idle = slices.Delete(p.idle, 0, n)
	return old
}

// settle waits until a process that has answered asks for its next event, which it must do within its timeout.
func (p *pool) settle(in *instance, limit <-chan time.Time) {
	defer p.settling.Add(-1)
	select {
	case <-in.polls:
		p.put(in)
	case <-in.gone:
	case <-limit:
		in.kill()
	}
}

// report ends an invocation in the log.
func (p *pool) report(inv *invocation, r Report) {
	r.Time, r.Function, r.RequestID, r.MemoryMB = time.Now(), p.function.Name, inv.id, p.function.MemoryMB
	p.registry.report(r)
}
