package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// databaseFigures are those of the schema and the store. Each package's benchmarks run once, when the first of their
// figures is asked for. The ratios are to the same query in a bare pgx batch, in turns with it on the same server.
func databaseFigures() []figure {
	store := sync.OnceValues(func() (string, error) { return benchmarks("1x", "./functions/internal/postgres") })
	schema := sync.OnceValues(func() (string, error) { return benchmarks("20x", "./functions/internal/schema") })
	pool := sync.OnceValues(func() (string, error) { return benchmarks("50x", "./functions/internal/runtime/database") })
	var list []figure
	for _, mode := range []string{"exec", "cache_statement"} {
		list = append(list,
			figure{name: "store: list of 20 tasks, 8 workers, " + mode + ": share of a bare query", limit: "0.8", atLeast: true, decimals: 2, measure: metric(store, "TaskList/"+mode, "ratio"), beside: beside(store, "TaskList/"+mode)},
			figure{name: "store: new task with audit, 8 workers, " + mode + ": share of a bare insert", limit: "0.6", atLeast: true, decimals: 2, measure: metric(store, "TaskWrite/"+mode, "ratio"), beside: beside(store, "TaskWrite/"+mode)},
			figure{name: "store: first connection → first row, " + mode + ", median of 50", limit: "10", unit: "ms", decimals: 1, measure: metric(pool, "ConnectToFirstRow/"+mode, "ms-median")},
		)
	}
	return append(list,
		figure{name: "migrate: empty database → newest schema, median of 20", limit: "2000", unit: "ms", measure: metric(schema, "UpFromNothing", "ms-median")},
		figure{name: "migrate: nothing pending, median of 20", limit: "150", unit: "ms", measure: metric(schema, "UpWithNothingPending", "ms-median")},
	)
}

func benchmarks(times, dir string) (string, error) {
	return run(".", nil, "go", "test", "-run=^$", "-bench=.", "-benchtime="+times, dir)
}

// metric reads one unit of one benchmark.
func metric(output func() (string, error), name, unit string) func() (float64, error) {
	return func() (float64, error) {
		out, err := output()
		if err != nil {
			return 0, err
		}
		return readMetric(out, name, unit)
	}
}

// readMetric finds a unit in the line of a benchmark: https://go.googlesource.com/proposal/+/master/design/14313-benchmark-format.md
func readMetric(out, name, unit string) (float64, error) {
	line := regexp.MustCompile(`(?m)^Benchmark` + regexp.QuoteMeta(name) + `(-\d+)?\s.*$`).FindString(out)
	fields := strings.Fields(line)
	for i := 2; i+1 < len(fields); i += 2 {
		if fields[i+1] == unit {
			return strconv.ParseFloat(fields[i], 64)
		}
	}
	return 0, fmt.Errorf("no %s of Benchmark%s in:\n%s", unit, name, out)
}

// beside gives both rates behind a ratio, and the ratio of plain SQL that sets the tenant and writes the same rows.
func beside(output func() (string, error), name string) func() string {
	return func() string {
		var values []any
		for _, unit := range []string{"ops/s", "peer-ops/s", "plain-ratio"} {
			v, err := metric(output, name, unit)()
			if err != nil {
				return err.Error()
			}
			values = append(values, v)
		}
		return fmt.Sprintf("(%.0f/s of %.0f/s; plain SQL for the same rows in the tenant leaves %.2f)", values...)
	}
}
