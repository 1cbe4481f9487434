package phases

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"testing"
)

// shared is what all tests of this run ask. It is deployed phase by phase, by the first test that needs the phase.
var shared *deployment

func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

// runTests destroys in the end what the tests have deployed, whatever became of them.
func runTests(m *testing.M) (code int) {
	var err error
	if shared, err = newDeployment(os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "phases:", err)
		return 2
	}
	teardown := sync.OnceValue(shared.teardown)
	stop := onInterrupt(func() { report(teardown()) })
	defer stop()
	code = m.Run()
	if err := teardown(); err != nil {
		report(err)
		return max(code, 1)
	}
	return code
}

func report(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "phases: teardown:", err)
	}
}

// onInterrupt does what must be done when the run is ended by a person, by the system, or because nobody reads its output
// any longer.
func onInterrupt(do func()) (stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	go func() {
		if _, more := <-signals; more {
			do()
			os.Exit(130)
		}
	}()
	return func() { signal.Stop(signals); close(signals) }
}

// errBroken means that a phase could not be deployed, so that there is nothing to ask.
var errBroken = errors.New("an earlier phase could not be deployed")
