package schema_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/migrations"
)

// ofTheSchema are the store's tests that compare the schema with what that release itself knows of it, or that try
// everything which is in the schema, so that they are not about later schemas.
const ofTheSchema = "SQLAndGoAgree|Catalogue|EveryTable|EachConstraint|EveryConstraint|PassesThePolicies|EachPolicyAlone|EachTenantMustExist|NoFunctionReaches"

// The functions of the release before run on the schema of the next one, from the migration until traffic has shifted
// and again after a rollback. migrations/RELEASED holds the commit of the latest release.
func TestTheStoreOfTheLatestReleaseWorksOnThisSchema(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	commit, err := os.ReadFile(filepath.Join(root, "migrations", "RELEASED")) //nolint:gosec // a file of the project
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no release yet")
	}
	if err != nil {
		t.Fatal(err)
	}
	tree := worktree(t, root, strings.TrimSpace(string(commit)))
	bringMigrations(t, filepath.Join(tree, "migrations"))
	run(t, tree, "go", "test", "-count=1", "-skip", ofTheSchema, "./functions/internal/postgres/...")
}

// worktree checks a commit out into a folder of its own until the test ends.
func worktree(t *testing.T, root, commit string) string {
	t.Helper()
	tree := filepath.Join(t.TempDir(), "release")
	run(t, root, "git", "worktree", "add", "--quiet", "--detach", tree, commit)
	t.Cleanup(func() {
		if out, err := exec.Command("git", "-C", root, "worktree", "remove", "--force", tree).CombinedOutput(); err != nil { //nolint:gosec,noctx // the test's context has ended
			t.Errorf("remove the worktree: %v: %s", err, out)
		}
	})
	return tree
}

// bringMigrations puts this program's migrations in the place of those of the release.
func bringMigrations(t *testing.T, into string) {
	t.Helper()
	old, err := filepath.Glob(filepath.Join(into, "*.sql"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range old {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(into, migrations.Files); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}
