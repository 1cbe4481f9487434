package emulated

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestAFolderWithNothingButTheLockIsRemoved(t *testing.T) {
	t.Parallel()
	for name, left := range map[string]bool{logFile: true, "": false} {
		s, err := Open(filepath.Join(t.TempDir(), "a state"))
		if err != nil {
			t.Fatal(err)
		}
		lock, err := s.Lock(t.Context(), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if name != "" {
			if err := os.WriteFile(s.Path(name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Unlock(lock); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(s.Dir); errors.Is(err, os.ErrNotExist) == left {
			t.Errorf("with %q: %v", name, err)
		}
	}
}
