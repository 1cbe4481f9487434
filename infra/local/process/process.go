// Package process starts child processes that never outlive the program that started them.
package process

import (
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
)

// Child is a started process, the leader of a process group of its own.
type Child struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// Start runs cmd in a new process group. Where the system can do it (Linux), the child gets whenParentDies once this
// program is gone, even by SIGKILL.
func Start(cmd *exec.Cmd, whenParentDies syscall.Signal) (*Child, error) {
	c := &Child{cmd: cmd, done: make(chan struct{})}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	signalOnParentDeath(cmd.SysProcAttr, whenParentDies)
	started := make(chan error)
	go c.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return c, nil
}

// run holds one OS thread until the child ends: the kernel sends the parent-death signal when the thread that forked
// ends, not when the process does (prctl(2), PR_SET_PDEATHSIG).
func (c *Child) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := c.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	c.err = c.cmd.Wait()
	close(c.done)
}

// PID is the process id, which is also the id of the child's process group.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Done is closed when the child has ended and its output is read.
func (c *Child) Done() <-chan struct{} { return c.done }

// Err says how the child ended: nil for exit code 0. It may be called once Done is closed.
func (c *Child) Err() error { return c.err }

// Signal sends s to the child itself. A child that has ended is not an error.
func (c *Child) Signal(s syscall.Signal) {
	select {
	case <-c.done:
	default:
		_ = syscall.Kill(c.PID(), s)
	}
}

// KillGroup ends the child and all that it forked into its group.
func (c *Child) KillGroup() { _ = syscall.Kill(-c.PID(), syscall.SIGKILL) }
