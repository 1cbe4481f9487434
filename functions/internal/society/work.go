package society

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// TaskMoves moves a task from one state to the next. Every error may be ErrNotFound, ErrForbidden, or a *ConflictError
// when the task is in a state that does not allow the move.
type TaskMoves interface {
	// StartTask moves a pending task to running and begins an execution. A blocked task is refused.
	StartTask(ctx context.Context, as Actor, id uuid.UUID) (Task, error)
	// CompleteTask moves a running task to completed. The result is a JSON object or empty. A task that must not finish
	// before another one is refused until that is completed.
	CompleteTask(ctx context.Context, as Actor, id uuid.UUID, result string) (Task, error)
	// FailTask moves a running task to failed and says why.
	FailTask(ctx context.Context, as Actor, id uuid.UUID, reason string) (Task, error)
	// CancelTask moves a pending or running task to cancelled.
	CancelTask(ctx context.Context, as Actor, id uuid.UUID) (Task, error)
	// RetryTask moves a failed task to pending again, as often as the task allows.
	RetryTask(ctx context.Context, as Actor, id uuid.UUID) (Task, error)
	// AssignTask gives a pending task to a worker; to uuid.Nil takes it away.
	AssignTask(ctx context.Context, as Actor, id, worker uuid.UUID) (Task, error)
}

// BulkAction is what can be done to many tasks at once.
type BulkAction string

// The bulk actions. Each leaves out the tasks that do not allow it: cancelled are the pending and running ones, retried
// the failed ones with retries left, assigned the pending ones.
const (
	BulkCancel BulkAction = "cancel"
	BulkRetry  BulkAction = "retry"
	BulkAssign BulkAction = "assign"
)

// MaxBulk is how many tasks one bulk action can change.
const MaxBulk = 10000

// TaskSelection names tasks by their ids or, when IDs is nil, by a filter.
type TaskSelection struct {
	IDs    []uuid.UUID
	Filter TaskFilter
}

// BulkCount says what a bulk action would do.
type BulkCount struct {
	// Selected is how many tasks the selection names.
	Selected int64
	// Allowed is how many of them allow the action.
	Allowed int64
}

// BulkChange is a bulk action on a selection.
type BulkChange struct {
	Action    BulkAction
	Selection TaskSelection
	// Worker is who the tasks are given to, with BulkAssign; uuid.Nil takes them away.
	Worker uuid.UUID
	// Expected is the number of tasks that allow the action, as it was counted before. When it is another one now,
	// nothing changes and the error is a *ConflictError. nil takes any number.
	Expected *int64
}

// TaskBulk changes many tasks at once.
type TaskBulk interface {
	// CountTasks counts what a bulk action would change.
	CountTasks(ctx context.Context, as Actor, action BulkAction, selection TaskSelection) (BulkCount, error)
	// ChangeTasks does it to all of them or to none, and gives how many these were.
	ChangeTasks(ctx context.Context, as Actor, change BulkChange) (int64, error)
}

// Normalize checks a selection for an action. The error is a *ValidationError.
func (s TaskSelection) Normalize(action BulkAction) (TaskSelection, error) {
	var c checker
	if len(s.IDs) > MaxBulk {
		c.refuse("ids", fmt.Sprintf("must be at most %d; use a filter or several requests", MaxBulk))
	}
	switch action {
	case BulkCancel, BulkRetry, BulkAssign:
	default:
		c.refuse("action", "must be cancel, retry or assign")
	}
	filter, err := s.Filter.Normalize()
	if err != nil {
		return s, err
	}
	s.Filter = filter
	return s, c.err()
}

// DependencyKind says what waits for what.
type DependencyKind string

// The kinds of dependencies.
const (
	// FinishToStart means that the task starts after the other one is completed.
	FinishToStart DependencyKind = "finish_to_start"
	// StartToStart means that the task starts after the other one has started.
	StartToStart DependencyKind = "start_to_start"
	// FinishToFinish means that the task is completed after the other one is.
	FinishToFinish DependencyKind = "finish_to_finish"
)

// Dependency says that a task waits for another one.
type Dependency struct {
	Task      uuid.UUID
	DependsOn uuid.UUID
	Kind      DependencyKind
	CreatedBy uuid.UUID
	CreatedAt time.Time
	// DependsOnName and DependsOnStatus are of the task that is waited for.
	DependsOnName   string
	DependsOnStatus TaskStatus
	// Met says that the task no longer waits for this.
	Met bool
}

// Dependencies keeps what tasks wait for. No task ever waits for itself, not through others either.
type Dependencies interface {
	// Dependencies gives all that a task waits or waited for, at most 100.
	Dependencies(ctx context.Context, as Actor, task uuid.UUID) ([]Dependency, error)
	// AddDependency makes a task wait. The error is a *ConflictError when that would close a circle, when it is there
	// already, or when the task has begun.
	AddDependency(ctx context.Context, as Actor, task, dependsOn uuid.UUID, kind DependencyKind) (Dependency, error)
	// RemoveDependency makes it wait no longer.
	RemoveDependency(ctx context.Context, as Actor, task, dependsOn uuid.UUID) error
}

// Valid tells whether it is one of the kinds.
func (k DependencyKind) Valid() bool {
	return k == FinishToStart || k == StartToStart || k == FinishToFinish
}

// CheckDependency checks a new dependency. The error is a *ValidationError.
func CheckDependency(task, dependsOn uuid.UUID, kind DependencyKind) error {
	var c checker
	if task == dependsOn {
		c.refuse("depends_on", "must be another task")
	}
	if !kind.Valid() {
		c.refuse("kind", "must be finish_to_start, start_to_start or finish_to_finish")
	}
	return c.err()
}
