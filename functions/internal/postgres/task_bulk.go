package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// A selection by filter is all that matching_tasks gives; a bulk action holds those tasks and asks the filter again, so
// that it leaves what somebody else takes out of the selection meanwhile.
const (
	counts     = "SELECT count(*), count(*) FILTER (WHERE within(t.team_id) AND task_allows($1::text, t.status, t.retry_count, t.max_retries))"
	countIDs   = counts + " FROM tasks AS t WHERE t.id = ANY($2::uuid[])"
	countAll   = counts + " FROM matching_tasks($2::text[], $3::text[], agent_key(nullif($4::text, '')), $5::uuid, $6::uuid, $7::uuid, $8::boolean, nullif($9::text, ''), NULL, NULL, NULL) AS t"
	changeIDs  = "SELECT change_tasks($1::text, $4::uuid[], $2::bigint, $3::uuid)"
	changeMany = `SELECT change_matching_tasks($1::text, $2::bigint, $3::uuid, $4::text[], $5::text[], agent_key(nullif($6::text, '')),
		$7::uuid, $8::uuid, $9::uuid, $10::boolean, nullif($11::text, ''), $12::integer)`
)

func bulkPermission(action society.BulkAction) society.Permission {
	if action == society.BulkAssign {
		return society.TasksAssign
	}
	return society.TasksUpdate
}

// CountTasks implements society.TaskBulk.
func (s *Store) CountTasks(ctx context.Context, as society.Actor, action society.BulkAction, selection society.TaskSelection) (society.BulkCount, error) {
	selection, err := selection.Normalize(action)
	if err != nil {
		return society.BulkCount{}, err
	}
	count := statement{permission: bulkPermission(action), what: "count tasks", query: countAll, within: true}
	args := append([]any{string(action)}, conditions(selection.Filter)...)
	if selection.IDs != nil {
		count.query, args = countIDs, []any{string(action), idTexts(selection.IDs)}
	}
	return single(ctx, s, as, count, scanCount, args...)
}

// ChangeTasks implements society.TaskBulk.
func (s *Store) ChangeTasks(ctx context.Context, as society.Actor, c society.BulkChange) (int64, error) {
	selection, err := c.Selection.Normalize(c.Action)
	if err != nil {
		return 0, err
	}
	change := statement{permission: bulkPermission(c.Action), what: "change tasks", query: changeMany, within: true}
	args := []any{string(c.Action), c.Expected, optional(c.Worker)}
	if selection.IDs != nil {
		change.query, args = changeIDs, append(args, idTexts(selection.IDs))
	} else {
		args = append(append(args, conditions(selection.Filter)...), society.MaxBulk)
	}
	return single(ctx, s, as, change, pgx.RowTo[int64], args...)
}

// idTexts writes ids as text: the exec mode does not know the array of a Go type that PostgreSQL does not name.
func idTexts(ids []uuid.UUID) []string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = id.String()
	}
	return all
}

func scanCount(row pgx.CollectableRow) (society.BulkCount, error) {
	var c society.BulkCount
	err := row.Scan(&c.Selected, &c.Allowed)
	return c, err
}
