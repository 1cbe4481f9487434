package terminal_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/miyabi-society/platform/infra/deploy/terminal"
)

func TestFilesPipesAndTheNullDeviceAreNoTerminals(t *testing.T) {
	t.Parallel()
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []*os.File{file, reader, writer, null} {
		if terminal.Is(f) {
			t.Errorf("%s counts as a terminal", f.Name())
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
