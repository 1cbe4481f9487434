package lambda

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options are the same for every function of a Registry.
type Options struct {
	// Prefix is the ARN of every function without its name, such as "arn:aws:lambda:us-east-1:000000000000:function:".
	Prefix string
	// Environment is added to that of each function: region, credentials, endpoint.
	Environment map[string]string
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
	// processes bounds the processes of one version at once; more invocations wait.
	processes int
	// initTimeout bounds the time from a process's start until it asks for its first event.
	//
	// Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
	initTimeout time.Duration
	// idleTime is how long a process stays without an event, when its function has a warmer one.
	idleTime time.Duration
	// open ends with Close.
	open  context.Context
	close context.CancelFunc
	runs  sync.WaitGroup
	// events bounds the asynchronous invocations.
	events chan struct{}
	// logging keeps each line of the log whole.
	logging sync.Mutex

	mu        sync.Mutex
	functions map[string]*entry
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

// NewRegistry has no functions yet. Close ends every process.
func NewRegistry(o Options) *Registry {
	if o.RetryDelay == 0 {
		o.RetryDelay = time.Minute
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.Observer == nil {
		o.Observer = silent{}
	}
	open, closeIt := context.WithCancel(context.Background())
	return &Registry{
		options: o, open: open, close: closeIt, processes: 16, initTimeout: 10 * time.Second, idleTime: 5 * time.Minute,
		events: make(chan struct{}, maxAsyncEvents), functions: map[string]*entry{},
	}
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
	e.versions[latest] = newPool(r, e, latest)
	r.functions[f.Name] = e
	return nil
}

// edit changes the function that a name or ARN leads to.
func (r *Registry) edit(function string, change func(*entry) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, _, err := r.find(function)
	if err != nil {
		return err
	}
	return change(e)
}

// Publish makes the next version of a function, named by name or ARN, and gives its number.
func (r *Registry) Publish(function string) (version string, err error) {
	err = r.edit(function, func(e *entry) error {
		version = strconv.Itoa(len(e.versions))
		e.versions[version] = newPool(r, e, version)
		return nil
	})
	return version, err
}

// SetAlias points an alias of a function at a version.
func (r *Registry) SetAlias(function, alias, version string) error {
	return r.edit(function, func(e *entry) error {
		if e.versions[version] == nil {
			return fmt.Errorf("%w: %s:%s for alias %s", ErrNotFound, e.config.ARN, version, alias)
		}
		e.aliases[alias] = version
		return nil
	})
}

// ConfigureAsync sets how events to a qualifier ($LATEST, a version or an alias) of a function are tried again.
func (r *Registry) ConfigureAsync(function, qualifier string, c AsyncConfig) error {
	return r.edit(function, func(e *entry) error {
		e.async[qualifier] = c
		return nil
	})
}

// Replace gives a function other code, for all its versions. Processes of the old code finish what they work on.
func (r *Registry) Replace(function, dir string) error {
	return r.edit(function, func(e *entry) error {
		config := e.config
		config.Dir = dir
		config, err := config.checked()
		if err != nil {
			return err
		}
		e.config = config
		for version, old := range e.versions {
			e.versions[version] = newPool(r, e, version)
			old.retire()
		}
		return nil
	})
}

// Invoke runs a function, version or alias once and waits for its answer (InvocationType RequestResponse), with what
// WithCall says. The error is ErrInvalid, ErrNotFound, ErrThrottled, ErrTooLarge, ErrClosed or that of ctx; a function that
// fails gives a Result.
func (r *Registry) Invoke(ctx context.Context, nameOrARN string, payload []byte) (Result, error) {
	if len(payload) > MaxPayload {
		return Result{}, tooLarge(payload, "RequestResponse", MaxPayload)
	}
	t, err := r.resolve(nameOrARN)
	if err != nil {
		return Result{}, err
	}
	return t.pool.invoke(ctx, newInvocation(CallOf(ctx), t.arn, payload))
}

// Config gives the configuration of the function that a name or ARN leads to.
func (r *Registry) Config(nameOrARN string) (Function, error) {
	t, err := r.resolve(nameOrARN)
	if err != nil {
		return Function{}, err
	}
	return t.pool.function, nil
}

// Functions tells what every function is and does, in the order of their names.
func (r *Registry) Functions() []State {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []State
	for _, name := range slices.Sorted(maps.Keys(r.functions)) {
		e := r.functions[name]
		s := State{Name: name, MemoryMB: e.config.MemoryMB, Timeout: e.config.Timeout, Running: int(e.running.Load())}
		s.Concurrency, _ = e.config.concurrency()
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

// target is what a name leads to: what runs it, the ARN that the function is told it was invoked by, which keeps the
// qualifier, and how its events are tried again.
type target struct {
	pool  *pool
	arn   string
	async AsyncConfig
}

func (r *Registry) resolve(nameOrARN string) (target, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, qualifier, err := r.find(nameOrARN)
	if err != nil {
		return target{}, err
	}
	t := target{arn: e.config.ARN, async: AsyncConfig{Retries: DefaultRetries, MaxAge: DefaultEventAge}}
	version := latest
	if qualifier != "" {
		t.arn, version = t.arn+":"+qualifier, qualifier
	}
	if c, ok := e.async[version]; ok {
		t.async = c
	}
	if aliased, ok := e.aliases[version]; ok {
		version = aliased
	}
	if t.pool = e.versions[version]; t.pool == nil {
		return target{}, fmt.Errorf("%w: %s", ErrNotFound, t.arn)
	}
	return t, nil
}

// find needs r.mu.
func (r *Registry) find(nameOrARN string) (*entry, string, error) {
	ref, err := parseName(nameOrARN)
	if err != nil {
		return nil, "", err
	}
	e := r.functions[ref.name]
	if e != nil && strings.HasSuffix(e.config.ARN, ref.prefix+ref.name) {
		return e, ref.qualifier, nil
	}
	if !strings.HasPrefix(ref.prefix, "arn:") {
		ref.prefix = r.options.Prefix
	}
	return nil, "", fmt.Errorf("%w: %s%s:%s", ErrNotFound, ref.prefix, ref.name, cmp.Or(ref.qualifier, latest))
}

// goRun runs f unless the registry is shutting down; Close waits for it.
func (r *Registry) goRun(f func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open.Err() != nil {
		return false
	}
	r.runs.Go(f)
	return true
}

// printf adds a line to the log.
func (r *Registry) printf(from, format string, args ...any) {
	r.logging.Lock()
	defer r.logging.Unlock()
	_, _ = fmt.Fprintf(r.options.Log, "["+from+"] "+format+"\n", args...)
}

// Close ends every process and waits until nothing of the registry runs. It may be called more than once.
func (r *Registry) Close() {
	r.mu.Lock()
	r.close()
	r.mu.Unlock()
	r.runs.Wait()
}
