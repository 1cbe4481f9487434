package background_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/miyabi-society/platform/infra/background"
)

// TestMain lets this test program be what Launch starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "report":
			_, _ = fmt.Fprintln(os.NewFile(3, "notice"), `{"Word":"ready"}`)
			time.Sleep(time.Minute)
			return
		case "die":
			fmt.Println("why it ended")
			return
		}
	}
	os.Exit(m.Run())
}

type notice struct{ Word string }

func launch(t *testing.T, what string) (child *background.Child, log string) {
	t.Helper()
	log = filepath.Join(t.TempDir(), "log")
	child, err := background.Launch(log, what)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := child.Stop(10 * time.Second); err != nil {
			t.Error(err)
		}
	})
	return child, log
}

func TestALaunchedProgramReportsAndIsStopped(t *testing.T) {
	t.Parallel()
	child, _ := launch(t, "report")
	var n notice
	if err := child.Notice(t.Context(), &n); err != nil || n.Word != "ready" {
		t.Errorf("notice is %+v, %v", n, err)
	}
	if err := child.Stop(10 * time.Second); err != nil {
		t.Error(err)
	}
	<-child.Ended()
}

func TestAProgramThatEndsWithoutAReportLeavesItsLastLine(t *testing.T) {
	t.Parallel()
	child, log := launch(t, "die")
	var n notice
	if err := child.Notice(t.Context(), &n); err != nil || n.Word != "" {
		t.Errorf("notice is %+v, %v", n, err)
	}
	<-child.Ended()
	if got := background.LastLine(log); got != "why it ended" {
		t.Errorf("the last line is %q", got)
	}
	if got := background.LastLine(log + ".none"); got != "its log cannot be read" {
		t.Errorf("without a log: %q", got)
	}
}

func TestWaitingForAReportEndsWithTheContext(t *testing.T) {
	t.Parallel()
	child, _ := launch(t, "report")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var n notice
	if err := child.Notice(ctx, &n); err == nil && n.Word == "" {
		t.Error("neither a report nor an error")
	}
}
