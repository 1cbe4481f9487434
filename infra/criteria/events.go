package main

import (
	"bufio"
	"encoding/json"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// packageResult is what the tests of one package came to.
type packageResult struct {
	// Whole tells that every test of the package was to run; else Asked names those that were.
	Whole bool
	Asked []string
	// Measured tells that the coverage was asked for.
	Measured bool
	// Passed, Failed and Skipped are tests without their subtests.
	Passed, Failed, Skipped []string
	// Coverage is what they reached of the package's statements, in percent; -1 when that was not measured.
	Coverage float64
	// Output is the end of what a failed test or build printed.
	Output string
	// Problem says why there are no tests to speak of; empty when they ran.
	Problem string
}

func (r packageResult) anyFailed() bool { return len(r.Failed) > 0 }

// event is a line of `go test -json` (https://pkg.go.dev/cmd/test2json).
type event struct{ Action, Test, Output string }

var coverageLine = regexp.MustCompile(`^coverage: ([\d.]+)% of statements`)

// readEvents reads the output of `go test -json` on one package.
func readEvents(r io.Reader) packageResult {
	result := packageResult{Coverage: -1}
	printed := map[string][]string{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Action == "" {
			printed[""] = append(printed[""], lines.Text()+"\n")
			continue
		}
		if e.Action == "output" || e.Action == "build-output" {
			printed[e.Test] = append(printed[e.Test], e.Output)
			if m := coverageLine.FindStringSubmatch(e.Output); m != nil {
				result.Coverage, _ = strconv.ParseFloat(m[1], 64)
			}
			continue
		}
		result.count(e, printed)
	}
	if err := lines.Err(); err != nil {
		result.Problem = "read the output of go test: " + err.Error()
	}
	if result.Output == "" {
		result.Output = tail(strings.Join(printed[""], ""))
	}
	return result
}

// count takes in how a test ended. The first failed test or subtest is the one whose output is kept.
func (r *packageResult) count(e event, printed map[string][]string) {
	if e.Test == "" {
		return
	}
	if e.Action == "fail" && r.Output == "" {
		r.Output = tail(strings.Join(printed[e.Test], ""))
	}
	if strings.Contains(e.Test, "/") {
		return
	}
	switch e.Action {
	case "pass":
		r.Passed = append(r.Passed, e.Test)
	case "fail":
		r.Failed = append(r.Failed, e.Test)
	case "skip":
		r.Skipped = append(r.Skipped, e.Test)
	}
}

// has tells whether the tests of a criterion are among those that were to run.
func (r packageResult) has(g goTests) bool {
	if g.coverage > 0 && !r.Measured {
		return false
	}
	missing := slices.ContainsFunc(g.names, func(name string) bool { return !slices.Contains(r.Asked, name) })
	return r.Whole || (len(g.names) > 0 && !missing)
}

// check compares what ran with what a criterion names: the tests that passed, and what speaks against it.
func (r packageResult) check(g goTests) (passed int, problem string) {
	if r.Problem != "" {
		return 0, r.Problem
	}
	names := g.names
	if len(names) == 0 {
		names = slices.Concat(r.Passed, r.Failed)
		if len(names) == 0 {
			return 0, "no test ran\n" + r.Output
		}
	}
	for _, name := range names {
		switch {
		case slices.Contains(r.Passed, name):
			passed++
		case slices.Contains(r.Failed, name):
			return passed, name + " failed\n" + r.Output
		case slices.Contains(r.Skipped, name):
			return passed, name + " was skipped, so it shows nothing"
		default:
			return passed, name + " did not run\n" + r.Output
		}
	}
	if g.coverage > 0 && r.Coverage < g.coverage {
		return passed, "the tests reach " + strconv.FormatFloat(r.Coverage, 'f', 1, 64) + " % of the statements, not " + strconv.FormatFloat(g.coverage, 'f', -1, 64)
	}
	return passed, ""
}
