package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// reported runs a program that writes a JSON report to a file of its own, and counts by that report. Its printed
// output is shown when something failed.
func reported(title string, c command, report string, read func([]byte) (count, error)) func(context.Context) count {
	return func(ctx context.Context) count {
		if err := clearReport(report); err != nil {
			return failure(title, err)
		}
		out, runErr := c.output(ctx)
		result, err := readReport(report, read)
		if err != nil {
			fmt.Println(out)
			return failure(title, err)
		}
		if runErr != nil && result.failed == 0 {
			result = result.plus(failure(title, runErr))
		}
		if result.failed > 0 {
			fmt.Println(out)
		}
		return result
	}
}

func clearReport(report string) error {
	if err := os.MkdirAll(filepath.Dir(report), 0o755); err != nil { //nolint:gosec // a build folder
		return err
	}
	return os.RemoveAll(report)
}

func readReport(report string, read func([]byte) (count, error)) (count, error) {
	b, err := os.ReadFile(report) //nolint:gosec // a fixed path
	if err != nil {
		return count{}, fmt.Errorf("read the report: %w", err)
	}
	return read(b)
}

// readVitest reads the report of `vitest --reporter=json`.
func readVitest(b []byte) (count, error) {
	var r struct {
		NumPassedTests, NumFailedTests, NumPendingTests, NumTodoTests, NumFailedTestSuites int
		Success                                                                            bool
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return count{}, fmt.Errorf("read the report of vitest: %w", err)
	}
	c := count{r.NumPassedTests, r.NumFailedTests, r.NumPendingTests + r.NumTodoTests}
	if !r.Success && c.failed == 0 {
		c.failed = max(r.NumFailedTestSuites, 1)
	}
	return c, nil
}

// readPlaywright reads the report of Playwright's json reporter. A test that passed only when tried again is a
// failure.
func readPlaywright(b []byte) (count, error) {
	var r struct {
		Stats  struct{ Expected, Unexpected, Flaky, Skipped int }
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return count{}, fmt.Errorf("read the report of Playwright: %w", err)
	}
	for _, e := range r.Errors {
		fmt.Println("  ", e.Message)
	}
	return count{r.Stats.Expected, r.Stats.Unexpected + r.Stats.Flaky + len(r.Errors), r.Stats.Skipped}, nil
}
