package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAnAccountIsExaminedOnlyWhereThereAreCredentials(t *testing.T) {
	t.Parallel()
	none := func(string) string { return "" }
	home := t.TempDir()
	if hasCredentials(none, home) {
		t.Error("credentials were found where there are none")
	}
	if !hasCredentials(func(name string) string { return map[string]string{"AWS_PROFILE": "dev"}[name] }, home) {
		t.Error("a named profile was not found")
	}
	if err := os.MkdirAll(filepath.Join(home, ".aws"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".aws", "config"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if !hasCredentials(none, home) {
		t.Error("a configuration file was not found")
	}
}
