package background

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Child is a program in the background while its starter waits for it.
type Child struct {
	cmd    *exec.Cmd
	ended  chan struct{}
	notice chan []byte
}

// Launch starts this program with other arguments in a session of its own, so that neither Ctrl-C nor the end of the
// terminal reaches it. Its output is added to the file log. It reports one line of JSON over its descriptor 3.
func Launch(log string, args ...string) (*Child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	output, err := os.OpenFile(log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600) //nolint:gosec // the caller's own log
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	defer func() { _ = output.Close() }()
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	defer func() { _ = writer.Close() }()
	c := &Child{cmd: exec.Command(self, args...), ended: make(chan struct{}), notice: make(chan []byte, 1)} //nolint:gosec // this program
	c.cmd.Stdout, c.cmd.Stderr, c.cmd.ExtraFiles = output, output, []*os.File{writer}
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := c.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start in the background: %w", err), reader.Close())
	}
	go func() {
		defer func() { _ = reader.Close() }()
		line, _ := bufio.NewReader(reader).ReadBytes('\n') // what ended without a line has said nothing
		c.notice <- line
	}()
	go func() {
		_ = c.cmd.Wait() // how it ended is in its notice or its log
		close(c.ended)
	}()
	return c, nil
}

// Notice waits for what the program reports and reads it into v, which stays as it is when the program ended without a
// report.
func (c *Child) Notice(ctx context.Context, v any) error {
	select {
	case <-ctx.Done():
		return errors.New("interrupted; nothing is left running")
	case line := <-c.notice:
		if json.Valid(line) {
			return json.Unmarshal(line, v)
		}
		return nil
	}
}

// Ended is closed when the program has ended.
func (c *Child) Ended() <-chan struct{} { return c.ended }

// Stop ends the program: by SIGTERM, and by SIGKILL if it is not gone after the limit.
func (c *Child) Stop(limit time.Duration) error {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		_ = c.cmd.Process.Signal(signal) // it may have ended
		select {
		case <-c.ended:
			return nil
		case <-time.After(limit):
		}
	}
	return fmt.Errorf("process %d does not end", c.cmd.Process.Pid)
}

// LastLine is the end of a log, which tells why a program ended without a report.
func LastLine(log string) string {
	b, err := os.ReadFile(log) //nolint:gosec // the caller's own log
	if err != nil {
		return "its log cannot be read"
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return lines[len(lines)-1]
}
