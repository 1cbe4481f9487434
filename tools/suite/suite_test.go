package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestGoTestsAreCountedWithTheirSubtests(t *testing.T) {
	t.Parallel()
	got := readGoTest(strings.NewReader(`{"Action":"run","Package":"p","Test":"A"}
{"Action":"pass","Package":"p","Test":"A/one"}
{"Action":"pass","Package":"p","Test":"A"}
{"Action":"output","Package":"p","Test":"B","Output":"    b_test.go:3: no account\n"}
{"Action":"skip","Package":"p","Test":"B"}
{"Action":"fail","Package":"p","Test":"C"}
{"Action":"fail","Package":"p"}
{"Action":"pass","Package":"q"}
`))
	if want := (count{2, 1, 1}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAPackageThatDoesNotBuildIsAFailure(t *testing.T) {
	t.Parallel()
	got := readGoTest(strings.NewReader(`{"Action":"build-output","ImportPath":"p","Output":"x.go:1: undefined\n"}
{"Action":"fail","Package":"p","FailedBuild":"p"}
`))
	if want := (count{failed: 1}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTextThatIsNoEventIsPassedOver(t *testing.T) {
	t.Parallel()
	if got := readGoTest(strings.NewReader("go: downloading x\n")); got != (count{}) {
		t.Errorf("got %v", got)
	}
}

func TestASkippedTestTellsItsReason(t *testing.T) {
	t.Parallel()
	if got := reason([]string{"=== RUN   B\n", "    b_test.go:3: no account\n"}); got != "b_test.go:3: no account" {
		t.Errorf("got %q", got)
	}
}

func TestTheReportOfVitestIsRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]count{
		`{"numPassedTests":3,"numFailedTests":1,"numPendingTests":2,"success":false}`:            {3, 1, 2},
		`{"numPassedTests":3,"numFailedTests":0,"numFailedTestSuites":2,"success":false}`:        {3, 2, 0},
		`{"numPassedTests":3,"numFailedTests":0,"numPendingTests":0,"success":true,"other":"x"}`: {3, 0, 0},
	} {
		if got, err := readVitest([]byte(text)); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestAFlakyBrowserTestIsAFailure(t *testing.T) {
	t.Parallel()
	got, err := readPlaywright([]byte(`{"stats":{"expected":2,"unexpected":1,"flaky":1,"skipped":0},"errors":[]}`))
	if want := (count{2, 2, 0}); err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestAProgramThatWritesNoReportIsAFailure(t *testing.T) {
	t.Parallel()
	got := reported("x", command{name: "true"}, t.TempDir()+"/r.json", readVitest)(context.Background())
	if want := (count{failed: 1}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAFailingCheckIsOneFailure(t *testing.T) {
	t.Parallel()
	if got := check("x", command{name: "false"})(context.Background()); got != (count{failed: 1}) {
		t.Errorf("got %v", got)
	}
}

func TestAnUnknownStepNamesTheKnownOnes(t *testing.T) {
	t.Parallel()
	_, err := choose(steps(), "functions,brwoser")
	if err == nil || !strings.Contains(err.Error(), "browser") {
		t.Errorf("error is %v", err)
	}
}

func TestTreesThatDifferAreNamed(t *testing.T) {
	t.Parallel()
	a, b := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{"a/same": "1", "b/same": "1", "a/changed": "1", "b/changed": "2", "a/gone": "1", "b/new": "1"} {
		dir, file, _ := strings.Cut(name, "/")
		if err := os.WriteFile(filepath.Join(map[string]string{"a": a, "b": b}[dir], file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := compare(a, b)
	if want := []string{"changed", "gone", "new"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestAMigrationIsSplitWithItsLineNumbersKept(t *testing.T) {
	t.Parallel()
	text := "-- +goose Up\nSELECT 1;\n\n-- +goose Down\nSELECT 2;\n"
	up, down := sections(text)
	if up+"-- +goose Down\nSELECT 2;\n" != text || down != "\n\n\n\nSELECT 2;\n" {
		t.Errorf("up is %q, down is %q", up, down)
	}
	if up, down := sections("SELECT 1;\n"); up != "SELECT 1;\n" || down != "" {
		t.Errorf("without a down section up is %q, down is %q", up, down)
	}
}

func TestTheCoverageOfOnePackageIsRead(t *testing.T) {
	t.Parallel()
	events := `{"Action":"output","Package":"m/a","Output":"coverage: 12.0% of statements in ./b\n"}
{"Action":"output","Package":"m/b","Test":"A","Output":"coverage?\n"}
{"Action":"output","Package":"m/b","Output":"coverage: 99.9% of statements in ./b\n"}
`
	for least, want := range map[float64]count{99.9: {passed: 1}, 100: {failed: 1}} {
		if got := countCoverage(strings.NewReader(events), "b", least); got != want {
			t.Errorf("with at least %v: got %v, want %v", least, got, want)
		}
	}
	if got := countCoverage(strings.NewReader(events), "c", 0); got != (count{failed: 1}) {
		t.Errorf("without a figure: got %v", got)
	}
}
