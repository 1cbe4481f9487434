package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// goTest runs go test on packages of one module and counts its tests and subtests.
func goTest(dir string, packages ...string) func(context.Context) count {
	return goTestWith(dir, readGoTest, packages...)
}

// goTestCovering does the same, and is not content when the tests of one of the packages leave more of its statements
// out than is said here. The least is in percent.
func goTestCovering(covered string, least float64, packages ...string) func(context.Context) count {
	read := func(r io.Reader) count {
		var kept bytes.Buffer
		c := readGoTest(io.TeeReader(r, &kept))
		return c.plus(countCoverage(&kept, covered, least))
	}
	return goTestWith(".", read, append([]string{"-coverpkg=./" + covered}, packages...)...)
}

func goTestWith(dir string, read func(io.Reader) count, packages ...string) func(context.Context) count {
	return func(ctx context.Context) count {
		args := append([]string{"test", "-json", "-count=1", "-timeout=15m"}, packages...)
		cmd := command{dir: dir, name: "go", args: args}.prepare(ctx)
		out, err := cmd.StdoutPipe()
		if err != nil {
			return failure("go test", err)
		}
		cmd.Stderr = cmd.Stdout
		if err := cmd.Start(); err != nil {
			return failure("go test", err)
		}
		c := read(out)
		if err := cmd.Wait(); err != nil && c.failed == 0 {
			return c.plus(failure("go test", err))
		}
		return c
	}
}

func failure(what string, err error) count {
	fmt.Printf("   FAIL %s: %v\n", what, err)
	return count{failed: 1}
}

// goEvent is a line of `go test -json` (https://pkg.go.dev/cmd/test2json).
type goEvent struct{ Action, Package, Test, Output string }

// readGoTest prints the output of what failed, and the reason of what was skipped. A package that fails without a
// failed test (it did not build, or its TestMain ended it) counts as one failure.
func readGoTest(r io.Reader) (c count) {
	log := map[string][]string{}
	failedIn := map[string]bool{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e goEvent
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Action == "" {
			fmt.Println("  ", lines.Text())
			continue
		}
		key := e.Package + " " + e.Test
		switch {
		case e.Action == "output":
			log[key] = append(log[key], e.Output)
			continue
		case e.Action == "build-output":
			fmt.Print("   ", e.Output)
		case e.Test != "":
			c = c.plus(countTest(e, log[key]))
			failedIn[e.Package] = failedIn[e.Package] || e.Action == "fail"
		case e.Action == "fail" && !failedIn[e.Package]:
			fmt.Printf("   FAIL %s\n%s\n", e.Package, strings.Join(log[key], ""))
			c.failed++
		}
		if e.Action == "pass" || e.Action == "fail" || e.Action == "skip" {
			delete(log, key)
		}
	}
	if err := lines.Err(); err != nil {
		c = c.plus(failure("read the output of go test", err))
	}
	return c
}

func countTest(e goEvent, log []string) count {
	switch e.Action {
	case "pass":
		return count{passed: 1}
	case "fail":
		fmt.Printf("   FAIL %s %s\n%s\n", e.Package, e.Test, strings.Join(log, ""))
		return count{failed: 1}
	case "skip":
		fmt.Printf("   skipped %s %s: %s\n", e.Package, e.Test, reason(log))
		return count{skipped: 1}
	}
	return count{}
}

// reason is the text given to t.Skip.
func reason(log []string) string {
	for _, l := range log {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "===") && !strings.HasPrefix(l, "---") {
			return l
		}
	}
	return "no reason given"
}
