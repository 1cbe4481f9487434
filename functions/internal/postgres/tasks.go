package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// The policy of the table adds the tenant to each of these. The trigger record writes the audit row.
const (
	taskColumns = taskBegin + "status = 'pending' AND EXISTS (SELECT FROM unmet_dependencies(organization_id, id))" + taskEnd
	taskBegin   = "organization_id, id, name, description, status, "
	taskEnd     = `, priority, coalesce(agent_type, ''), team_id, repository_id, worker_id, coalesce(issue_number, 0), retry_count,
		max_retries, timeout_seconds, created_by, created_at, updated_at, started_at, coalesce(completed_at, failed_at, cancelled_at),
		result::text, error`
	oneTask    = "SELECT " + taskColumns + " FROM tasks WHERE id = $1::uuid"
	insertTask = `INSERT INTO tasks (team_id, organization_id, id, name, description, priority, agent_type, repository_id,
			issue_number, max_retries, timeout_seconds)
		VALUES ($1::uuid, $2::uuid, $3::uuid, $4::text, $5::text, $6::text, nullif($7::text, ''), $8::uuid,
			nullif($9::bigint, 0), $10::bigint, $11::bigint)
		RETURNING ` + taskColumns

	// The pages that everybody opens, of all states or of one, have a plan that the server keeps, in newest_tasks. Other
	// conditions are rarer and pay for a plan of their own in matching_tasks.
	nextTasks = "SELECT " + taskBegin + "blocked" + taskEnd + " FROM newest_tasks($4::text, $2::timestamptz, $3::uuid, $1::integer)"

	matchingTasks = `matching_tasks($4::text[], $5::text[], agent_key(nullif($6::text, '')), $7::uuid, $8::uuid, $9::uuid,
		$10::boolean, nullif($11::text, ''), $2::timestamptz, $3::uuid, $1::integer)`
	nextTasksMatched = "SELECT " + taskColumns + " FROM " + matchingTasks + " ORDER BY created_at DESC, id DESC"
)

// Tasks implements society.Tasks.
func (s *Store) Tasks(ctx context.Context, as society.Actor, filter society.TaskFilter, at society.PageRequest) (society.Page[society.Task], error) {
	var none society.Page[society.Task]
	filter, err := filter.Normalize()
	if err != nil {
		return none, err
	}
	after, err := before(at.Cursor)
	if err != nil {
		return none, err
	}
	query, args := tasksQuery(filter, after)
	list := statement{permission: society.TasksRead, what: "list tasks", query: query}
	return page(ctx, s, as, list, at.Limit, scanTask, func(t society.Task) string { return moment{t.CreatedAt, t.ID}.String() }, args...)
}

func tasksQuery(f society.TaskFilter, after moment) (string, []any) {
	args := []any{after.at, after.id}
	if len(f.Status) > 1 || f.Priority != nil || f.AgentType != "" || f.Worker != uuid.Nil || f.Repository != uuid.Nil || f.Team != uuid.Nil || f.Blocked != nil || f.Words != "" {
		return nextTasksMatched, append(args, conditions(f)...)
	}
	var state *string
	for _, one := range texts(f.Status) {
		state = &one
	}
	return nextTasks, append(args, state)
}

// conditions are the arguments of matchingTasks from the fourth on.
func conditions(f society.TaskFilter) []any {
	return []any{texts(f.Status), texts(f.Priority), f.AgentType, optional(f.Worker), optional(f.Repository), optional(f.Team), f.Blocked, f.Words}
}

// texts gives NULL for no texts.
func texts[T ~string](of []T) []string {
	if len(of) == 0 {
		return nil
	}
	all := make([]string, len(of))
	for i, one := range of {
		all[i] = string(one)
	}
	return all
}

// Task implements society.Tasks.
func (s *Store) Task(ctx context.Context, as society.Actor, id uuid.UUID) (society.Task, error) {
	return single(ctx, s, as, statement{permission: society.TasksRead, what: "read a task", query: oneTask}, scanTask, id)
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
	create := statement{permission: society.TasksCreate, what: "create a task", query: insertTask}
	if n.Team != uuid.Nil {
		create.within, create.guard = true, guardNewItem
	}
	return single(ctx, s, as, create, scanTask, optional(n.Team), as.Organization, id, n.Name, n.Description, string(n.Priority), n.AgentType,
		optional(n.Repository), n.Issue, *n.MaxRetries, int64(n.Timeout/time.Second))
}

func scanTask(row pgx.CollectableRow) (society.Task, error) {
	var t society.Task
	var team, repository, worker uuid.NullUUID
	var seconds int64
	var started, finished *time.Time
	var result, failure *string
	err := row.Scan(&t.Organization, &t.ID, &t.Name, &t.Description, &t.Status, &t.Blocked, &t.Priority, &t.AgentType,
		&team, &repository, &worker, &t.Issue, &t.Retries, &t.MaxRetries, &seconds, &t.CreatedBy,
		&t.CreatedAt, &t.UpdatedAt, &started, &finished, &result, &failure)
	t.Team, t.Repository, t.Worker, t.Timeout = team.UUID, repository.UUID, worker.UUID, time.Duration(seconds)*time.Second
	t.CreatedAt, t.UpdatedAt, t.StartedAt, t.FinishedAt = t.CreatedAt.UTC(), t.UpdatedAt.UTC(), utc(started), utc(finished)
	t.Result, t.Error = orEmpty(result), orEmpty(failure)
	return t, err
}
