package lambda

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/miyabi-society/platform/infra/local/process"
)

// drain is how long the output of an ended process is read on when something that it forked keeps it open.
const drain = 50 * time.Millisecond

// instance is one execution environment: a process and its side of the Runtime API.
type instance struct {
	token    string
	memoryMB int
	child    *process.Child
	log      *lineWriter
	// peak is the most memory in MB that the process was seen to use.
	peak        atomic.Int64
	outOfMemory atomic.Bool
	// polls gets a signal when the process asks for an event, which is when it is ready for one.
	polls chan struct{}
	// work hands over an event to the waiting process.
	work chan *invocation
	// initError gets what the process posted to /runtime/init/error.
	initError chan []byte
	// gone is closed when the process and all that it forked have ended.
	gone chan struct{}
	// idleSince belongs to the pool.
	idleSince time.Time

	mu      sync.Mutex
	current *invocation
}

// startInstance starts the function's binary. Every process that it forks shares its group and ends with it.
func (p *pool) startInstance() (*instance, error) {
	in := &instance{
		token: randomID(), memoryMB: p.function.MemoryMB,
		polls: make(chan struct{}, 1), work: make(chan *invocation), initError: make(chan []byte, 1), gone: make(chan struct{}),
	}
	in.log = &lineWriter{emit: func(text string) {
		p.registry.line(Line{Time: time.Now(), Function: p.function.Name, RequestID: in.requestID(), Text: text})
	}}
	p.registry.add(in)
	stream := fmt.Sprintf("%s/[%s]%s", time.Now().UTC().Format("2006/01/02"), p.version, in.token)
	child, err := p.execute(in, stream)
	for try := 0; errors.Is(err, syscall.ETXTBSY) && try < busyTries; try++ {
		time.Sleep(busyPause)
		child, err = p.execute(in, stream)
	}
	if err != nil {
		p.registry.remove(in)
		return nil, err
	}
	in.child = child
	go p.registry.watch(in)
	if err := p.registry.started(in); err != nil {
		in.kill()
		return nil, err
	}
	return in, nil
}

// A binary that was just written is busy while a process that was forked meanwhile, and has not executed its own
// program yet, still holds it open (golang.org/issue/22315). That takes milliseconds.
const (
	busyTries = 50
	busyPause = 10 * time.Millisecond
)

func (p *pool) execute(in *instance, stream string) (*process.Child, error) {
	cmd := exec.Command(filepath.Join(p.function.Dir, "bootstrap")) //nolint:gosec // the function's own binary
	cmd.Dir, cmd.Env = p.function.Dir, p.environ(p.registry.address+"/"+in.token, stream)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = in.log, in.log, drain
	return process.Start(cmd, syscall.SIGKILL)
}

// watch waits for the end of the process and then ends what it forked.
func (r *Registry) watch(in *instance) {
	<-in.child.Done()
	in.child.KillGroup()
	in.log.flush()
	r.remove(in)
	close(in.gone)
}

// kill ends the process and what it forked and waits until they are gone.
func (in *instance) kill() {
	in.child.KillGroup()
	<-in.gone
}

func (in *instance) alive() bool {
	select {
	case <-in.gone:
		return false
	default:
		return true
	}
}

// exitError is what Lambda answers when the process ended without an answer.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
func (in *instance) exitError(requestID string) Result {
	if err := in.child.Err(); err != nil {
		return failure(TypeExit, "RequestId: %s Error: Runtime exited with error: %v", requestID, err)
	}
	return failure(TypeExit, "RequestId: %s Error: Runtime exited without providing a reason", requestID)
}

// begin makes inv the event of this process until the process asks for the next one.
func (in *instance) begin(inv *invocation) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.current = inv
}

// requestID is that of the event that the process works on or worked on last.
func (in *instance) requestID() string {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.current == nil {
		return ""
	}
	return in.current.id
}

// errorType says in a Report why the process has ended.
func (in *instance) errorType() string {
	if in.outOfMemory.Load() {
		return TypeOutOfMemory
	}
	return TypeExit
}

// find gives the event with that id if this process works on it.
func (in *instance) find(id string) *invocation {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.current == nil || in.current.id != id {
		return nil
	}
	return in.current
}

// ready takes note that the process asks for an event. It reports false when the process still owes an answer.
func (in *instance) ready() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.current != nil {
		select {
		case <-in.current.answered:
			in.current = nil
		default:
			return false
		}
	}
	select {
	case in.polls <- struct{}{}:
	default:
	}
	return true
}
