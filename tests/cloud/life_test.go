package cloud

import (
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// promptly is how long the end of an emulator may take on a machine that is busy.
const promptly = 5 * time.Second

func alone(t *testing.T) *emulator {
	t.Helper()
	use(t) // skips without Python
	e, err := start("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.command.Process.Kill() })
	return e
}

func TestTheEmulatorEndsPromptlyWhenItIsTold(t *testing.T) {
	t.Parallel()
	if took := alone(t).stop(); took > promptly {
		t.Errorf("it took %v", took)
	}
}

func TestTheEmulatorEndsWhenItsInputIsClosed(t *testing.T) {
	t.Parallel()
	e := alone(t)
	began := time.Now()
	e.stdin.Close()
	e.command.Wait()
	if took := time.Since(began); took > promptly {
		t.Errorf("it took %v", took)
	}
}

func TestTheEmulatorEndsWithTheProcessThatItBelongsTo(t *testing.T) {
	t.Parallel()
	use(t)
	parent := exec.Command("sleep", "60")
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	interpreter, err := python()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(interpreter, "serve.py", "--parent", strconv.Itoa(parent.Process.Pid))
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	parent.Process.Kill()
	parent.Wait()
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	select {
	case <-ended:
	case <-time.After(2 * time.Minute): // its start takes as long as a busy machine lets it
		child.Process.Kill()
		t.Error("it still runs")
	}
}

func TestAPortInUseIsSaidInOneLine(t *testing.T) {
	t.Parallel()
	use(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	interpreter, err := python()
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	out, err := exec.Command(interpreter, "serve.py", "--port", port).CombinedOutput()
	if err == nil || strings.TrimSpace(string(out)) != "cannot listen on 127.0.0.1:"+port+": Address already in use; choose another --port" {
		t.Errorf("%v: %s", err, out)
	}
}
