package lambda

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/miyabi-society/platform/infra/local/process"
)

const (
	// maxLine is the longest line in bytes that is kept together: CloudWatch Logs cuts events at 256 KB, a terminal long
	// before.
	maxLine = 64 * 1024
	// drain is how long the output of an ended process is read on when something that it forked keeps it open.
	drain = 50 * time.Millisecond
	// checkPause is how often the memory and the idle time of a process are looked at. What counts of the memory is its
	// high-water mark, so that no peak is missed while the process lives.
	checkPause = 100 * time.Millisecond
)

// instance is one execution environment: a process, its Runtime API and its output.
type instance struct {
	pool  *pool
	child *process.Child
	api   *http.Server
	// stream is the name of the log stream, which no other process has.
	stream string
	// output is where the process prints to. A line that is mark tells that everything before it was read.
	output *os.File
	mark   string
	marked chan struct{}
	// peak is the most memory in MB that the process was seen to use.
	peak        atomic.Int64
	outOfMemory atomic.Bool
	// polls gets a signal when the process asks for an event, and when it has posted initError instead of the first time.
	polls chan struct{}
	// work hands over an event to the waiting process.
	work chan *invocation
	// gone is closed when the process and all that it forked have ended and their output is read.
	gone chan struct{}
	// idleSince belongs to the pool.
	idleSince time.Time

	// current is the event that the process works on, or worked on last before it asks for the next.
	current     atomic.Pointer[invocation]
	initialized atomic.Bool
	initError   atomic.Pointer[Result]
}

// startInstance starts the function's binary. Every process that it forks shares its group and ends with it.
func (p *pool) startInstance() (*instance, error) {
	in := &instance{
		pool: p, mark: randomHex(32), marked: make(chan struct{}, 1),
		stream: fmt.Sprintf("%s/[%s]%s", time.Now().UTC().Format("2006/01/02"), p.version, randomHex(32)),
		polls:  make(chan struct{}, 1), work: make(chan *invocation, 1), gone: make(chan struct{}),
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the runtime api: %w", err)
	}
	in.api = &http.Server{Handler: in.runtimeAPI(), ReadHeaderTimeout: 10 * time.Second}
	printed, output, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	in.output = output
	cmd := exec.Command(filepath.Join(p.function.Dir, "bootstrap")) //nolint:gosec // the function's own binary
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = p.function.Dir, p.environ(listener.Addr().String(), in.stream), output, output
	if in.child, err = process.Start(cmd, syscall.SIGKILL); err != nil {
		return nil, errors.Join(err, listener.Close(), printed.Close(), output.Close())
	}
	p.registry.runs.Go(func() { _ = in.api.Serve(listener) })
	p.registry.runs.Go(func() { in.watch(printed) })
	return in, nil
}

// watch ends the process when it uses too much memory, is idle for too long or the registry is closed. Once the process
// has ended, it ends what that forked: first its group, and then what left the group.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
func (in *instance) watch(printed *os.File) {
	read := make(chan struct{})
	go func() {
		in.read(printed)
		close(read)
	}()
	tick := time.NewTicker(checkPause)
	defer tick.Stop()
	closing := in.pool.registry.open.Done()
	for alive := true; alive; {
		select {
		case <-in.child.Done():
			alive = false
		case <-closing:
			closing = nil
			in.child.KillGroup()
		case <-tick.C:
			if in.overMemory() || in.pool.expire(in) {
				in.child.KillGroup()
			}
		}
	}
	in.child.KillGroup()
	_ = in.output.Close()
	_ = printed.SetReadDeadline(time.Now().Add(drain))
	<-read
	_ = printed.Close()
	close(in.gone)
	_ = in.api.Close()
	process.KillMarked("AWS_LAMBDA_LOG_STREAM_NAME=" + in.stream)
}

// overMemory takes note of a process that used more than its function declares. It works where peakMemory does. Memory
// of processes that the function forked is not counted.
func (in *instance) overMemory() bool {
	over := in.peakMB() > in.pool.function.MemoryMB
	if over && !in.outOfMemory.Swap(true) {
		in.print(fmt.Sprintf("Runtime.OutOfMemory: the process used %d MB of its %d MB and is ended", in.peakMB(), in.pool.function.MemoryMB))
	}
	return over
}

// peakMB keeps the last figure of a process that has ended.
func (in *instance) peakMB() int {
	if mb := (peakMemory(in.child.PID()) + 1<<20 - 1) >> 20; mb > 0 {
		in.peak.Store(mb)
	}
	return int(in.peak.Load())
}

// read prints the output of the process until it ends, and holds at most one line in memory: a longer one is cut.
func (in *instance) read(printed *os.File) {
	lines := bufio.NewReaderSize(printed, maxLine)
	for {
		b, err := lines.ReadSlice('\n')
		switch line := strings.TrimSuffix(string(b), "\n"); line {
		case "":
		case in.mark:
			in.marked <- struct{}{}
		default:
			in.print(line)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// settle waits until everything that the process has printed is read.
func (in *instance) settle() {
	_, _ = in.output.WriteString("\n" + in.mark + "\n") // fails when the process is gone
	select {
	case <-in.marked:
	case <-in.gone:
	}
}

// print writes a line to the log, as a part of the event that the process works on.
func (in *instance) print(line string) { in.pool.print(in.current.Load(), line) }

// kill ends the process and what it forked and waits until they are gone.
func (in *instance) kill() {
	if in.alive() {
		in.child.KillGroup()
	}
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

// errorType says in a Report why the process has ended.
func (in *instance) errorType() string {
	if in.outOfMemory.Load() {
		return TypeOutOfMemory
	}
	return TypeExit
}

// How an invocation or an initialization ended, as reports have it.
const (
	statusError   = "error"
	statusTimeout = "timeout"
)

// wait gives "" once event happens, or else what ended the process.
func (in *instance) wait(event <-chan struct{}, timeout <-chan time.Time) (status string) {
	select {
	case <-event:
		return ""
	case <-in.gone:
		return statusError
	case <-timeout:
		in.kill()
		return statusTimeout
	}
}

// failure is what the caller gets of a process that ended with a status and without an answer.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
func (in *instance) failure(status, requestID string, limit time.Duration) Result {
	switch err := in.child.Err(); {
	case status == statusTimeout:
		return failure(TypeTimeout, "RequestId: %s Error: Task timed out after %.2f seconds", requestID, limit.Seconds())
	case err != nil:
		return failure(TypeExit, "RequestId: %s Error: Runtime exited with error: %v", requestID, err)
	}
	return failure(TypeExit, "RequestId: %s Error: Runtime exited without providing a reason", requestID)
}
