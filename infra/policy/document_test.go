package policy_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/miyabi-society/platform/infra/policy"
)

var update = flag.Bool("update", false, "write docs/policy.md anew")

func TestTheDocumentIsCurrent(t *testing.T) {
	t.Parallel()
	file := filepath.Join("..", "..", "docs", "policy.md")
	want := policy.Document()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != want {
		t.Errorf("docs/policy.md is not what the rules and exceptions say: run go test ./infra/policy -update (%v)", err)
	}
}
