package postgres

import (
	"context"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// Which move is allowed when, and what else it does, is the triggers' (migrations).
const (
	startTask    = "UPDATE tasks SET status = 'running' WHERE id = $1::uuid RETURNING " + taskColumns
	completeTask = "UPDATE tasks SET status = 'completed', result = nullif($2::text, '')::jsonb WHERE id = $1::uuid RETURNING " + taskColumns
	failTask     = "UPDATE tasks SET status = 'failed', error = $2::text WHERE id = $1::uuid RETURNING " + taskColumns
	cancelTask   = "UPDATE tasks SET status = 'cancelled' WHERE id = $1::uuid RETURNING " + taskColumns
	retryTask    = "UPDATE tasks SET status = 'pending' WHERE id = $1::uuid RETURNING " + taskColumns
	assignTask   = "UPDATE tasks SET worker_id = $2::uuid WHERE id = $1::uuid RETURNING " + taskColumns
)

func (s *Store) move(ctx context.Context, as society.Actor, p society.Permission, what, query string, args ...any) (society.Task, error) {
	return single(ctx, s, as, statement{permission: p, what: what, query: query, within: true, guard: guardTask}, scanTask, args...)
}

// StartTask implements society.TaskMoves.
func (s *Store) StartTask(ctx context.Context, as society.Actor, id uuid.UUID) (society.Task, error) {
	return s.move(ctx, as, society.TasksUpdate, "start a task", startTask, id)
}

// CompleteTask implements society.TaskMoves.
func (s *Store) CompleteTask(ctx context.Context, as society.Actor, id uuid.UUID, result string) (society.Task, error) {
	result, err := society.CheckResult(result)
	if err != nil {
		return society.Task{}, err
	}
	return s.move(ctx, as, society.TasksUpdate, "complete a task", completeTask, id, result)
}

// FailTask implements society.TaskMoves.
func (s *Store) FailTask(ctx context.Context, as society.Actor, id uuid.UUID, reason string) (society.Task, error) {
	reason, err := society.CheckReason(reason)
	if err != nil {
		return society.Task{}, err
	}
	return s.move(ctx, as, society.TasksUpdate, "fail a task", failTask, id, reason)
}

// CancelTask implements society.TaskMoves.
func (s *Store) CancelTask(ctx context.Context, as society.Actor, id uuid.UUID) (society.Task, error) {
	return s.move(ctx, as, society.TasksUpdate, "cancel a task", cancelTask, id)
}

// RetryTask implements society.TaskMoves.
func (s *Store) RetryTask(ctx context.Context, as society.Actor, id uuid.UUID) (society.Task, error) {
	return s.move(ctx, as, society.TasksUpdate, "retry a task", retryTask, id)
}

// AssignTask implements society.TaskMoves.
func (s *Store) AssignTask(ctx context.Context, as society.Actor, id, worker uuid.UUID) (society.Task, error) {
	return s.move(ctx, as, society.TasksAssign, "assign a task", assignTask, id, optional(worker))
}
