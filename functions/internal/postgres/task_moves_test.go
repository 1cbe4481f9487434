package postgres

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// taskIn makes a task of the name of a state and moves it there.
func (f fixture) taskIn(t *testing.T, as society.Actor, status society.TaskStatus) society.Task {
	t.Helper()
	task := f.task(t, as, string(status))
	var err error
	if status == society.Running || status == society.Completed || status == society.Failed {
		task, err = f.StartTask(t.Context(), as, task.ID)
	}
	if err == nil {
		switch status {
		case society.Completed:
			task, err = f.CompleteTask(t.Context(), as, task.ID, "")
		case society.Failed:
			task, err = f.FailTask(t.Context(), as, task.ID, "broken")
		case society.Cancelled:
			task, err = f.CancelTask(t.Context(), as, task.ID)
		}
	}
	if err != nil || task.Status != status {
		t.Fatalf("task is %s, want %s (%v)", task.Status, status, err)
	}
	return task
}

func (f fixture) worker(t *testing.T, as society.Actor, name string) society.Worker {
	t.Helper()
	w, err := f.RegisterWorker(t.Context(), as, society.NewWorker{Name: name}, society.DefaultThresholds)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// wantRefused asks for a conflict about a field or a rule.
func wantRefused(t *testing.T, what string, err error, field string) {
	t.Helper()
	conflict, ok := errors.AsType[*society.ConflictError](err)
	if !ok || conflict.Field != field {
		t.Errorf("%s: error is %v, want a conflict about %s", what, err, field)
	}
}

// moves are all moves, and the state that each leads to from those that allow it.
func (f fixture) moves(t *testing.T, as society.Actor) map[string]struct {
	do   func(id uuid.UUID) (society.Task, error)
	from []society.TaskStatus
	to   society.TaskStatus
} {
	t.Helper()
	type move = struct {
		do   func(id uuid.UUID) (society.Task, error)
		from []society.TaskStatus
		to   society.TaskStatus
	}
	ctx := t.Context()
	return map[string]move{
		"start":    {func(id uuid.UUID) (society.Task, error) { return f.StartTask(ctx, as, id) }, []society.TaskStatus{society.Pending}, society.Running},
		"complete": {func(id uuid.UUID) (society.Task, error) { return f.CompleteTask(ctx, as, id, `{"a": 1}`) }, []society.TaskStatus{society.Running}, society.Completed},
		"fail":     {func(id uuid.UUID) (society.Task, error) { return f.FailTask(ctx, as, id, "why") }, []society.TaskStatus{society.Running}, society.Failed},
		"cancel":   {func(id uuid.UUID) (society.Task, error) { return f.CancelTask(ctx, as, id) }, []society.TaskStatus{society.Pending, society.Running}, society.Cancelled},
		"retry":    {func(id uuid.UUID) (society.Task, error) { return f.RetryTask(ctx, as, id) }, []society.TaskStatus{society.Failed}, society.Pending},
		"assign":   {func(id uuid.UUID) (society.Task, error) { return f.AssignTask(ctx, as, id, uuid.Nil) }, []society.TaskStatus{society.Pending}, society.Pending},
	}
}

func TestEveryMoveFromEveryState(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		states := []society.TaskStatus{society.Pending, society.Running, society.Completed, society.Failed, society.Cancelled}
		for name, move := range f.moves(t, as) {
			for _, state := range states {
				task := f.taskIn(t, as, state)
				moved, err := move.do(task.ID)
				if fmt.Sprint(move.from) == fmt.Sprint([]society.TaskStatus{state}) || strings.Contains(fmt.Sprint(move.from), string(state)) {
					if err != nil || moved.Status != move.to {
						t.Errorf("%s of a %s task: %s (%v), want %s", name, state, moved.Status, err, move.to)
					}
					continue
				}
				wantRefused(t, name+" of a "+string(state)+" task", err, "status")
				if read, err := f.Task(t.Context(), as, task.ID); err != nil || read != task {
					t.Errorf("after a refused %s the task is %+v (%v), want %+v", name, read, err, task)
				}
			}
			_, err := move.do(uuid.New())
			wantError(t, err, society.ErrNotFound)
		}
	})
}

func TestAMoveStampsTheTaskAndItsExecution(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		begin := time.Date(2026, time.January, 1, 9, 0, 0, 0, time.UTC)
		now := begin
		old := f
		f.Store = f.At(func() time.Time { return now })
		worker := f.worker(t, as, "w")
		task, err := f.CreateTask(t.Context(), as, society.NewTask{Name: "書く", AgentType: "codegen", MaxRetries: new(int)})
		if err != nil || !task.CreatedAt.Equal(begin) {
			t.Fatalf("made %+v (%v)", task, err)
		}
		if task, err = f.AssignTask(t.Context(), as, task.ID, worker.ID); err != nil || task.Worker != worker.ID {
			t.Fatalf("assigned %+v (%v)", task, err)
		}
		now = begin.Add(time.Minute)
		if task, err = f.StartTask(t.Context(), as, task.ID); err != nil || !task.StartedAt.Equal(now) || !task.UpdatedAt.Equal(now) || !task.FinishedAt.IsZero() {
			t.Fatalf("started %+v (%v)", task, err)
		}
		running, err := f.Executions(t.Context(), as, task.ID, society.PageRequest{Limit: 10})
		if err != nil || len(running.Items) != 1 {
			t.Fatalf("executions %v (%v)", running, err)
		}
		want := society.Execution{ID: running.Items[0].ID, Task: task.ID, Attempt: 1, AgentType: "codegen", Worker: worker.ID, Status: society.Running, StartedAt: now}
		if running.Items[0] != want {
			t.Errorf("execution %+v, want %+v", running.Items[0], want)
		}
		now = begin.Add(2 * time.Minute)
		if task, err = f.CompleteTask(t.Context(), as, task.ID, ` { "score" : 90 } `); err != nil || !task.FinishedAt.Equal(now) || task.Result != `{"score": 90}` {
			t.Fatalf("completed %+v (%v)", task, err)
		}
		want.Status, want.FinishedAt, want.Result = society.Completed, now, task.Result
		if got, err := old.Execution(t.Context(), as, want.ID); err != nil || got != want {
			t.Errorf("execution %+v (%v), want %+v", got, err, want)
		}
		feed, err := f.Activity(t.Context(), as, society.PageRequest{Limit: 2})
		if err != nil || len(feed.Items) != 2 || feed.Items[0].Kind != "task.completed" || feed.Items[1].Kind != "task.started" || !feed.Items[0].At.Equal(now) || feed.Items[0].Subject != task.ID || feed.Items[0].SubjectName != "書く" {
			t.Errorf("activity %+v (%v)", feed, err)
		}
		var actions []string
		for _, entry := range f.history(t, as.Organization) {
			actions = append(actions, strings.Fields(entry)[0])
		}
		if fmt.Sprint(actions) != "[organization.created worker.created task.created task.assigned task.started task.completed]" {
			t.Errorf("audit %v", actions)
		}
	})
}

func TestATaskIsRetriedAsOftenAsItAllows(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		twice := 2
		task, err := f.CreateTask(t.Context(), as, society.NewTask{Name: "x", MaxRetries: &twice})
		if err != nil {
			t.Fatal(err)
		}
		for retry := 1; ; retry++ {
			if _, err := f.StartTask(t.Context(), as, task.ID); err != nil {
				t.Fatal(err)
			}
			if failed, err := f.FailTask(t.Context(), as, task.ID, "broken"); err != nil || failed.Error != "broken" {
				t.Fatalf("failed %+v (%v)", failed, err)
			}
			again, err := f.RetryTask(t.Context(), as, task.ID)
			if retry > twice {
				wantRefused(t, "one retry too many", err, "retry_count")
				break
			}
			if err != nil || again.Retries != retry || again.Error != "" || !again.StartedAt.IsZero() || !again.FinishedAt.IsZero() {
				t.Fatalf("retried %+v (%v)", again, err)
			}
		}
		all, err := f.Executions(t.Context(), as, uuid.Nil, society.PageRequest{Limit: 2})
		if err != nil || len(all.Items) != 2 || all.Items[0].Attempt != 3 || all.Items[0].Error != "broken" || all.Next == "" {
			t.Errorf("executions %+v (%v)", all, err)
		}
		rest, err := f.Executions(t.Context(), as, uuid.Nil, society.PageRequest{Limit: 2, Cursor: all.Next})
		if err != nil || len(rest.Items) != 1 || rest.Items[0].Attempt != 1 || rest.Next != "" {
			t.Errorf("the rest is %+v (%v)", rest, err)
		}
	})
}

func TestOneOfManyStartsBeginsATask(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		task := f.task(t, as, "x")
		results := make(chan error, 8)
		for range cap(results) {
			go func() { _, err := f.StartTask(t.Context(), as, task.ID); results <- err }()
		}
		var begun int
		for range cap(results) {
			if err := <-results; err == nil {
				begun++
			} else {
				wantRefused(t, "a start too many", err, "status")
			}
		}
		if begun != 1 {
			t.Errorf("%d starts succeeded", begun)
		}
	})
}

func TestMovesRefuseBadInput(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		task := f.taskIn(t, as, society.Running)
		for _, result := range []string{"[1]", "{", `{"a":"\u0000"}`, `{"a":"` + strings.Repeat("x", 60000) + `"}`} {
			_, err := f.CompleteTask(t.Context(), as, task.ID, result)
			wantInvalid(t, err, "result")
		}
		_, err := f.FailTask(t.Context(), as, task.ID, "")
		wantInvalid(t, err, "error")
		pending := f.task(t, as, "x")
		_, err = f.AssignTask(t.Context(), as, pending.ID, uuid.New())
		wantInvalid(t, err, "worker_id")
		for field, n := range map[string]society.NewTask{
			"repository_id": {Name: "x", Repository: uuid.New()},
			"team_id":       {Name: "x", Team: uuid.New()},
		} {
			_, err = f.CreateTask(t.Context(), as, n)
			wantInvalid(t, err, field)
		}
	})
}
