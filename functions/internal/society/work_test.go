package society

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestWorkIsRefusedByTheFieldThatIsWrong(t *testing.T) {
	t.Parallel()
	many, negative := 101, -1.0
	task := func(change func(*NewTask)) func() error {
		return func() error {
			n := NewTask{Name: "x"}
			change(&n)
			_, err := n.Normalize()
			return err
		}
	}
	for name, c := range map[string]struct {
		err   func() error
		field string
	}{
		"an issue below zero":     {task(func(n *NewTask) { n.Issue = -1 }), "issue_number"},
		"too many retries":        {task(func(n *NewTask) { n.MaxRetries = &many }), "max_retries"},
		"a timeout of a month":    {task(func(n *NewTask) { n.Timeout = 30 * 24 * time.Hour }), "timeout_seconds"},
		"a timeout of no second":  {task(func(n *NewTask) { n.Timeout = time.Millisecond }), "timeout_seconds"},
		"a result that is a list": {func() error { _, err := CheckResult("[]"); return err }, "result"},
		"a result with a NUL":     {func() error { _, err := CheckResult(`{"a":"\u0000"}`); return err }, "result"},
		"a failure of no reason":  {func() error { _, err := CheckReason(""); return err }, "error"},
		"a failure too long":      {func() error { _, err := CheckReason(strings.Repeat("x", 10001)); return err }, "error"},
		"a wait for itself":       {func() error { return CheckDependency(uuid.Nil, uuid.Nil, FinishToStart) }, "depends_on"},
		"a wait of no kind":       {func() error { return CheckDependency(uuid.Nil, uuid.Max, "x") }, "kind"},
		"a filter of no state":    {func() error { _, err := TaskFilter{Status: []TaskStatus{"x"}}.Normalize(); return err }, "status"},
		"a filter of lines":       {func() error { _, err := TaskFilter{Words: "a\nb"}.Normalize(); return err }, "words"},
		"a filter of no agent":    {func() error { _, err := TaskFilter{AgentType: " "}.Normalize(); return err }, "agent_type"},
		"an action of no kind":    {func() error { _, err := TaskSelection{}.Normalize("x"); return err }, "action"},
		"a load below nothing":    {func() error { _, err := Heartbeat{CPUPercent: &negative}.Normalize(); return err }, "cpu_percent"},
		"a worker of much":        {func() error { _, err := NewWorker{Name: "x", MaxTasks: 1001}.Normalize(); return err }, "max_tasks"},
		"a repository of no name": {func() error { _, err := NewRepository{FullName: "a/b/c"}.Normalize(); return err }, "full_name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			invalid, ok := errors.AsType[*ValidationError](c.err())
			if !ok || invalid.Fields[0].Field != c.field {
				t.Errorf("error is %v, want an invalid %s", c.err(), c.field)
			}
		})
	}
}

func TestAResultLosesItsSpace(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"": "", " { \"a\" : [ 1 ] } ": `{"a":[1]}`} {
		if got, err := CheckResult(given); err != nil || got != want {
			t.Errorf("%q gives %q (%v), want %q", given, got, err, want)
		}
	}
}
