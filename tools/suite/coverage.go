package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// coverageLine is what a test binary prints with -coverpkg; the binary of the covered package itself tells what its own
// tests reach.
var coverageLine = regexp.MustCompile(`^coverage: ([\d.]+)% of statements`)

// countCoverage reads, from the events of `go test -json`, what the tests of a package reach of it, and counts that as
// one test.
func countCoverage(events io.Reader, covered string, least float64) count {
	percent, err := readCoverage(events, covered)
	if err != nil {
		return failure("coverage", err)
	}
	fmt.Printf("   the tests of %s reach %.1f %% of its statements\n", covered, percent)
	if percent < least {
		return failure("coverage", fmt.Errorf("%.1f %% is below %.1f %%: see go test -coverprofile=c.out ./%s && go tool cover -html=c.out", percent, least, covered))
	}
	return count{passed: 1}
}

func readCoverage(events io.Reader, covered string) (float64, error) {
	lines := bufio.NewScanner(events)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e goEvent
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Action != "output" || !strings.HasSuffix(e.Package, "/"+covered) {
			continue
		}
		if m := coverageLine.FindStringSubmatch(e.Output); m != nil {
			return strconv.ParseFloat(m[1], 64)
		}
	}
	if err := lines.Err(); err != nil {
		return 0, fmt.Errorf("read the output of go test: %w", err)
	}
	return 0, fmt.Errorf("go test did not say what the tests of %s reach", covered)
}
