package assembly

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write makes files below a new folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func twoStacks() map[string]string {
	return map[string]string{
		"manifest.json": `{"artifacts": {
			"A.assets": {"type": "cdk:asset-manifest", "properties": {"file": "A.assets.json"}},
			"A": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "A.template.json", "stackName": "Real-A", "parameters": {"P": "1"}}, "dependencies": ["A.assets", "B"]},
			"B": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "B.template.json"}},
			"Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}},
			"Nested": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "nested"}}}}`,
		"nested/manifest.json":   `{"artifacts": {"N": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "N.template.json"}}}}`,
		"nested/N.template.json": `{"Resources": {}}`,
		"A.template.json":        `{"Resources": {"R": {"Type": "T"}}}`,
		"B.template.json":        `{"Resources": {}}`,
		"A.assets.json": `{"files": {"h": {"source": {"path": "asset.h", "packaging": "zip"},
			"destinations": {"here": {"bucketName": "assets-${AWS::AccountId}-${AWS::Region}", "objectKey": "h.zip"}}}}}`,
		"asset.h/index.html": "hello",
	}
}

func TestStacksComeAfterThoseTheyDependOn(t *testing.T) {
	t.Parallel()
	a, err := Load(write(t, twoStacks()))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range a.Stacks {
		names = append(names, s.Name)
	}
	if got := strings.Join(names, " "); got != "B Real-A N" {
		t.Errorf("stacks are %q", got)
	}
	if s := a.Stacks[1]; s.Parameters["P"] != "1" || s.Template.Resources["R"].String() != "stack Real-A, resource R (T)" {
		t.Errorf("stack A is %+v", s)
	}
}

func TestAllStacksAreInOneAccountAndRegion(t *testing.T) {
	t.Parallel()
	for environments, want := range map[[2]string]Environment{
		{"aws://unknown-account/unknown-region", ""}:                             {Account: "000000000000", Region: "us-east-1"},
		{"aws://unknown-account/eu-west-1", "aws://210987654321/unknown-region"}: {Account: "210987654321", Region: "eu-west-1"},
		{"aws://210987654321/eu-west-1", "aws://210987654321/eu-west-1"}:         {Account: "210987654321", Region: "eu-west-1"},
		{"aws://210987654321/eu-west-1", "aws://210987654321/us-east-1"}:         {},
	} {
		a, err := Load(write(t, map[string]string{
			"manifest.json": fmt.Sprintf(`{"artifacts": {
				"A": {"type": "aws:cloudformation:stack", "environment": %q, "properties": {"templateFile": "T.json"}},
				"B": {"type": "aws:cloudformation:stack", "environment": %q, "properties": {"templateFile": "T.json"}}}}`, environments[0], environments[1]),
			"T.json": "{}",
		}))
		switch {
		case want == Environment{}:
			if err == nil || !strings.Contains(err.Error(), "one account in one region") {
				t.Errorf("%v: error is %v", environments, err)
			}
		case err != nil || a.Environment != want:
			t.Errorf("%v: %v", environments, err)
		}
	}
}

func TestAnAssetIsFoundByItsPlaceInTheBootstrapBucket(t *testing.T) {
	t.Parallel()
	dir := write(t, twoStacks())
	a, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	asset, err := a.Asset("assets-000000000000-us-east-1", "h.zip")
	if err != nil || asset != filepath.Join(dir, "asset.h") {
		t.Errorf("asset is %+v, %v", asset, err)
	}
	if _, err := a.Asset("assets-000000000000-us-east-1", "other.zip"); err == nil || !strings.Contains(err.Error(), "other.zip") {
		t.Errorf("error is %v", err)
	}
}

func TestAFolderWithoutAnAssemblyIsRefused(t *testing.T) {
	t.Parallel()
	for files, part := range map[string]string{"": "no cloud assembly in", "{}": "has no stack", "{": "is not what the local cloud can run"} {
		dir := t.TempDir()
		if files != "" {
			dir = write(t, map[string]string{"manifest.json": files})
		}
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("manifest %q: error is %v, want one with %q", files, err, part)
		}
	}
}

func TestTheFingerprintFollowsTemplatesAndNotAssetContents(t *testing.T) {
	t.Parallel()
	files := twoStacks()
	print := func() string {
		p, err := Fingerprint(write(t, files))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := print()
	files["tree.json"] = "{}"
	if print() != first {
		t.Error("a file that is not deployed changes it")
	}
	files["A.template.json"] = `{"Resources": {}}`
	if print() == first {
		t.Error("a changed template does not change it")
	}
}
