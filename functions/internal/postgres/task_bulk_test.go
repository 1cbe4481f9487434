package postgres

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/functions/internal/society"
	"github.com/miyabi-society/platform/migrations"
)

func TestTasksAreFound(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		team := f.team(t, as, "Team").ID
		worker := f.worker(t, as, "w")
		repository, err := f.AddRepository(t.Context(), as, society.NewRepository{FullName: "miyabi/platform"})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []society.NewTask{
			{Name: "Plain"},
			{Name: "Urgent", Priority: society.P0},
			{Name: "Code", AgentType: "CodeGenAgent"},
			{Name: "Repo", Repository: repository.ID},
			{Name: "Team", Team: team},
		} {
			if _, err := f.CreateTask(t.Context(), as, n); err != nil {
				t.Fatal(err)
			}
		}
		given := f.task(t, as, "Given")
		if _, err := f.AssignTask(t.Context(), as, given.ID, worker.ID); err != nil {
			t.Fatal(err)
		}
		blocked := f.task(t, as, "Blocked")
		if _, err := f.AddDependency(t.Context(), as, blocked.ID, given.ID, society.FinishToStart); err != nil {
			t.Fatal(err)
		}
		yes, no := true, false
		for want, filter := range map[string]society.TaskFilter{
			"[Urgent]":                            {Priority: []society.TaskPriority{society.P0, society.P1}},
			"[Code]":                              {AgentType: "codegen-agent"},
			"[Repo]":                              {Repository: repository.ID},
			"[Team]":                              {Team: team},
			"[Given]":                             {Worker: worker.ID, Status: []society.TaskStatus{society.Pending}},
			"[Blocked]":                           {Blocked: &yes},
			"[Given Team Repo Code Urgent Plain]": {Blocked: &no},
			"[Plain]":                             {Words: "LAI"},
			"[]":                                  {Words: "%", Status: []society.TaskStatus{society.Failed}},
		} {
			var got []string
			for cursor, first := "", true; first || cursor != ""; first = false {
				page, err := f.Tasks(t.Context(), as, filter, society.PageRequest{Limit: 2, Cursor: cursor})
				if err != nil {
					t.Fatal(err)
				}
				for _, one := range page.Items {
					got = append(got, one.Name)
				}
				cursor = page.Next
			}
			if fmt.Sprint(got) != want {
				t.Errorf("%+v finds %v, want %s", filter, got, want)
			}
			n, err := f.CountTasks(t.Context(), as, society.BulkCancel, society.TaskSelection{Filter: filter})
			if err != nil || n != (society.BulkCount{Selected: int64(len(got)), Allowed: int64(len(got))}) {
				t.Errorf("%+v counts %+v (%v), want %d", filter, n, err, len(got))
			}
		}
		_, err = f.Tasks(t.Context(), as, society.TaskFilter{Status: []society.TaskStatus{"lost"}}, society.PageRequest{Limit: 1})
		wantInvalid(t, err, "status")
	})
}

func TestABulkActionChangesWhatItCounted(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		worker := f.worker(t, as, "w")
		for action, want := range map[society.BulkAction]struct {
			allowed int64
			states  string
		}{
			society.BulkAssign: {1, "cancelled completed failed pending running"},
			society.BulkRetry:  {1, "cancelled completed pending pending running"},
			society.BulkCancel: {2, "cancelled cancelled cancelled completed failed"},
		} {
			var ids []uuid.UUID
			for _, state := range []society.TaskStatus{society.Pending, society.Running, society.Completed, society.Failed, society.Cancelled} {
				ids = append(ids, f.taskIn(t, as, state).ID)
			}
			selection := society.TaskSelection{IDs: append(ids, uuid.New())}
			n, err := f.CountTasks(t.Context(), as, action, selection)
			if err != nil || n != (society.BulkCount{Selected: 5, Allowed: want.allowed}) {
				t.Errorf("%s counts %+v (%v)", action, n, err)
			}
			wrong := n.Allowed + 1
			change := society.BulkChange{Action: action, Selection: selection, Worker: worker.ID, Expected: &wrong}
			_, err = f.ChangeTasks(t.Context(), as, change)
			wantRefused(t, "another number than expected", err, "expected")
			change.Expected = &n.Allowed
			if changed, err := f.ChangeTasks(t.Context(), as, change); err != nil || changed != n.Allowed {
				t.Errorf("%s changed %d (%v), want %d", action, changed, err, n.Allowed)
			}
			states := column(t, f.db, "SELECT string_agg(status, ' ' ORDER BY status) FROM tasks WHERE id = ANY($1)", ids)
			if states[0] != want.states {
				t.Errorf("after %s the tasks are %v, want %s", action, states, want.states)
			}
			if left, err := f.CountTasks(t.Context(), as, action, selection); action != society.BulkAssign && (err != nil || left.Allowed != 0) {
				t.Errorf("after %s it still allows %+v (%v)", action, left, err)
			}
		}
		given, err := f.Tasks(t.Context(), as, society.TaskFilter{Worker: worker.ID}, society.PageRequest{Limit: 10})
		if err != nil || len(given.Items) != 1 {
			t.Errorf("the worker has %v (%v)", given.Items, err)
		}
	})
}

func TestABulkActionByFilter(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		for range 3 {
			f.taskIn(t, as, society.Failed)
		}
		f.taskIn(t, as, society.Running)
		selection := society.TaskSelection{Filter: society.TaskFilter{Status: []society.TaskStatus{society.Failed}}}
		if n, err := f.ChangeTasks(t.Context(), as, society.BulkChange{Action: society.BulkRetry, Selection: selection}); err != nil || n != 3 {
			t.Errorf("retried %d (%v)", n, err)
		}
		none := society.TaskSelection{IDs: []uuid.UUID{}}
		if n, err := f.ChangeTasks(t.Context(), as, society.BulkChange{Action: society.BulkCancel, Selection: none}); err != nil || n != 0 {
			t.Errorf("an empty selection cancelled %d (%v)", n, err)
		}
	})
}

func TestABulkActionIsRefusedWhole(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		for field, selection := range map[string]society.TaskSelection{
			"ids":      {IDs: make([]uuid.UUID, society.MaxBulk+1)},
			"priority": {Filter: society.TaskFilter{Priority: []society.TaskPriority{"P9"}}},
		} {
			_, err := f.CountTasks(t.Context(), as, society.BulkCancel, selection)
			wantInvalid(t, err, field)
			_, err = f.ChangeTasks(t.Context(), as, society.BulkChange{Action: society.BulkCancel, Selection: selection})
			wantInvalid(t, err, field)
		}
		_, err := f.CountTasks(t.Context(), as, "burn", society.TaskSelection{})
		wantInvalid(t, err, "action")
		_, err = f.ChangeTasks(t.Context(), as, society.BulkChange{Action: society.BulkAssign, Worker: uuid.New(), Selection: society.TaskSelection{IDs: []uuid.UUID{f.task(t, as, "x").ID}}})
		wantInvalid(t, err, "worker_id")
	})
}

func TestBulkActionsAtOnceDoNotStopEachOther(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		var ids, reversed []uuid.UUID
		for range 30 {
			ids = append(ids, f.task(t, as, "x").ID)
		}
		for i := range ids {
			reversed = append(reversed, ids[len(ids)-1-i])
		}
		type outcome struct {
			n   int64
			err error
		}
		results := make(chan outcome, 8)
		for i := range cap(results) {
			chosen := ids
			if i%2 == 1 {
				chosen = reversed
			}
			go func() {
				n, err := f.ChangeTasks(t.Context(), as, society.BulkChange{Action: society.BulkCancel, Selection: society.TaskSelection{IDs: chosen}})
				results <- outcome{n, err}
			}()
		}
		var total int64
		for range cap(results) {
			one := <-results
			total += one.n
			if one.err != nil {
				t.Error(one.err)
			}
		}
		if total != int64(len(ids)) {
			t.Errorf("%d tasks were cancelled, want each of %d once", total, len(ids))
		}
	})
}

// Between the count and the action, and even during it, somebody else takes tasks out of the selection: they are left
// as they are, and whoever counted them is told.
func TestABulkActionByFilterLeavesWhatLeftTheSelection(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		stays, leaves := f.task(t, as, "stays"), f.task(t, as, "leaves")
		selection := society.TaskSelection{Filter: society.TaskFilter{Status: []society.TaskStatus{society.Pending}}}
		n, err := f.CountTasks(t.Context(), as, society.BulkCancel, selection)
		if err != nil || n.Allowed != 2 {
			t.Fatalf("counts %+v (%v)", n, err)
		}
		change := society.BulkChange{Action: society.BulkCancel, Selection: selection, Expected: &n.Allowed}
		_, err = f.changedWhile(t, as, leaves.ID, change)
		wantRefused(t, "a task started during the action", err, "expected")
		change.Expected = nil
		late := f.task(t, as, "late")
		if changed, err := f.changedWhile(t, as, late.ID, change); err != nil || changed != 1 {
			t.Errorf("changed %d (%v), want 1", changed, err)
		}
		for id, want := range map[uuid.UUID]society.TaskStatus{stays.ID: society.Cancelled, leaves.ID: society.Running, late.ID: society.Running} {
			if task, err := f.Task(t.Context(), as, id); err != nil || task.Status != want {
				t.Errorf("%s is %s (%v), want %s", task.Name, task.Status, err, want)
			}
		}
	})
}

// changedWhile runs a bulk action that meets a task which another transaction has started but not committed.
func (f fixture) changedWhile(t *testing.T, as society.Actor, starting uuid.UUID, change society.BulkChange) (int64, error) {
	t.Helper()
	conn := f.db.Superuser(t)
	tx, err := f.db.Connect(t, migrations.AppRole).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		fmt.Sprintf("SELECT enter('%s', '%s', 'tasks.update')", as.Organization, as.Person),
		fmt.Sprintf("UPDATE tasks SET status = 'running' WHERE id = '%s'", starting),
	} {
		if _, err := tx.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	type outcome struct {
		n   int64
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		n, err := f.ChangeTasks(t.Context(), as, change)
		done <- outcome{n, err}
	}()
	for waits := false; !waits; {
		err := conn.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock')", f.db.Name).Scan(&waits)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	one := <-done
	return one.n, one.err
}
