package lambda

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// reap ends processes that have been idle for IdleTime, until the registry is closed.
func (r *Registry) reap() {
	tick := time.NewTicker(r.options.IdleTime / 4)
	defer tick.Stop()
	for {
		select {
		case <-r.closing:
			return
		case now := <-tick.C:
			for _, in := range r.idleSince(now.Add(-r.options.IdleTime)) {
				in.kill()
			}
		}
	}
}

func (r *Registry) idleSince(before time.Time) []*instance {
	r.mu.Lock()
	defer r.mu.Unlock()
	var old []*instance
	for _, e := range r.functions {
		for _, p := range e.versions {
			old = append(old, p.reap(before)...)
		}
	}
	return old
}

// add makes the token of a process known to the Runtime API, before the process starts.
func (r *Registry) add(in *instance) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.instances[in.token] = in
}

// started hands a process over to Close, or is ErrClosed when Close came first.
func (r *Registry) started(in *instance) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ErrClosed
	}
	r.processes[in] = struct{}{}
	return nil
}

func (r *Registry) remove(in *instance) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.instances, in.token)
	delete(r.processes, in)
}

func (r *Registry) instance(token string) *instance {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.instances[token]
}

// running is a snapshot of all processes.
func (r *Registry) running() []*instance {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(r.processes))
}

// open is ErrClosed once the registry is shutting down.
func (r *Registry) open() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ErrClosed
	}
	return nil
}

// goRun runs f unless the registry is shutting down; Close waits for it.
func (r *Registry) goRun(f func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.runs.Go(f)
	return true
}

func (r *Registry) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(r.log, "[lambda] "+format+"\n", args...)
}

func (r *Registry) line(l Line) {
	_, _ = fmt.Fprintf(r.log, "[%s] %s\n", l.Function, l.Text)
	if r.options.Observer != nil {
		r.options.Observer.Line(l)
	}
}

func (r *Registry) report(report Report) {
	r.line(Line{Time: report.Time, Function: report.Function, RequestID: report.RequestID, Text: report.String()})
	if r.options.Observer != nil {
		r.options.Observer.Report(report)
	}
}

func (r *Registry) throttled(function string) {
	if r.options.Observer != nil {
		r.options.Observer.Throttled(function)
	}
}

// Functions tells what every function is and does, in the order of their names.
func (r *Registry) Functions() []State {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []State
	for _, name := range slices.Sorted(maps.Keys(r.functions)) {
		e := r.functions[name]
		s := State{Name: name, MemoryMB: e.config.MemoryMB, Timeout: e.config.Timeout, Concurrency: e.config.concurrency(), Running: int(e.running.Load())}
		for _, p := range e.versions {
			s.Warm += p.warm()
		}
		for _, alias := range slices.Sorted(maps.Keys(e.aliases)) {
			s.Aliases = append(s.Aliases, alias+" -> "+e.aliases[alias])
		}
		out = append(out, s)
	}
	return out
}
