package lambda

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Options are the same for every function of a Registry.
type Options struct {
	// Environment is added to that of each function: region, credentials, endpoint.
	Environment map[string]string
	// Processes bounds the processes of one version at once; more invocations wait. Zero means 16.
	Processes int
	// InitTimeout bounds the time from a process's start until it asks for its first event. Zero means Lambda's 10 s.
	InitTimeout time.Duration
	// IdleTime is how long a process stays without an event, when its function has a warmer one. Zero means 5 minutes.
	IdleTime time.Duration
	// RetryDelay is the pause before the first retry of an asynchronous invocation; before the second it is twice as
	// long. Zero means Lambda's 1 minute.
	RetryDelay time.Duration
	// Log gets the functions' output, each line with its function's name. Nil discards it.
	Log io.Writer
	// Observer may be nil.
	Observer Observer
}

// Registry is all functions of one local cloud, with their versions and aliases.
type Registry struct {
	options Options
	log     io.Writer
	address string
	server  *http.Server
	// closing is closed by Close.
	closing chan struct{}
	runs    sync.WaitGroup
	// events bounds the asynchronous invocations.
	events chan struct{}

	mu        sync.Mutex
	closed    bool
	functions map[string]*entry
	instances map[string]*instance // by token
	processes map[*instance]struct{}
}

// entry is one function with its published versions (number -> pool, and $LATEST) and aliases (name -> version).
type entry struct {
	config   Function
	versions map[string]*pool
	aliases  map[string]string
	running  *atomic.Int64
	// async is by qualifier.
	async map[string]AsyncConfig
}

// NewRegistry opens the listener of the Runtime API on 127.0.0.1. Close ends it and every process.
func NewRegistry(o Options) (*Registry, error) {
	if o.Processes == 0 {
		o.Processes = 16
	}
	if o.InitTimeout == 0 {
		o.InitTimeout = 10 * time.Second
	}
	if o.IdleTime == 0 {
		o.IdleTime = 5 * time.Minute
	}
	if o.RetryDelay == 0 {
		o.RetryDelay = time.Minute
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the runtime api: %w", err)
	}
	r := &Registry{
		options: o, log: &syncWriter{w: o.Log}, address: l.Addr().String(), closing: make(chan struct{}), events: make(chan struct{}, maxAsyncEvents),
		functions: map[string]*entry{}, instances: map[string]*instance{}, processes: map[*instance]struct{}{},
	}
	r.server = &http.Server{Handler: r.runtimeAPI(), ReadHeaderTimeout: 10 * time.Second}
	r.runs.Go(func() { _ = r.server.Serve(l) })
	r.runs.Go(r.reap)
	r.runs.Go(r.limitMemory)
	return r, nil
}

// Add makes a function callable. Its binary is looked at now, so that one for another machine fails here.
func (r *Registry) Add(f Function) error {
	f, err := f.checked()
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.functions[f.Name] != nil {
		return fmt.Errorf("function already exists: %s", f.Name)
	}
	e := &entry{config: f, versions: map[string]*pool{}, aliases: map[string]string{}, running: new(atomic.Int64), async: map[string]AsyncConfig{}}
	r.functions[f.Name] = e
	e.versions[latest] = newPool(r, e, latest)
	return nil
}

// Publish makes the next version of a function, named by name or ARN, and gives its number.
func (r *Registry) Publish(function string) (version string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, _, err := r.find(function)
	if err != nil {
		return "", err
	}
	version = strconv.Itoa(len(e.versions))
	e.versions[version] = newPool(r, e, version)
	return version, nil
}

// SetAlias points an alias of a function at a version.
func (r *Registry) SetAlias(function, alias, version string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, _, err := r.find(function)
	if err != nil {
		return err
	}
	if e.versions[version] == nil {
		return fmt.Errorf("%w: function %s has no version %s for alias %s", ErrNotFound, e.config.Name, version, alias)
	}
	e.aliases[alias] = version
	return nil
}

// Invoke runs a function, version or alias once and waits for its answer (InvocationType RequestResponse). The error
// is ErrNotFound, ErrThrottled, ErrTooLarge, ErrClosed or that of ctx; a function that fails gives a Result.
func (r *Registry) Invoke(ctx context.Context, nameOrARN string, payload []byte) (Result, error) {
	if len(payload) > MaxPayload {
		return Result{}, ErrTooLarge
	}
	p, arn, err := r.resolve(nameOrARN)
	if err != nil {
		return Result{}, err
	}
	return p.invoke(ctx, call{id: requestID(), arn: arn, trace: traceOf(ctx), payload: payload})
}

// Config gives the configuration of the function that a name or ARN leads to.
func (r *Registry) Config(nameOrARN string) (Function, error) {
	p, _, err := r.resolve(nameOrARN)
	if err != nil {
		return Function{}, err
	}
	return p.function, nil
}

// Replace gives a function other code, for all its versions. Processes of the old code finish what they work on.
func (r *Registry) Replace(function, dir string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, _, err := r.find(function)
	if err != nil {
		return err
	}
	config := e.config
	config.Dir = dir
	if config, err = config.checked(); err != nil {
		return err
	}
	e.config = config
	for version, old := range e.versions {
		e.versions[version] = newPool(r, e, version)
		if !r.closed {
			r.runs.Go(old.retire)
		}
	}
	return nil
}

// resolve gives the pool that runs a name, and the ARN that the function is told it was invoked by: the qualifier
// stays in it.
func (r *Registry) resolve(nameOrARN string) (*pool, string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, qualifier, err := r.find(nameOrARN)
	if err != nil {
		return nil, "", err
	}
	arn, version := e.config.ARN, latest
	if qualifier != "" {
		arn, version = arn+":"+qualifier, qualifier
		if target, ok := e.aliases[qualifier]; ok {
			version = target
		}
	}
	p := e.versions[version]
	if p == nil {
		return nil, "", fmt.Errorf("%w: %s", ErrNotFound, arn)
	}
	return p, arn, nil
}

// find needs r.mu.
func (r *Registry) find(nameOrARN string) (*entry, string, error) {
	ref, err := parseName(nameOrARN)
	if err != nil {
		return nil, "", err
	}
	e := r.functions[ref.name]
	if e == nil {
		return nil, "", fmt.Errorf("%w: %s", ErrNotFound, nameOrARN)
	}
	return e, ref.qualifier, nil
}

// Close ends every process and waits until nothing of the registry runs. It may be called more than once.
func (r *Registry) Close() error {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		close(r.closing)
	}
	r.mu.Unlock()
	for _, in := range r.running() {
		in.kill()
	}
	err := r.server.Close()
	r.runs.Wait()
	return err
}
