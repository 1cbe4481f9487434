package postgres

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/miyabi-society/platform/functions/internal/society"
)

func (f fixture) wait(t *testing.T, as society.Actor, task, dependsOn society.Task, kind society.DependencyKind) {
	t.Helper()
	if _, err := f.AddDependency(t.Context(), as, task.ID, dependsOn.ID, kind); err != nil {
		t.Fatal(err)
	}
}

func TestATaskStartsAfterWhatItWaitsFor(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		for kind, release := range map[society.DependencyKind]society.TaskStatus{
			society.FinishToStart: society.Completed,
			society.StartToStart:  society.Running,
		} {
			first, second := f.task(t, as, "first"), f.task(t, as, "second")
			f.wait(t, as, second, first, kind)
			if blocked, err := f.Task(t.Context(), as, second.ID); err != nil || !blocked.Blocked {
				t.Errorf("%s: not blocked (%v)", kind, err)
			}
			_, err := f.StartTask(t.Context(), as, second.ID)
			wantRefused(t, string(kind), err, "status")
			if _, err := f.StartTask(t.Context(), as, first.ID); err != nil {
				t.Fatal(err)
			}
			if release == society.Completed {
				_, err := f.StartTask(t.Context(), as, second.ID)
				wantRefused(t, string(kind), err, "status")
				if _, err := f.CompleteTask(t.Context(), as, first.ID, ""); err != nil {
					t.Fatal(err)
				}
			}
			all, err := f.Dependencies(t.Context(), as, second.ID)
			if err != nil || len(all) != 1 || !all[0].Met || all[0].DependsOn != first.ID || all[0].DependsOnName != "first" || all[0].DependsOnStatus != release || all[0].CreatedBy != as.Person {
				t.Errorf("%s: dependencies %+v (%v)", kind, all, err)
			}
			if started, err := f.StartTask(t.Context(), as, second.ID); err != nil || started.Blocked {
				t.Errorf("%s: released but %+v (%v)", kind, started, err)
			}
		}
	})
}

func TestATaskFinishesAfterWhatItWaitsFor(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		first, second := f.taskIn(t, as, society.Running), f.taskIn(t, as, society.Running)
		f.wait(t, as, second, first, society.FinishToFinish)
		_, err := f.CompleteTask(t.Context(), as, second.ID, "")
		wantRefused(t, "finishing before the other", err, "status")
		for _, id := range []uuid.UUID{first.ID, second.ID} {
			if _, err := f.CompleteTask(t.Context(), as, id, ""); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestADependencyThatIsRemovedBlocksNoLonger(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		first, second := f.task(t, as, "first"), f.task(t, as, "second")
		f.wait(t, as, second, first, society.FinishToStart)
		if err := f.RemoveDependency(t.Context(), as, second.ID, first.ID); err != nil {
			t.Fatal(err)
		}
		wantError(t, f.RemoveDependency(t.Context(), as, second.ID, first.ID), society.ErrNotFound)
		if free, err := f.Task(t.Context(), as, second.ID); err != nil || free.Blocked {
			t.Errorf("still blocked (%v)", err)
		}
		history := f.history(t, as.Organization)
		if last := history[len(history)-1]; last[:len("task.dependency_removed")] != "task.dependency_removed" {
			t.Errorf("the last audit row is %s", last)
		}
	})
}

func TestDependenciesThatCannotBe(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		a, b, c := f.task(t, as, "a"), f.task(t, as, "b"), f.task(t, as, "c")
		f.wait(t, as, b, a, society.FinishToStart)
		f.wait(t, as, c, b, society.FinishToFinish)
		add := func(task, on uuid.UUID, kind society.DependencyKind) error {
			_, err := f.AddDependency(t.Context(), as, task, on, kind)
			return err
		}
		wantRefused(t, "a circle of three", add(a.ID, c.ID, society.StartToStart), "depends_on")
		wantRefused(t, "a circle of two", add(a.ID, b.ID, society.FinishToStart), "depends_on")
		wantRefused(t, "twice", add(b.ID, a.ID, society.StartToStart), "depends_on")
		wantInvalid(t, add(a.ID, a.ID, society.FinishToStart), "depends_on")
		wantInvalid(t, add(a.ID, b.ID, "sometime"), "kind")
		wantInvalid(t, add(a.ID, uuid.New(), society.FinishToStart), "depends_on")
		wantError(t, add(uuid.New(), a.ID, society.FinishToStart), society.ErrNotFound)
		running := f.taskIn(t, as, society.Running)
		wantRefused(t, "a task that has begun", add(running.ID, a.ID, society.FinishToStart), "status")
		done := f.taskIn(t, as, society.Completed)
		wantRefused(t, "a task that is done", add(done.ID, a.ID, society.FinishToFinish), "status")
	})
}

func TestATaskWaitsForABoundedNumber(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		task := f.task(t, as, "x")
		for range 100 {
			f.wait(t, as, task, f.task(t, as, "y"), society.FinishToStart)
		}
		_, err := f.AddDependency(t.Context(), as, task.ID, f.task(t, as, "y").ID, society.FinishToStart)
		wantRefused(t, "one too many", err, "dependencies")
	})
}

func TestNoCircleEvenAtOnce(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		const size = 6
		var tasks []society.Task
		for i := range size {
			tasks = append(tasks, f.task(t, as, fmt.Sprint(i)))
		}
		var all sync.WaitGroup
		for i := range size {
			for j := range size {
				if i == j {
					continue
				}
				all.Go(func() {
					if _, err := f.AddDependency(t.Context(), as, tasks[i].ID, tasks[j].ID, society.FinishToStart); err != nil {
						wantRefused(t, "an edge", err, "depends_on")
					}
				})
			}
		}
		all.Wait()
		// a graph of n nodes without a circle, to which no edge can be added, has n (n - 1) / 2
		if edges := column(t, f.db, "SELECT count(*)::text FROM task_dependencies"); edges[0] != fmt.Sprint(size*(size-1)/2) {
			t.Errorf("%v edges", edges)
		}
		f.wantNoCircle(t)
	})
}

func (f fixture) wantNoCircle(t *testing.T) {
	t.Helper()
	var circles int
	err := f.db.Superuser(t).QueryRow(t.Context(), `WITH RECURSIVE way AS (
			SELECT task_id, depends_on_id FROM task_dependencies
			UNION SELECT w.task_id, d.depends_on_id FROM way AS w INNER JOIN task_dependencies AS d ON d.task_id = w.depends_on_id
		) SELECT count(*) FROM way WHERE task_id = depends_on_id`).Scan(&circles)
	if err != nil || circles != 0 {
		t.Errorf("%d tasks wait for themselves (%v)", circles, err)
	}
}

// Whatever edges are asked for in whatever order, those that close a circle are refused and no others.
func TestExactlyTheEdgesThatCloseACircleAreRefused(t *testing.T) {
	t.Parallel()
	f := f1(t)
	as := f.organization(t)
	superuser := f.db.Superuser(t)
	rapid.Check(t, func(r *rapid.T) {
		size := rapid.IntRange(2, 6).Draw(r, "tasks")
		var ids []uuid.UUID
		for range size {
			ids = append(ids, f.task(t, as, "x").ID)
		}
		reach := map[[2]int]bool{}
		for range rapid.IntRange(1, 15).Draw(r, "edges") {
			from, to := rapid.IntRange(0, size-1).Draw(r, "task"), rapid.IntRange(0, size-1).Draw(r, "depends on")
			kind := rapid.SampledFrom([]society.DependencyKind{society.FinishToStart, society.StartToStart, society.FinishToFinish}).Draw(r, "kind")
			if from == to {
				continue
			}
			_, err := f.AddDependency(t.Context(), as, ids[from], ids[to], kind)
			var there bool
			if err := superuser.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM task_dependencies WHERE task_id = $1 AND depends_on_id = $2)", ids[from], ids[to]).Scan(&there); err != nil {
				r.Fatal(err)
			}
			if circle := reach[[2]int{to, from}]; circle == there {
				r.Fatalf("edge %d to %d: circle %v, there %v (%v)", from, to, circle, there, err)
			}
			if err != nil {
				continue
			}
			add := [][2]int{{from, to}}
			for i := range size {
				for j := range size {
					if (i == from || reach[[2]int{i, from}]) && (j == to || reach[[2]int{to, j}]) {
						add = append(add, [2]int{i, j})
					}
				}
			}
			for _, edge := range add {
				reach[edge] = true
			}
		}
	})
}

// f1 is a fixture of one mode, where the mode cannot matter.
func f1(t *testing.T) fixture {
	t.Helper()
	db := server.Migrated(t)
	return fixture{Store: New(newPool(t, db, pgx.QueryExecModeExec)), db: db}
}

func TestDependenciesNeedReadCommitted(t *testing.T) {
	t.Parallel()
	f := f1(t)
	as := f.organization(t)
	a, b := f.task(t, as, "a"), f.task(t, as, "b")
	_, err := app(t, f.db, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
		fmt.Sprintf("SELECT enter('%s', '%s', 'tasks.update')", as.Organization, as.Person),
		fmt.Sprintf("INSERT INTO task_dependencies (organization_id, task_id, depends_on_id, kind) VALUES ('%s', '%s', '%s', 'start_to_start')", as.Organization, a.ID, b.ID))
	wantState(t, "an older snapshot", err, "25001")
}
