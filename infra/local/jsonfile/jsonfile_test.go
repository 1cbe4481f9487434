package jsonfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatIsWrittenIsReadAgainByItsOwnerAlone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a folder", "state.json")
	for _, want := range []string{"first", "second"} {
		if err := Write(file, map[string]string{"value": want}); err != nil {
			t.Fatal(err)
		}
		var got map[string]string
		if err := Read(file, &got); err != nil || got["value"] != want {
			t.Errorf("read %v, %v", got, err)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(entries) != 1 {
		t.Fatalf("left are %v, %v", entries, err)
	}
	if info, err := entries[0].Info(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v, %v", info.Mode(), err)
	}
}

func TestAMissingOrDamagedFileIsTold(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state.json")
	var v map[string]string
	if err := Read(file, &v); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file gives %v", err)
	}
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Read(file, &v); err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "RESET=1") {
		t.Errorf("a damaged file gives %v", err)
	}
	if err := Write(file, func() {}); err == nil {
		t.Error("what has no JSON form was written")
	}
}
