package main

import (
	"bytes"
	"context"
	"os"
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
	if !slices.Equal(got.passed, []string{"TestGood"}) || !slices.Equal(got.failed, []string{"TestBad"}) || !slices.Equal(got.skipped, []string{"TestSkipped"}) {
		t.Errorf("passed %v, failed %v, skipped %v, problem %q", got.passed, got.failed, got.skipped, got.problem)
	}
	if !strings.Contains(got.output, "the reason") || got.coverage != 66.7 {
		t.Errorf("coverage %v, output %q", got.coverage, got.output)
	}
	one := r.goTest(context.Background(), goTests{pkg: "./p", names: []string{"TestGood"}})
	if _, problem := one.check(goTests{names: []string{"TestGood"}}); problem != "" || len(one.failed)+len(one.skipped) > 0 {
		t.Errorf("problem %q, failed %v, skipped %v", problem, one.failed, one.skipped)
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
	if len(all.packages) != 1 || len(all.steps) != 1 || all.steps["good"] != nil {
		t.Errorf("got %+v", all)
	}
}
