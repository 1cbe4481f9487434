package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// module makes a Go module of one package with the given test file.
func module(t *testing.T, test string) string {
	t.Helper()
	folder := t.TempDir()
	write := func(name, text string, mode os.FileMode) {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example\n\ngo 1.24\n", 0o644)
	write("p/p.go", "package p\n\nfunc Twice(n int) int {\n\tif n == 0 {\n\t\treturn 0\n\t}\n\treturn 2 * n\n}\n", 0o644)
	write("p/p_test.go", test, 0o644)
	write("bin/suite", "#!/bin/sh\n[ \"$2\" = good ] && echo '3 passed, 0 failed, 1 skipped' && exit 0\n[ \"$2\" = empty ] && echo '0 passed, 0 failed, 0 skipped' && exit 0\necho 'FAIL the walk'; exit 1\n", 0o755)
	return folder
}

const tests = `package p

import "testing"

func TestGood(t *testing.T) {
	t.Run("case", func(t *testing.T) {
		if Twice(2) != 4 {
			t.Error("no")
		}
	})
}

func TestBad(t *testing.T) { t.Run("case", func(t *testing.T) { t.Error("the reason") }) }

func TestSkipped(t *testing.T) { t.Skip("not here") }
`

func TestGoTestsAreRunAndTheirOutcomeIsRead(t *testing.T) {
	r := runner{root: module(t, tests), progress: &bytes.Buffer{}}
	got := r.goTest(context.Background(), goTests{pkg: "./p", coverage: 100})
	if !slices.Equal(got.Passed, []string{"TestGood"}) || !slices.Equal(got.Failed, []string{"TestBad"}) || !slices.Equal(got.Skipped, []string{"TestSkipped"}) {
		t.Errorf("passed %v, failed %v, skipped %v, problem %q", got.Passed, got.Failed, got.Skipped, got.Problem)
	}
	if !strings.Contains(got.Output, "the reason") || got.Coverage != 66.7 {
		t.Errorf("coverage %v, output %q", got.Coverage, got.Output)
	}
	one := r.goTest(context.Background(), goTests{pkg: "./p", names: []string{"TestGood"}})
	if _, problem := one.check(goTests{names: []string{"TestGood"}}); problem != "" || len(one.Failed)+len(one.Skipped) > 0 {
		t.Errorf("problem %q, failed %v, skipped %v", problem, one.Failed, one.Skipped)
	}
}

func TestAPackageThatDoesNotBuildOrIsNotThereIsAProblem(t *testing.T) {
	r := runner{root: module(t, "package p\n\nfunc Test"), progress: &bytes.Buffer{}}
	for _, g := range []goTests{{pkg: "./p"}, {pkg: "./none"}, {module: "gone", pkg: "./p"}} {
		if _, problem := r.goTest(context.Background(), g).check(g); problem == "" {
			t.Errorf("%s/%s has no problem", g.module, g.pkg)
		}
	}
}

func TestAStepPassesWhenItsSuiteRanTestsAndNoneFailed(t *testing.T) {
	r := runner{root: module(t, tests), progress: &bytes.Buffer{}}
	for step, part := range map[suiteStep]string{"good": "", "empty": "it ran no test", "bad": "FAIL the walk"} {
		err := r.suite(context.Background(), step)
		if (err == nil) != (part == "") || (err != nil && !strings.Contains(err.Error(), part)) {
			t.Errorf("step %s: %v, want %q", step, err, part)
		}
	}
}

func TestEachGroupRunsOnceAndIsAnnounced(t *testing.T) {
	var progress bytes.Buffer
	r := runner{root: module(t, tests), progress: &progress}
	all := r.run(context.Background(), []criterion{
		{text: "one", tests: []goTests{{pkg: "./p", names: []string{"TestGood"}}}},
		{text: "two", tests: []goTests{{pkg: "./p", names: []string{"TestGood"}}}, steps: []suiteStep{"good"}},
		{text: "three", steps: []suiteStep{"good"}},
	})
	if want := "running 1 of the tests of p\nrunning the step good of the test suite\n"; progress.String() != want {
		t.Errorf("announced\n%s", progress.String())
	}
	if len(all.Packages) != 1 || len(all.Steps) != 1 || all.Steps["good"] != "" {
		t.Errorf("got %+v", all)
	}
}

func TestResultsAreRememberedUntilASourceChanges(t *testing.T) {
	root := module(t, tests)
	git := func(arguments ...string) {
		t.Helper()
		cmd := exec.Command("git", arguments...)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", arguments, err, out)
		}
	}
	git("init", "-q")
	if err := os.WriteFile(filepath.Join(root, ".gitignore"), []byte("/.build/\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	m := memory{root: root, file: filepath.Join(root, ".build", "criteria.json")}
	remember := func(pkg string, sources string) {
		t.Helper()
		result := packageResult{Asked: []string{"TestA"}, Passed: []string{"TestA"}}
		if err := m.write(sources, results{Packages: map[string]packageResult{pkg: result}, Steps: map[suiteStep]string{browser: ""}}); err != nil {
			t.Fatal(err)
		}
	}
	remember("one", m.sources())
	remember("two", m.sources())
	kept := m.read()
	if len(kept.Packages) != 2 || len(kept.Steps) != 1 || kept.Before == "" {
		t.Errorf("kept %+v", kept)
	}
	v := criterion{tests: []goTests{{pkg: "./one", names: []string{"TestA"}}}}.judge(root, kept, deployment{})
	if v.status != met || !strings.Contains(strings.Join(v.evidence, "\n"), "on the same sources") {
		t.Errorf("got %s with %q", v.status, v.evidence)
	}
	for name, asked := range map[string]goTests{
		"another test":      {pkg: "./one", names: []string{"TestA", "TestB"}},
		"the whole package": {pkg: "./one"},
		"its coverage":      {pkg: "./one", names: []string{"TestA"}, coverage: 100},
		"another package":   {pkg: "./three", names: []string{"TestA"}},
	} {
		if v := (criterion{tests: []goTests{asked}}).judge(root, kept, deployment{}); v.status != notRun {
			t.Errorf("%s, which did not run, is %s", name, v.status)
		}
	}
	before := m.sources()
	if err := os.WriteFile(filepath.Join(root, "new.go"), []byte("package p\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if kept := m.read(); len(kept.Packages) > 0 {
		t.Error("the results outlive a changed source")
	}
	remember("three", before)
	if kept := m.read(); len(kept.Packages) > 0 {
		t.Error("the results of a run during which a source changed are remembered")
	}
}

func TestWithoutGitNothingIsRemembered(t *testing.T) {
	t.Setenv("GIT_DIR", filepath.Join(t.TempDir(), "none"))
	folder := t.TempDir()
	m := memory{root: folder, file: filepath.Join(folder, "criteria.json")}
	if err := m.write(m.sources(), results{}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(m.file); err == nil {
		t.Error("results are kept of unknown sources")
	}
}
