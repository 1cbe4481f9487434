package emulated

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/miyabi-society/platform/infra/background"
	"github.com/miyabi-society/platform/infra/local/rds"
)

// Options say how to run an account.
type Options struct {
	State  State
	Region string
	// Python is the interpreter with the emulator's packages, Script the emulator.
	Python, Script string
}

// notice tells the command that started the account what became of it, as one line of JSON.
type notice struct{ Emulator, Error string }

// Serve runs the account until ctx ends or the emulator does; then nothing of it is left but the log. It tells ready
// once what became of the start.
func Serve(ctx context.Context, o Options, log, ready io.Writer) error {
	err := serve(ctx, o, log, func(url string) error { return json.NewEncoder(ready).Encode(notice{Emulator: url}) })
	if err != nil {
		_ = json.NewEncoder(ready).Encode(notice{Error: err.Error()}) // the caller has the error too
	}
	return err
}

func serve(ctx context.Context, o Options, log io.Writer, ready func(url string) error) (err error) {
	held, err := background.TryLock(o.State.Path(serveLock))
	if errors.Is(err, background.ErrLocked) {
		return errors.New("an emulated account runs already with this state")
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, held.Release()) }()
	if err := o.State.clear(); err != nil {
		return err
	}
	me := Record{Process: background.Self(), Since: time.Now().UTC()}
	if err := o.State.write(me); err != nil {
		return err
	}
	begun := false
	defer func() {
		if !begun { // an account that never was is not missed
			_ = os.Remove(o.State.Path(recordFile))
		}
	}()
	all := &databases{dir: o.State.Path("postgres"), log: log, all: map[string]*rds.Cluster{}}
	defer func() { err = errors.Join(err, all.close()) }()
	instances, stop, err := listen(all.handler())
	if err != nil {
		return err
	}
	defer stop()
	e, err := startEmulator(ctx, o.Python, o.Script, o.Region, instances, o.State.Path("emulator.log"), log)
	if err != nil {
		return fmt.Errorf("%w (log: %s)", err, o.State.Log())
	}
	defer func() { err = errors.Join(err, e.stop()) }()
	me.Emulator = e.url
	if err := o.State.write(me); err != nil {
		return err
	}
	if err := ready(e.url); err != nil {
		return fmt.Errorf("the command that started this has gone: %w", err)
	}
	begun = true
	select {
	case <-ctx.Done():
		return os.Remove(o.State.Path(recordFile))
	case <-o.State.forgotten(me, ctx.Done()):
		return errors.New("the state folder was removed, so nobody can find this account any longer; it ends")
	case <-e.child.Done():
		return fmt.Errorf("the emulator has ended by itself (%w)", e.child.Err())
	}
}

// watchInterval is how often the account looks whether its record is still there.
const watchInterval = time.Second

// forgotten is closed when the account is no longer on record: its folder was removed by hand.
func (s State) forgotten(me Record, done <-chan struct{}) <-chan struct{} {
	gone := make(chan struct{})
	go func() {
		tick := time.NewTicker(watchInterval)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			if r, err := s.read(); errors.Is(err, os.ErrNotExist) || err == nil && r.Process != me.Process {
				close(gone)
				return
			}
		}
	}()
	return gone
}

// listen serves a handler on a free port of 127.0.0.1.
func listen(h http.Handler) (url string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // it ends by Close
	}()
	return "http://" + l.Addr().String(), func() { _ = server.Close(); <-done }, nil
}
