package phases

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/gruntwork-io/terratest/modules/shell"
	"github.com/stretchr/testify/require"
)

// release is what a changed checkout would deploy. It is a folder that looks like the checkout to a synthesis: links to
// what is the same, and files of its own in the place of what is changed.
type release struct{ dir string }

// blankPage is what the bad release shows instead of its front page.
const blankPage = "<!DOCTYPE html><title>Miyabi</title><p>Application error"

const (
	goodMigration = `-- +goose Up
CREATE TABLE drill_good (id int);
-- +goose Down
DROP TABLE drill_good;
`
	// halfwayMigration changes the schema and takes people's rows away before it fails.
	halfwayMigration = `-- +goose Up
CREATE TABLE drill_half (id int);
ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY;
DELETE FROM tasks;
ALTER TABLE drill_missing ADD COLUMN x int;
-- +goose Down
DROP TABLE drill_half;
`
)

// badAssembly is a release in which nothing is right: of two migrations the second fails halfway, api answers 500 to
// everything, and the front page is blank.
func (d *deployment) badAssembly(t *testing.T) string {
	t.Helper()
	return d.assembled(t, "bad", "", func(r release) {
		r.binaries(t)
		r.migrations(t, map[string]string{"90001_good.sql": goodMigration, "90002_halfway.sql": halfwayMigration})
		r.function(t, "api", "tests", "./phases/testdata/faulty", nil)
		require.NoError(t, os.WriteFile(filepath.Join(r.own(t, "frontend/out"), "index.html"), []byte(blankPage), 0o600))
	})
}

// nextAssembly is a good release: with one more migration, larger functions and longer logs.
func (d *deployment) nextAssembly(t *testing.T) string {
	t.Helper()
	return d.assembled(t, "next", "memoryMiB=512,logRetentionDays=14", func(r release) {
		r.binaries(t)
		r.migrations(t, map[string]string{"90001_good.sql": goodMigration})
	})
}

func (d *deployment) assembled(t *testing.T, name, settings string, change func(release)) string {
	t.Helper()
	if d.assemblies[name] == "" {
		r := d.newRelease(t)
		change(r)
		d.assemblies[name] = r.assembly(t, settings)
	}
	return d.assemblies[name]
}

// newRelease is a release without a change.
func (d *deployment) newRelease(t *testing.T) release {
	t.Helper()
	dir, err := os.MkdirTemp(d.folder, "release-")
	require.NoError(t, err)
	r := release{dir}
	require.NoError(t, os.Mkdir(r.path("frontend"), 0o755))
	for _, same := range []string{"cdk.json", "migrations", "frontend/edge", "frontend/out", ".build"} {
		require.NoError(t, os.Symlink(checkout(t, same), r.path(same)))
	}
	return r
}

// checkout is the absolute path of something in the checkout.
func checkout(t *testing.T, path string) string {
	t.Helper()
	absolute, err := filepath.Abs(filepath.Join(root, path))
	require.NoError(t, err)
	return absolute
}

func (r release) path(name string) string { return filepath.Join(r.dir, name) }

// own replaces a link by a copy, which can be changed.
func (r release) own(t *testing.T, path string) string {
	t.Helper()
	require.NoError(t, os.Remove(r.path(path)))
	require.NoError(t, os.CopyFS(r.path(path), os.DirFS(checkout(t, path))))
	return r.path(path)
}

// binaries is the folder of the functions' binaries, as a synthesis finds it.
var binaries = filepath.Join(".build", "functions", runtime.GOOS+"-"+runtime.GOARCH)

// binaries makes the functions the release's own.
func (r release) binaries(t *testing.T) {
	t.Helper()
	require.NoError(t, os.Remove(r.path(".build")))
	require.NoError(t, os.CopyFS(r.path(binaries), os.DirFS(checkout(t, binaries))))
}

// function replaces the binary of a function by one that is built from a package of a module below the checkout. overlay
// names files of the checkout and what stands in their place: https://pkg.go.dev/cmd/go#hdr-Compile_packages_and_dependencies
func (r release) function(t *testing.T, name, module, from string, overlay map[string]string) {
	t.Helper()
	list, err := json.Marshal(map[string]any{"Replace": overlay})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(r.path("overlay.json"), list, 0o600))
	binary := filepath.Join(r.path(binaries), name, "bootstrap")
	_, err = shell.RunCommandContextAndGetOutputE(t, t.Context(), &shell.Command{
		Command: "go", WorkingDir: checkout(t, module), Env: map[string]string{"CGO_ENABLED": "0"},
		Args: []string{"build", "-trimpath", "-buildvcs=false", "-tags=lambda.norpc", "-ldflags=-s -w -buildid=", "-overlay=" + r.path("overlay.json"), "-o", binary, from},
	})
	require.NoError(t, err)
}

// migrations adds migrations to the release, with a migrate function that has them. Their numbers are behind all others.
func (r release) migrations(t *testing.T, added map[string]string) {
	t.Helper()
	folder, overlay := r.own(t, "migrations"), map[string]string{}
	for name, sql := range added {
		file := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(file, []byte(sql), 0o600))
		overlay[checkout(t, filepath.Join("migrations", name))] = file
	}
	r.function(t, "migrate", ".", "./functions/migrate", overlay)
}

// assembly synthesizes the release, with changed settings if there are any.
func (r release) assembly(t *testing.T, settings string) string {
	t.Helper()
	dir := r.path("assembly")
	_, err := shell.RunCommandContextAndGetOutputE(t, context.WithoutCancel(t.Context()), &shell.Command{
		Command: checkout(t, "bin/infra"), WorkingDir: r.dir, Env: map[string]string{"ENV": local, "SETTINGS": settings, "CDK_OUTDIR": dir},
	})
	require.NoError(t, err)
	return dir
}
