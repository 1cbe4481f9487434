package bundle_test

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/deploy/bundle"
)

// write makes a file of an assembly.
func write(t *testing.T, dir, name, text string, mode os.FileMode) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// assembly makes an assembly as CDK writes it: stack B depends on stack A, and both upload the function fn.
func assembly(t *testing.T, template string) bundle.Assembly {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "an assembly")
	write(t, dir, "manifest.json", `{"version":"54.0.0","minimumCliVersion":"2.1131.0","artifacts":{
		"A.assets":{"type":"cdk:asset-manifest","properties":{"file":"A.assets.json","requiresBootstrapStackVersion":6}},
		"A":{"type":"aws:cloudformation:stack","environment":"aws://unknown-account/us-east-1","properties":{"templateFile":"A.template.json","lookupRole":{"arn":"r"}},"dependencies":["A.assets"],"additionalMetadataFile":"A.metadata.json","displayName":"A"},
		"B.assets":{"type":"cdk:asset-manifest","properties":{"file":"B.assets.json","requiresBootstrapStackVersion":9}},
		"B":{"type":"aws:cloudformation:stack","properties":{"templateFile":"B.template.json"},"dependencies":["A","B.assets"]},
		"flags":{"type":"cdk:feature-flag-report","properties":{"module":"m"}}}}`, 0o644)
	write(t, dir, "A.metadata.json", `{}`, 0o644)
	for _, name := range []string{"A", "B"} {
		write(t, dir, name+".template.json", template, 0o644)
		write(t, dir, name+".assets.json", `{"files":{"1":{"source":{"path":"asset.fn","packaging":"zip"}},"2":{"source":{"path":"`+name+`.template.json","packaging":"file"}}}}`, 0o644)
	}
	write(t, dir, "asset.fn/bootstrap", "binary", 0o755)
	write(t, dir, "asset.other/file", "of no stack", 0o644)
	a, err := bundle.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	if err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(dir, path)
			found = append(found, name)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found
}

// archived takes stacks through an archive into a new folder.
func archived(t *testing.T, a bundle.Assembly, stacks ...string) bundle.Assembly {
	t.Helper()
	file := filepath.Join(t.TempDir(), "release.zip")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Archive(f, stacks); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := bundle.Extract(file, filepath.Join(t.TempDir(), "unpacked"))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAnArchiveHoldsAStackWithItsAssetsAndNothingElse(t *testing.T) {
	t.Parallel()
	a := assembly(t, `{}`)
	got := archived(t, a, "B")
	if want := []string{"B.assets.json", "B.template.json", "asset.fn/bootstrap", "manifest.json"}; !slices.Equal(names(t, got.Dir), want) {
		t.Errorf("the archive holds %v, want %v", names(t, got.Dir), want)
	}
	info, err := os.Stat(filepath.Join(got.Dir, "asset.fn/bootstrap"))
	if err != nil || info.Mode().Perm()&0o111 == 0 {
		t.Errorf("the function cannot be executed any longer: %v, %v", info, err)
	}
	before, _ := a.Hash([]string{"B"})
	if after, err := got.Hash([]string{"B"}); err != nil || after != before || len(after) != 12 {
		t.Errorf("the hash was %s and is %s (%v)", before, after, err)
	}
}

// A half of a stored release must not pass for it at the next rollback.
func TestAnArchiveThatCannotBeUnpackedLeavesNoAssembly(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "release.zip")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	w, err := z.Create("manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(`{"version":"54.0.0"}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := z.Create("../outside"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "unpacked")
	if _, err := bundle.Extract(file, dir); err == nil {
		t.Error("a file outside of the folder was unpacked")
	}
	if _, err := bundle.Open(dir); err == nil {
		t.Error("the half that was unpacked counts as the assembly")
	}
}

func TestTheHashFollowsTheTemplateTheTagsAndTheAssets(t *testing.T) {
	t.Parallel()
	a, b := assembly(t, `{}`), assembly(t, `{"Resources":{}}`)
	one, err := a.Hash([]string{"A"})
	if err != nil {
		t.Fatal(err)
	}
	if two, _ := b.Hash([]string{"A"}); one == two {
		t.Error("two templates have one hash")
	}
	manifest, err := os.ReadFile(filepath.Join(a.Dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, b.Dir, "manifest.json", strings.Replace(string(manifest), `"lookupRole"`, `"tags":{"phase":"api"},"lookupRole"`, 1), 0o644)
	write(t, b.Dir, "A.template.json", `{}`, 0o644)
	if b, err = bundle.Open(b.Dir); err != nil {
		t.Fatal(err)
	}
	if tagged, _ := b.Hash([]string{"A"}); one == tagged {
		t.Error("other tags of the stack have the same hash")
	}
	write(t, a.Dir, "A.assets.json", `{"files":{"1":{"source":{"path":"asset.new"}}}}`, 0o644)
	if three, _ := a.Hash([]string{"A"}); one == three {
		t.Error("another asset has the same hash")
	}
}

// Parts of several releases become one assembly, in which each stack still comes after those it depends on.
func TestReleasesOfSeveralPhasesComposeOneAssembly(t *testing.T) {
	t.Parallel()
	old, now := assembly(t, `{"old":1}`), assembly(t, `{"new":1}`)
	dir := filepath.Join(t.TempDir(), "composed")
	write(t, dir, "left", "from an earlier run", 0o644)
	got, err := bundle.Compose(dir, []string{"A", "B"}, archived(t, old, "A"), archived(t, now, "B"))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"A.assets.json", "A.metadata.json", "A.template.json", "B.assets.json", "B.template.json", "asset.fn/bootstrap", "manifest.json"}; !slices.Equal(names(t, dir), want) {
		t.Errorf("composed %v, want %v", names(t, dir), want)
	}
	for stack, want := range map[string]string{"A": `{"old":1}`, "B": `{"new":1}`} {
		if b, err := got.Template(stack); err != nil || string(b) != want {
			t.Errorf("the template of %s is %s (%v)", stack, b, err)
		}
	}
	if got.BootstrapVersion() != 9 {
		t.Errorf("it needs bootstrap version %d", got.BootstrapVersion())
	}
	if deps := dependencies(t, dir, "B"); !slices.Equal(deps, []string{"A", "B.assets"}) {
		t.Errorf("B depends on %v", deps)
	}
}

// The CDK CLI refuses an assembly with a dependency on what is not there.
func TestAnAssemblyOfSomeStacksDependsOnNoOther(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "composed")
	if _, err := bundle.Compose(dir, []string{"B"}, archived(t, assembly(t, `{}`), "A", "B")); err != nil {
		t.Fatal(err)
	}
	if deps := dependencies(t, dir, "B"); !slices.Equal(deps, []string{"B.assets"}) {
		t.Errorf("B depends on %v", deps)
	}
}

func dependencies(t *testing.T, dir, stack string) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Artifacts map[string]struct{ Dependencies []string }
	}
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m.Artifacts[stack].Dependencies
}

func TestAStackThatNoReleaseHasIsNamed(t *testing.T) {
	t.Parallel()
	_, err := bundle.Compose(filepath.Join(t.TempDir(), "composed"), []string{"C"}, assembly(t, `{}`))
	if err == nil || !strings.Contains(err.Error(), "stack C") {
		t.Errorf("Compose = %v", err)
	}
}

func TestParametersFromTheStoreAreNotAPersonsToGive(t *testing.T) {
	t.Parallel()
	a := assembly(t, `{"Parameters":{"GitHubUrl":{"Type":"String"},"Vpc":{"Type":"AWS::SSM::Parameter::Value<String>"}}}`)
	if got, err := a.Parameters("A"); err != nil || !slices.Equal(got, []string{"GitHubUrl"}) {
		t.Errorf("Parameters = %v, %v", got, err)
	}
}

func TestAFolderWithoutAnAssemblySaysWhatToDo(t *testing.T) {
	t.Parallel()
	if _, err := bundle.Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "make deploy") {
		t.Errorf("Open = %v", err)
	}
}

func TestAnAssemblyThatReachesOutsideItselfIsRefused(t *testing.T) {
	t.Parallel()
	a := assembly(t, `{}`)
	write(t, a.Dir, "A.assets.json", `{"files":{"1":{"source":{"path":"../../etc/passwd"}}}}`, 0o644)
	if err := a.Archive(os.Stderr, []string{"A"}); err == nil || !strings.Contains(err.Error(), "outside") {
		t.Errorf("Archive = %v", err)
	}
}

func TestABareAssemblyNamesTheStacksInOrder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "bare")
	a, err := bundle.Bare(dir, []string{"Miyabi-dev-Database", "Miyabi-dev-Schema"}, "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.Stacks(), []string{"Miyabi-dev-Database", "Miyabi-dev-Schema"}) {
		t.Errorf("stacks %v", a.Stacks())
	}
	if deps := dependencies(t, dir, "Miyabi-dev-Schema"); !slices.Equal(deps, []string{"Miyabi-dev-Database"}) {
		t.Errorf("the schema depends on %v", deps)
	}
}
