package environment_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/environment"
)

// builtFolders is a complete set of folders for the dev environment.
func builtFolders(t *testing.T) environment.Folders {
	t.Helper()
	root := t.TempDir()
	folders := environment.Folders{
		Functions:  filepath.Join(root, "functions"),
		Site:       filepath.Join(root, "site"),
		Edge:       filepath.Join(root, "edge"),
		Migrations: filepath.Join(root, "migrations"),
	}
	for _, file := range []string{
		"functions/linux-arm64/api/bootstrap", "site/index.html", "site/_next/static/a.js", "edge/rewrite.js", "migrations/00001_a.sql",
	} {
		write(t, filepath.Join(root, file), "content of "+file)
	}
	return folders
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, folders environment.Folders) error {
	t.Helper()
	return folders.Check(load(t, environment.Dev), []string{"api"}, []string{"rewrite"})
}

func TestCheckAcceptsWhatIsBuilt(t *testing.T) {
	t.Parallel()
	if err := check(t, builtFolders(t)); err != nil {
		t.Error(err)
	}
}

func TestCheckNamesWhatIsMissingAndTheCommandThatMakesIt(t *testing.T) {
	t.Parallel()
	for missing, want := range map[string]string{
		"functions":              "function binary .*bootstrap is missing: run `make synth ENV=dev`",
		"site/index.html":        "has no index.html: run `make synth ENV=dev`",
		"site/_next":             "has no _next/static: run `make synth ENV=dev`",
		"edge/rewrite.js":        "rewrite.js is missing: restore it",
		"migrations/00001_a.sql": "has no *.sql migration: restore it",
	} {
		t.Run(missing, func(t *testing.T) {
			t.Parallel()
			folders := builtFolders(t)
			if err := os.RemoveAll(filepath.Join(filepath.Dir(folders.Site), missing)); err != nil {
				t.Fatal(err)
			}
			err := check(t, folders)
			if err == nil {
				t.Fatal("Check found nothing")
			}
			for part := range strings.SplitSeq(want, ".*") {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("Check = %v, want %q in it", err, part)
				}
			}
		})
	}
}

func TestMigrationsHashChangesExactlyWithTheMigrations(t *testing.T) {
	t.Parallel()
	folders := builtFolders(t)
	hash := func() string {
		t.Helper()
		value, err := folders.MigrationsHash()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	first := hash()
	write(t, filepath.Join(folders.Migrations, "embed.go"), "package migrations")
	if hash() != first {
		t.Error("a file that is no migration changed the hash")
	}
	write(t, filepath.Join(folders.Migrations, "00001_a.sql"), "other content")
	second := hash()
	if second == first {
		t.Error("changed content left the hash as it was")
	}
	if err := os.Rename(filepath.Join(folders.Migrations, "00001_a.sql"), filepath.Join(folders.Migrations, "00002_a.sql")); err != nil {
		t.Fatal(err)
	}
	if hash() == second {
		t.Error("a changed name left the hash as it was")
	}
}
