package emulated

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/miyabi-society/platform/infra/background"
)

// stopLimit is how long the account may take to end before it is killed.
const stopLimit = 15 * time.Second

// Lock keeps other commands off the account until it is released. It makes the folder, which everybody may enter
// because PostgreSQL may run as a user of its own.
func (s State) Lock(ctx context.Context, out io.Writer) (background.Lock, error) {
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return background.Lock{}, fmt.Errorf("make the state folder: %w", err)
	}
	return background.WaitLock(ctx, s.Path(commandLock), func() {
		_, _ = fmt.Fprintln(out, "Waiting for another command that works on the same account.")
	})
}

// Ensure gives the running account, or starts one, which is empty. left is called before that when an earlier account
// of this state has ended unasked, to end what else belonged to it.
func (s State) Ensure(ctx context.Context, o Options, out io.Writer, left func() error) (Record, error) {
	if r, running := s.Running(); running {
		return r, nil
	}
	if _, err := s.read(); err == nil {
		if err := left(); err != nil {
			return Record{}, err
		}
		_, _ = fmt.Fprintln(out, "The emulated account has ended, by a restart of this machine or with its process. It starts again, empty.")
	}
	_, _ = fmt.Fprintln(out, "Starting the emulated account.")
	return s.launch(ctx, o)
}

// launch starts this program's `serve` in a session of its own, so that neither Ctrl-C nor the end of the terminal
// reaches it. It reports over a pipe, its descriptor 3.
func (s State) launch(ctx context.Context, o Options) (Record, error) {
	self, err := os.Executable()
	if err != nil {
		return Record{}, fmt.Errorf("find this program: %w", err)
	}
	log, err := s.openLog()
	if err != nil {
		return Record{}, err
	}
	defer func() { _ = log.Close() }()
	reader, writer, err := os.Pipe()
	if err != nil {
		return Record{}, fmt.Errorf("make a pipe: %w", err)
	}
	defer func() { _ = reader.Close() }()
	cmd := exec.Command(self, "serve", "--state", s.Dir, "--region", o.Region, "--python", o.Python, "--script", o.Script) //nolint:gosec // this program
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = log, log, []*os.File{writer}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	_ = writer.Close()
	if err != nil {
		return Record{}, fmt.Errorf("start the emulated account: %w", err)
	}
	go func() { _ = cmd.Wait() }() // how it ended is in its notice or its log
	n, err := await(ctx, reader)
	if err != nil {
		return Record{}, errors.Join(err, background.Of(cmd.Process.Pid).Stop(stopLimit))
	}
	switch {
	case n.Error != "":
		return Record{}, errors.New(n.Error)
	case n.Emulator == "":
		return Record{}, fmt.Errorf("the emulated account ended at its start: %s (log: %s)", s.lastWord(), s.Log())
	}
	return s.read()
}

// await reads the notice, which is empty when the process ended without one.
func await(ctx context.Context, from io.Reader) (notice, error) {
	notices := make(chan notice, 1)
	go func() {
		var n notice
		_ = json.NewDecoder(from).Decode(&n) // see above
		notices <- n
	}()
	select {
	case n := <-notices:
		return n, nil
	case <-ctx.Done():
		return notice{}, errors.New("interrupted; nothing is left running")
	}
}

// maxLog is the size in bytes beyond which a start of the account begins a new log.
const maxLog = 32 << 20

func (s State) openLog() (*os.File, error) {
	if info, err := os.Stat(s.Log()); err == nil && info.Size() > maxLog {
		if err := os.Rename(s.Log(), s.Log()+".1"); err != nil {
			return nil, fmt.Errorf("begin a new log: %w", err)
		}
	}
	f, err := os.OpenFile(s.Log(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return f, nil
}

func (s State) lastWord() string {
	b, err := os.ReadFile(s.Log())
	if err != nil {
		return "its log cannot be read"
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return lines[len(lines)-1]
}

// Stop ends the account and removes everything of it. That none runs is no error.
func (s State) Stop() error {
	if r, err := s.read(); err == nil {
		if err := r.Stop(stopLimit); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(s.Dir); err != nil {
		return fmt.Errorf("remove the state: %w", err)
	}
	return nil
}
