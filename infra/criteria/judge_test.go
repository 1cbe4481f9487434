package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ran is the outcome of a package's tests.
func ran(passed, failed, skipped []string) packageResult {
	return packageResult{Whole: true, Measured: true, Passed: passed, Failed: failed, Skipped: skipped, Coverage: -1, Output: "why"}
}

func TestATestDecidesWhetherACriterionIsMet(t *testing.T) {
	t.Parallel()
	named := goTests{pkg: "./p", names: []string{"TestA", "TestB"}}
	whole := goTests{pkg: "./p"}
	covered := goTests{pkg: "./p", coverage: 100}
	reached := func(percent float64) packageResult {
		return packageResult{Whole: true, Measured: true, Passed: []string{"TestA"}, Coverage: percent}
	}
	for name, c := range map[string]struct {
		tests  goTests
		result packageResult
		want   status
		says   string
	}{
		"both passed":             {named, ran([]string{"TestB", "TestA"}, nil, nil), met, "p: TestA, TestB"},
		"one failed":              {named, ran([]string{"TestA"}, []string{"TestB"}, nil), failed, "TestB failed\nwhy"},
		"one skipped":             {named, ran([]string{"TestA"}, nil, []string{"TestB"}), failed, "TestB was skipped, so it shows nothing"},
		"one is gone":             {named, ran([]string{"TestA"}, nil, nil), failed, "TestB did not run"},
		"another failed":          {named, ran([]string{"TestA", "TestB"}, []string{"TestC"}, nil), met, "p: TestA, TestB"},
		"it did not build":        {named, packageResult{Whole: true, Problem: "exit status 1"}, failed, "exit status 1"},
		"all of a package":        {whole, ran([]string{"TestA", "TestB"}, nil, []string{"TestC"}), met, "p: 2 tests"},
		"one of all failed":       {whole, ran([]string{"TestA"}, []string{"TestB"}, nil), failed, "TestB failed"},
		"a package without tests": {whole, ran(nil, nil, nil), failed, "no test ran"},
		"covered":                 {covered, reached(100), met, "1 test reaching at least 100 % of its statements"},
		"nearly covered":          {covered, reached(99.9), failed, "the tests reach 99.9 % of the statements, not 100"},
		"coverage unknown":        {covered, reached(-1), failed, "not 100"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := results{Packages: map[string]packageResult{"p": c.result}}
			v := criterion{tests: []goTests{c.tests}}.judge(root, all, deployment{})
			if v.status != c.want || !strings.Contains(strings.Join(v.evidence, "\n"), c.says) {
				t.Errorf("got %s with %q, want %s with %q", v.status, v.evidence, c.want, c.says)
			}
		})
	}
}

func TestAStepOfTheSuiteDecidesToo(t *testing.T) {
	t.Parallel()
	c := criterion{steps: []suiteStep{browser}}
	for problem, want := range map[string]status{"": met, "3 failed": failed} {
		all := results{Steps: map[suiteStep]string{browser: problem}}
		if got := c.judge(root, all, deployment{}); got.status != want {
			t.Errorf("with %q the criterion is %s, want %s", problem, got.status, want)
		}
	}
}

func TestWhatIsMissingIsOpenAndRunsNothing(t *testing.T) {
	t.Parallel()
	c := criterion{missing: "there is no load test", tests: []goTests{{pkg: "./p"}}, steps: []suiteStep{browser}}
	v := c.judge(root, results{}, deployment{})
	if v.status != open || !slices.Equal(v.evidence, []string{"there is no load test"}) {
		t.Errorf("got %s with %q", v.status, v.evidence)
	}
	if len(groups([]criterion{c}))+len(steps([]criterion{c})) > 0 {
		t.Error("the tests of an open criterion run")
	}
}

func TestWithoutARunNothingThatATestShowsIsMet(t *testing.T) {
	t.Parallel()
	for _, phase := range phases {
		for _, v := range judge(root, phase.criteria, results{}, deployment{}) {
			if v.status == met || v.status == failed {
				t.Errorf("%s is %s without a run", v.criterion.text, v.status)
			}
		}
	}
}

func TestOnlyAnAWSAccountMeetsACriterionAboutOne(t *testing.T) {
	t.Parallel()
	passed := results{Packages: map[string]packageResult{"p": ran([]string{"TestA"}, nil, nil)}}
	broken := results{Packages: map[string]packageResult{"p": ran(nil, []string{"TestA"}, nil)}}
	c := criterion{tests: []goTests{{pkg: "./p"}}, account: "make deploy ENV=prod PHASE=0"}
	for name, example := range map[string]struct {
		results  results
		deployed deployment
		want     status
		says     string
	}{
		"nothing deployed":    {passed, deployment{}, account, "in an AWS account: make deploy ENV=prod PHASE=0"},
		"a local deployment":  {passed, deployment{true, "local", false}, account, "passed against local, an emulated account"},
		"a deployment to AWS": {passed, deployment{true, "prod", true}, met, "passed against prod in the AWS account"},
		"a failed test":       {broken, deployment{}, failed, "TestA failed"},
		"not run, on AWS":     {results{}, deployment{true, "prod", true}, met, "passed against prod in the AWS account"},
	} {
		v := c.judge(root, example.results, example.deployed)
		if v.status != example.want || !strings.Contains(strings.Join(v.evidence, "\n"), example.says) {
			t.Errorf("%s: got %s with %q, want %s with %q", name, v.status, v.evidence, example.want, example.says)
		}
	}
}

func TestAPersonsDecisionIsReadFromItsFile(t *testing.T) {
	t.Parallel()
	for lines, want := range map[string]struct {
		status status
		says   string
	}{
		"Decision:\nSigned by:\nDate:\n":                               {people, "docs/approvals/a.md is not signed; it waits for the owner"},
		"Decision: approved\nSigned by: H. Yamada\nDate: 2026-12-01\n": {people, "docs/approvals/a.md: approved by H. Yamada on 2026-12-01"},
		"Decision: declined\nSigned by: H. Yamada\nDate: 2026-12-01\n": {failed, "declined by H. Yamada"},
		"Decision: yes\nSigned by: H. Yamada\nDate: 2026-12-01\n":      {failed, `"yes": write approved or declined`},
		"Decision: approved\nSigned by: H. Yamada\nDate: today\n":      {failed, `"today": write it as 2026-12-01`},
		"Decision: approved\nSigned by:\nDate: 2026-12-01\n":           {failed, `no name after "Signed by:"`},
	} {
		project := t.TempDir()
		if err := os.MkdirAll(filepath.Join(project, approvals), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(project, approvals, "a.md"), []byte("**Who signs**: the owner.\n\n"+lines), 0o644); err != nil {
			t.Fatal(err)
		}
		v := criterion{approval: "a.md"}.judge(project, results{}, deployment{})
		if v.status != want.status || !strings.Contains(strings.Join(v.evidence, "\n"), want.says) {
			t.Errorf("%q: got %s with %q, want %s with %q", lines, v.status, v.evidence, want.status, want.says)
		}
	}
	if v := (criterion{approval: "gone.md"}).judge(t.TempDir(), results{}, deployment{}); v.status != failed {
		t.Errorf("an approval without a file is %s", v.status)
	}
}

func TestOnlyFailedAndOpenCriteriaEndInAnError(t *testing.T) {
	t.Parallel()
	verdicts := []verdict{{status: met}, {status: failed}, {status: open}, {status: people}, {status: account}, {status: notRun}}
	if got := unmet(verdicts, false); got != 2 {
		t.Errorf("%d verdicts count, want the failed and the open one", got)
	}
	if got := unmet(verdicts, true); got != 1 {
		t.Errorf("%d verdicts count, want the failed one", got)
	}
}

func TestTheTestsOfAPackageAreJoinedIntoOneRun(t *testing.T) {
	t.Parallel()
	got := groups([]criterion{
		{tests: []goTests{{pkg: "./a", names: []string{"TestA"}}, {pkg: "./b", names: []string{"TestX"}}}},
		{tests: []goTests{{pkg: "./a", names: []string{"TestB"}}, {pkg: "./b", coverage: 100}}},
		{tests: []goTests{{pkg: "./b", names: []string{"TestY"}}, {module: "tests", pkg: "./a", names: []string{"TestC"}}}},
	})
	want := "[{ ./a [TestA TestB] 0} { ./b [] 100} {tests ./a [TestC] 0}]"
	if fmt.Sprint(got) != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
}

func TestTheReportFitsItsWidthAndCounts(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	for number, phase := range phases {
		report(&out, number, judge(root, phase.criteria, results{}, deployment{}))
	}
	for line := range strings.Lines(out.String()) {
		if len([]rune(strings.TrimRight(line, "\n"))) > width {
			t.Errorf("wider than %d columns: %s", width, line)
		}
	}
	if want := "0 met, 0 failed, 0 open, 3 decided by people, 1 needs an AWS account"; !strings.Contains(out.String(), want) {
		t.Errorf("%q is missing in\n%s", want, out.String())
	}
}

func TestBadArgumentsAreToldInOneLine(t *testing.T) {
	for arguments, part := range map[string]string{
		"-phase 5":  `there is no phase "5": use 0 to 4`,
		"-phase x":  `there is no phase "x"`,
		"1":         `unexpected argument "1"`,
		"-phase -1": `there is no phase "-1"`,
		"-phase 1":  "run criteria from the project's root",
	} {
		err := run(context.Background(), strings.Fields(arguments), &bytes.Buffer{}, &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
			t.Errorf("criteria %s: got %v, want one line with %q", arguments, err, part)
		}
	}
}

func TestQuickPrintsAPhaseAndFailsForWhatIsOpenUnlessOnlyFailuresCount(t *testing.T) {
	t.Chdir(root)
	var out bytes.Buffer
	if err := run(context.Background(), []string{"-quick", "-phase", "1"}, &out, &out); err != nil {
		t.Errorf("phase 1 has something open: %v", err)
	}
	if !strings.Contains(out.String(), "Phase 1: Database Foundation") {
		t.Errorf("got\n%s", out.String())
	}
	if err := run(context.Background(), []string{"-quick", "-phase", "4"}, &out, &out); err == nil {
		t.Error("open criteria are no error")
	}
	if err := run(context.Background(), []string{"-quick", "-phase", "4", "-only-failed"}, &out, &out); err != nil {
		t.Errorf("open criteria count although only failed ones should: %v", err)
	}
	if err := run(context.Background(), []string{"-quick", "-phase", "account"}, &out, &out); err != nil {
		t.Errorf("the account's phase: %v", err)
	}
}
