package main

import "testing"

func TestAMetricIsReadFromItsBenchmark(t *testing.T) {
	t.Parallel()
	out := "goos: linux\nBenchmarkTaskList/exec-2  \t 1\t7264843663 ns/op\t 4200 ops/s\t 0.6742 ratio\nBenchmarkTaskList/exec_more-2 \t 1\t 5 ns/op\t 1 ratio\nPASS\n"
	if v, err := readMetric(out, "TaskList/exec", "ratio"); err != nil || v != 0.6742 {
		t.Errorf("got %v (%v)", v, err)
	}
	for _, missing := range [][2]string{{"TaskList/exec", "ms"}, {"TaskList", "ratio"}, {"TaskWrite/exec", "ratio"}} {
		if v, err := readMetric(out, missing[0], missing[1]); err == nil {
			t.Errorf("%v: got %v", missing, v)
		}
	}
}
