package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the project's folder as seen from this package.
const root = "../.."

// documented reads the criteria of docs/adr/001-reconstruction.md by phase.
func documented(t *testing.T) [][]string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "docs", "adr", "001-reconstruction.md"))
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(line)
		if regexp.MustCompile(`^### Phase \d Completion$`).MatchString(line) {
			all = append(all, nil)
		} else if text, ok := strings.CutPrefix(line, "- "); ok && len(all) > 0 {
			all[len(all)-1] = append(all[len(all)-1], text)
		}
	}
	return all
}

func TestEachCriterionOfTheDecisionRecordIsThereOnceInItsOrder(t *testing.T) {
	t.Parallel()
	want := documented(t)
	if len(want) != len(phases) {
		t.Fatalf("the record has %d phases, the list %d", len(want), len(phases))
	}
	for number, phase := range phases {
		var got []string
		for _, c := range phase.criteria {
			got = append(got, c.text)
		}
		if !slices.Equal(got, want[number]) {
			t.Errorf("phase %d has\n%s\nwant\n%s", number, strings.Join(got, "\n"), strings.Join(want[number], "\n"))
		}
	}
}

// A criterion without anything behind it would be a bare claim.
func TestEachCriterionHasSomethingThatDecidesIt(t *testing.T) {
	t.Parallel()
	for number, phase := range phases {
		for _, c := range phase.criteria {
			if len(c.tests)+len(c.steps) == 0 && c.missing == "" && c.approval == "" {
				t.Errorf("phase %d, %s: nothing shows it", number, c.text)
			}
			for _, command := range []string{c.account, c.alsoOnAWS} {
				if command != "" && !regexp.MustCompile(`^make deploy ENV=prod PHASE=[0-4]$`).MatchString(command) {
					t.Errorf("phase %d, %s: %q deploys nothing", number, c.text, command)
				}
			}
		}
	}
}

func TestEachNamedTestExists(t *testing.T) {
	t.Parallel()
	for _, phase := range phases {
		for _, c := range phase.criteria {
			for _, tests := range c.tests {
				existing := testsOf(t, filepath.Join(root, tests.module, tests.pkg))
				if len(existing) == 0 {
					t.Errorf("%s: %s has no tests", c.text, tests.key())
				}
				for _, name := range tests.names {
					if !slices.Contains(existing, name) {
						t.Errorf("%s: %s has no %s", c.text, tests.key(), name)
					}
				}
			}
			for _, step := range c.steps {
				source, err := os.ReadFile(filepath.Join(root, "tools", "suite", "steps.go"))
				if err != nil || !strings.Contains(string(source), `{"`+string(step)+`", `) {
					t.Errorf("%s: the test suite has no step %s (%v)", c.text, step, err)
				}
			}
		}
	}
}

var testFunction = regexp.MustCompile(`(?m)^func (Test\w+)\(\w+ \*testing\.T\)`)

func testsOf(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testFunction.FindAllStringSubmatch(string(content), -1) {
			names = append(names, m[1])
		}
	}
	return names
}

func TestEachApprovalIsAFileThatNamesItsCriterionAndWhoSigns(t *testing.T) {
	t.Parallel()
	overview, err := os.ReadFile(filepath.Join(root, approvals, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for number, phase := range phases {
		for _, c := range phase.criteria {
			if c.approval == "" {
				continue
			}
			a, err := readApproval(root, c.approval)
			if err != nil {
				t.Error(err)
			}
			content, _ := os.ReadFile(filepath.Join(root, approvals, c.approval))
			if !strings.Contains(string(content), "**Criterion**: "+c.text+" (phase ") || a.waitsFor == "" || number != 0 {
				t.Errorf("%s does not name %q and who signs it", a.file, c.text)
			}
			if !strings.Contains(string(overview), "("+c.approval+") | "+c.text+" |") {
				t.Errorf("the overview of the approvals does not list %s", c.approval)
			}
		}
	}
}
