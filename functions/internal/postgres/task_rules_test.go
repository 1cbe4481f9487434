package postgres

import (
	"fmt"
	"testing"

	"github.com/miyabi-society/platform/functions/internal/society"
)

func TestTheDatabaseKeepsTheRulesOfTasksWhateverAsksForIt(t *testing.T) {
	t.Parallel()
	f := f1(t)
	as := f.organization(t)
	pending, running := f.task(t, as, "x"), f.taskIn(t, as, society.Running)
	enter := fmt.Sprintf("SELECT enter('%s', '%s', 'tasks.update')", as.Organization, as.Person)
	for what, statement := range map[string]string{
		"complete a pending task": fmt.Sprintf("UPDATE tasks SET status = 'completed' WHERE id = '%s'", pending.ID),
		"an unknown state":        fmt.Sprintf("UPDATE tasks SET status = 'odd' WHERE id = '%s'", running.ID),
		"the same state":          fmt.Sprintf("UPDATE tasks SET status = 'running' WHERE id = '%s'", running.ID),
		"assign a running task":   fmt.Sprintf("UPDATE tasks SET worker_id = NULL WHERE id = '%s'", running.ID),
		"change too many at once": "SELECT change_tasks('cancel', ARRAY(SELECT gen_random_uuid() FROM generate_series(1, 10001)), NULL, NULL)",
	} {
		_, err := app(t, f.db, enter, statement)
		wantState(t, what, err, wrongState)
	}
	for what, statement := range map[string]string{
		"change the feed":         "UPDATE activity SET subject_name = 'x'",
		"remove from the feed":    "DELETE FROM activity",
		"write for somebody else": "INSERT INTO activity (person_id, kind, subject_id, subject_name) VALUES (gen_random_uuid(), 'a.b', gen_random_uuid(), 'x')",
		"change a log":            "UPDATE execution_logs SET message = 'x'",
		"remove a log":            "DELETE FROM execution_logs",
		"remove an execution":     "DELETE FROM executions",
		"remove a task":           "DELETE FROM tasks",
		"move a dependency":       "UPDATE task_dependencies SET kind = 'start_to_start'",
		"remove an agent":         "DELETE FROM agents",
	} {
		_, err := app(t, f.db, enter, statement)
		wantState(t, what, err, insufficientPrivilege)
	}
}

// Whatever comes first, a task never runs while it waits for another one.
func TestATaskDoesNotStartWhileADependencyIsAdded(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		other := f.task(t, as, "other")
		for range 20 {
			task := f.task(t, as, "x")
			started, added := make(chan error, 1), make(chan error, 1)
			go func() { _, err := f.StartTask(t.Context(), as, task.ID); started <- err }()
			go func() {
				_, err := f.AddDependency(t.Context(), as, task.ID, other.ID, society.FinishToStart)
				added <- err
			}()
			start, add := <-started, <-added
			if (start == nil) == (add == nil) {
				t.Fatalf("start: %v, add: %v; want one of them refused", start, add)
			}
		}
	})
}

// What another organization has does not stop one from having the same.
func TestOrganizationsDoNotMeetInNames(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		for range 2 {
			as := f.organization(t)
			f.worker(t, as, "same")
			if _, err := f.RegisterCoordinator(t.Context(), as, society.NewCoordinator{Name: "same"}, healthy); err != nil {
				t.Error(err)
			}
			if _, err := f.AddAgent(t.Context(), as, society.NewAgent{Name: "same", Authority: "lead"}); err != nil {
				t.Error(err)
			}
			if _, err := f.AddRepository(t.Context(), as, society.NewRepository{FullName: "same/same"}); err != nil {
				t.Error(err)
			}
		}
		if owners := column(t, f.db, "SELECT DISTINCT organization_id::text FROM workers WHERE name = 'same'"); len(owners) != 2 {
			t.Errorf("workers of %v", owners)
		}
	})
}
