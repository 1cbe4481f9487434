package postgres

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// running starts a task and gives its execution.
func (f fixture) running(t *testing.T, as society.Actor) society.Execution {
	t.Helper()
	task := f.taskIn(t, as, society.Running)
	page, err := f.Executions(t.Context(), as, task.ID, society.PageRequest{Limit: 1})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("executions %v (%v)", page, err)
	}
	return page.Items[0]
}

func lines(n int) []society.LogLine {
	all := make([]society.LogLine, n)
	for i := range all {
		all[i] = society.LogLine{Level: society.LogInfo, Message: fmt.Sprintf("行 %d", i+1), At: time.Date(2026, 1, 1, 0, 0, i, 0, time.UTC)}
	}
	return all
}

func TestALogIsReadInOrderPageByPage(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		run := f.running(t, as)
		for _, part := range [][]society.LogLine{lines(3)[:2], lines(3)[2:]} {
			if kept, err := f.AppendLog(t.Context(), as, run.ID, part, 10); err != nil || kept != len(part) {
				t.Fatalf("kept %d (%v)", kept, err)
			}
		}
		var got []society.LogLine
		for cursor, first := "", true; first || cursor != ""; first = false {
			page, err := f.Log(t.Context(), as, run.ID, society.PageRequest{Limit: 2, Cursor: cursor})
			if err != nil {
				t.Fatal(err)
			}
			got, cursor = append(got, page.Items...), page.Next
		}
		want := lines(3)
		for i := range want {
			want[i].Number = i + 1
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("read %v, want %v", got, want)
		}
		for _, cursor := range []string{"!", encodeCursor(uuid.Nil, []byte("more"+"more"))} {
			_, err := f.Log(t.Context(), as, run.ID, society.PageRequest{Limit: 2, Cursor: cursor})
			wantInvalid(t, err, "cursor")
			_, err = f.Executions(t.Context(), as, uuid.Nil, society.PageRequest{Limit: 2, Cursor: "!"})
			wantInvalid(t, err, "cursor")
			_, err = f.Activity(t.Context(), as, society.PageRequest{Limit: 2, Cursor: "!"})
			wantInvalid(t, err, "cursor")
		}
	})
}

func TestALogIsBounded(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		run := f.running(t, as)
		for i, want := range []int{3, 2, 0} {
			if kept, err := f.AppendLog(t.Context(), as, run.ID, lines(3), 5); err != nil || kept != want {
				t.Errorf("time %d: kept %d (%v), want %d", i+1, kept, err, want)
			}
		}
		if after, err := f.Execution(t.Context(), as, run.ID); err != nil || after.LogLines != 5 || after.LogDropped != 4 {
			t.Errorf("%+v (%v)", after, err)
		}
		_, err := f.AppendLog(t.Context(), as, uuid.New(), lines(1), 5)
		wantError(t, err, society.ErrNotFound)
	})
}

func TestWritersOfALogComeOneAfterTheOther(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		run := f.running(t, as)
		results := make(chan error, 8)
		for range cap(results) {
			go func() { _, err := f.AppendLog(t.Context(), as, run.ID, lines(5), 100); results <- err }()
		}
		for range cap(results) {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if got := column(t, f.db, "SELECT count(*) || ' ' || max(line) FROM execution_logs"); got[0] != "40 40" {
			t.Errorf("lines and last number: %s", got)
		}
	})
}

func TestABadLineIsRefused(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		run := f.running(t, as)
		for field, bad := range map[string]func(*society.LogLine){
			"lines.0.level":   func(l *society.LogLine) { l.Level = "loud" },
			"lines.0.message": func(l *society.LogLine) { l.Message = strings.Repeat("x", 10001) },
			"lines.0.at":      func(l *society.LogLine) { l.At = time.Time{} },
		} {
			one := lines(1)
			bad(&one[0])
			_, err := f.AppendLog(t.Context(), as, run.ID, one, 5)
			wantInvalid(t, err, field)
		}
		_, err := f.AppendLog(t.Context(), as, run.ID, nil, 5)
		wantInvalid(t, err, "lines")
	})
}
