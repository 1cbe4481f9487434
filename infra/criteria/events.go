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
	// passed, failed and skipped are tests without their subtests.
	passed, failed, skipped []string
	// coverage is what they reached of the package's statements, in percent; -1 when that was not measured.
	coverage float64
	// output is the end of what a failed test or build printed.
	output string
	// problem says why there are no tests to speak of; empty when they ran.
	problem string
}

func (r packageResult) anyFailed() bool { return len(r.failed) > 0 }

// event is a line of `go test -json` (https://pkg.go.dev/cmd/test2json).
type event struct{ Action, Test, Output string }

var coverageLine = regexp.MustCompile(`^coverage: ([\d.]+)% of statements`)

// readEvents reads the output of `go test -json` on one package.
func readEvents(r io.Reader) packageResult {
	result := packageResult{coverage: -1}
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
				result.coverage, _ = strconv.ParseFloat(m[1], 64)
			}
			continue
		}
		result.count(e, printed)
	}
	if err := lines.Err(); err != nil {
		result.problem = "read the output of go test: " + err.Error()
	}
	if result.output == "" {
		result.output = tail(strings.Join(printed[""], ""))
	}
	return result
}

// count takes in how a test ended. The first failed test or subtest is the one whose output is kept.
func (r *packageResult) count(e event, printed map[string][]string) {
	if e.Test == "" {
		return
	}
	if e.Action == "fail" && r.output == "" {
		r.output = tail(strings.Join(printed[e.Test], ""))
	}
	if strings.Contains(e.Test, "/") {
		return
	}
	switch e.Action {
	case "pass":
		r.passed = append(r.passed, e.Test)
	case "fail":
		r.failed = append(r.failed, e.Test)
	case "skip":
		r.skipped = append(r.skipped, e.Test)
	}
}

// check compares what ran with what a criterion names: the tests that passed, and what speaks against it.
func (r packageResult) check(g goTests) (passed int, problem string) {
	if r.problem != "" {
		return 0, r.problem
	}
	names := g.names
	if len(names) == 0 {
		names = slices.Concat(r.passed, r.failed)
		if len(names) == 0 {
			return 0, "no test ran\n" + r.output
		}
	}
	for _, name := range names {
		switch {
		case slices.Contains(r.passed, name):
			passed++
		case slices.Contains(r.failed, name):
			return passed, name + " failed\n" + r.output
		case slices.Contains(r.skipped, name):
			return passed, name + " was skipped, so it shows nothing"
		default:
			return passed, name + " did not run\n" + r.output
		}
	}
	if g.coverage > 0 && r.coverage < g.coverage {
		return passed, "the tests reach " + strconv.FormatFloat(r.coverage, 'f', 1, 64) + " % of the statements, not " + strconv.FormatFloat(g.coverage, 'f', -1, 64)
	}
	return passed, ""
}
