package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// The policy of the table adds the tenant to each of these.
const (
	taskColumns = "organization_id, id, name, description, status, priority, coalesce(agent_type, ''), created_by, created_at, updated_at"
	oneTask     = "SELECT " + taskColumns + " FROM tasks WHERE id = $1::uuid"
	insertTask  = `WITH made AS (
			INSERT INTO tasks (organization_id, id, name, description, priority, agent_type)
			VALUES ($1::uuid, $2::uuid, $3::text, $4::text, $5::text, nullif($6::text, '')) RETURNING *
		)
		SELECT ` + taskColumns + " FROM made CROSS JOIN LATERAL audit('task.created', 'task', made.id, NULL, to_jsonb(made))"

	// A page is found by the index tasks_newest or tasks_newest_by_status; one text for each case, because a condition
	// that is only sometimes there would keep a prepared plan from using the index.
	tasksNewest      = " ORDER BY created_at DESC, id DESC LIMIT $1::integer"
	tasksAfter       = "(created_at, id) < ($2::timestamptz, $3::uuid)"
	firstTasks       = "SELECT " + taskColumns + " FROM tasks" + tasksNewest
	nextTasks        = "SELECT " + taskColumns + " FROM tasks WHERE " + tasksAfter + tasksNewest
	firstTasksStatus = "SELECT " + taskColumns + " FROM tasks WHERE status = ANY($2::text[])" + tasksNewest
	nextTasksStatus  = "SELECT " + taskColumns + " FROM tasks WHERE " + tasksAfter + " AND status = ANY($4::text[])" + tasksNewest
)

// Tasks implements society.Tasks.
func (s *Store) Tasks(ctx context.Context, as society.Actor, filter society.TaskFilter, page society.PageRequest) (society.Page[society.Task], error) {
	var none society.Page[society.Task]
	query, args, err := tasksQuery(filter, page)
	if err != nil {
		return none, err
	}
	var rows []society.Task
	err = s.enter(ctx, as, society.TasksRead, func(b *pgx.Batch) {
		b.Queue(query, args...).Query(many(&rows, scanTask))
	})
	if err != nil {
		return none, fmt.Errorf("list tasks: %w", err)
	}
	return cut(rows, page.Limit, func(t society.Task) string { return moment{t.CreatedAt, t.ID}.String() }), nil
}

func tasksQuery(filter society.TaskFilter, page society.PageRequest) (string, []any, error) {
	args := []any{page.Limit + 1}
	query, queryStatus := firstTasks, firstTasksStatus
	if page.Cursor != "" {
		after, err := parseMoment(page.Cursor)
		if err != nil {
			return "", nil, err
		}
		args = append(args, after.at, after.id)
		query, queryStatus = nextTasks, nextTasksStatus
	}
	if len(filter.Status) == 0 {
		return query, args, nil
	}
	states := make([]string, len(filter.Status))
	for i, one := range filter.Status {
		states[i] = string(one)
	}
	return queryStatus, append(args, states), nil
}

// Task implements society.Tasks.
func (s *Store) Task(ctx context.Context, as society.Actor, id uuid.UUID) (society.Task, error) {
	var t society.Task
	err := s.enter(ctx, as, society.TasksRead, func(b *pgx.Batch) {
		b.Queue(oneTask, id).Query(one(&t, scanTask))
	})
	if err != nil {
		return society.Task{}, fmt.Errorf("read a task: %w", err)
	}
	return t, nil
}

// CreateTask implements society.Tasks.
func (s *Store) CreateTask(ctx context.Context, as society.Actor, n society.NewTask) (society.Task, error) {
	n, err := n.Normalize()
	if err != nil {
		return society.Task{}, err
	}
	id, err := newID()
	if err != nil {
		return society.Task{}, err
	}
	var t society.Task
	err = s.enter(ctx, as, society.TasksCreate, func(b *pgx.Batch) {
		b.Queue(insertTask, as.Organization, id, n.Name, n.Description, string(n.Priority), n.AgentType).Query(one(&t, scanTask))
	})
	if err != nil {
		return society.Task{}, fmt.Errorf("create a task: %w", err)
	}
	return t, nil
}

func scanTask(row pgx.CollectableRow) (society.Task, error) {
	var t society.Task
	err := row.Scan(&t.Organization, &t.ID, &t.Name, &t.Description, &t.Status, &t.Priority, &t.AgentType, &t.CreatedBy, &t.CreatedAt, &t.UpdatedAt)
	t.CreatedAt, t.UpdatedAt = t.CreatedAt.UTC(), t.UpdatedAt.UTC()
	return t, err
}
