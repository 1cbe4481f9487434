package environment

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheContextIsThatOfTheFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "cdk.json")
	for content, want := range map[string]string{
		`{"context": {"flag": true}}`: "",
		`{}`:                          "",
		`{`:                           "read context of " + file,
	} {
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		context, err := CDKContext(file)
		if want == "" && (err != nil || context == nil) {
			t.Errorf("%s: context %v, error %v", content, context, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: error %v, want %q", content, err, want)
		}
	}
	if _, err := CDKContext(file + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file is the error %v", err)
	}
}
