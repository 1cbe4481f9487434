package lambda

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func addFrom(t *testing.T, dir string) error {
	t.Helper()
	return newFixture(t, Options{}).Add(Function{Name: "other", ARN: "arn", Dir: dir})
}

func TestABinaryForAnotherMachineIsRefusedByName(t *testing.T) {
	t.Parallel()
	arch := map[string]string{"amd64": "arm64", "arm64": "amd64"}[runtime.GOARCH]
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	// The vet tool's export data is not needed: compiling an empty program for the other architecture takes its runtime.
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", filepath.Join(dir, "bootstrap"), source)
	build.Env = append(os.Environ(), "GOARCH="+arch, "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	err := addFrom(t, dir)
	if err == nil || !strings.Contains(err.Error(), runtime.GOOS+"/"+arch) || !strings.Contains(err.Error(), "other") {
		t.Errorf("error is %v, want one that names the function and %s", err, arch)
	}
}

func TestAMissingOrPlainBootstrapIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := addFrom(t, dir); err == nil || !strings.Contains(err.Error(), "build the functions") {
		t.Errorf("missing: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "bootstrap"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := addFrom(t, dir); err == nil || !strings.Contains(err.Error(), "not an executable") {
		t.Errorf("not executable: %v", err)
	}
}

func TestABootstrapThatTheKernelRefusesIsAnEntrypointError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bootstrap"), []byte("#!/no/such/interpreter\n"), 0o700); err != nil { //nolint:gosec // executable on purpose
		t.Fatal(err)
	}
	f := newFixture(t, Options{}, func(f *Function) { f.Dir = dir })
	f.wantError(`{}`, TypeEntrypoint, "no such file")
}
