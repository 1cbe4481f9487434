package postgres

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

const (
	executionColumns = `id, task_id, attempt, coalesce(agent_type, ''), worker_id, status, started_at, finished_at, result::text, error,
		log_lines, log_dropped`
	executionsBefore = "SELECT " + executionColumns + " FROM executions WHERE (started_at, id) < ($2::timestamptz, $3::uuid)"
	executionsNewest = " ORDER BY started_at DESC, id DESC LIMIT $1::integer"
	executionsAll    = executionsBefore + executionsNewest
	executionsOfTask = executionsBefore + " AND task_id = $4::uuid" + executionsNewest
	oneExecution     = "SELECT " + executionColumns + " FROM executions WHERE id = $1::uuid"
	logLines         = `SELECT line, level, message, logged_at FROM execution_logs WHERE execution_id = $2::uuid AND line > $3::bigint
		ORDER BY line LIMIT $1::integer`
	appendLog = "SELECT kept FROM append_log($1::uuid, $2::text[], $3::text[], $4::timestamptz[], $5::integer) AS l (kept)"
	guardRun  = `SELECT require_within(t.team_id) FROM executions AS e
		INNER JOIN tasks AS t ON t.organization_id = e.organization_id AND t.id = e.task_id WHERE e.id = $1::uuid`
)

// Executions implements society.Executions.
func (s *Store) Executions(ctx context.Context, as society.Actor, task uuid.UUID, at society.PageRequest) (society.Page[society.Execution], error) {
	after, err := before(at.Cursor)
	if err != nil {
		return society.Page[society.Execution]{}, err
	}
	list := statement{permission: society.AgentsRead, what: "list executions", query: executionsAll}
	args := []any{after.at, after.id}
	if task != uuid.Nil {
		list.query, args = executionsOfTask, append(args, task)
	}
	return page(ctx, s, as, list, at.Limit, scanExecution, func(e society.Execution) string { return moment{e.StartedAt, e.ID}.String() }, args...)
}

// Execution implements society.Executions.
func (s *Store) Execution(ctx context.Context, as society.Actor, id uuid.UUID) (society.Execution, error) {
	return single(ctx, s, as, statement{permission: society.AgentsRead, what: "read an execution", query: oneExecution}, scanExecution, id)
}

func scanExecution(row pgx.CollectableRow) (society.Execution, error) {
	var e society.Execution
	var worker uuid.NullUUID
	var finished *time.Time
	var result, failure *string
	err := row.Scan(&e.ID, &e.Task, &e.Attempt, &e.AgentType, &worker, &e.Status, &e.StartedAt, &finished, &result, &failure, &e.LogLines, &e.LogDropped)
	e.Worker, e.StartedAt, e.FinishedAt, e.Result, e.Error = worker.UUID, e.StartedAt.UTC(), utc(finished), orEmpty(result), orEmpty(failure)
	return e, err
}

// Log implements society.Executions.
func (s *Store) Log(ctx context.Context, as society.Actor, execution uuid.UUID, at society.PageRequest) (society.Page[society.LogLine], error) {
	after, err := afterLine(at.Cursor)
	if err != nil {
		return society.Page[society.LogLine]{}, err
	}
	list := statement{permission: society.AgentsRead, what: "read the log of an execution", query: logLines}
	return page(ctx, s, as, list, at.Limit, scanLine, func(l society.LogLine) string { return lineCursor(execution, l.Number) }, execution, after)
}

func lineCursor(execution uuid.UUID, line int) string {
	return encodeCursor(execution, binary.BigEndian.AppendUint32(nil, uint32(line))) //nolint:gosec // an execution keeps far fewer lines
}

func afterLine(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	_, key, err := decodeCursor(cursor)
	if err != nil || len(key) != 4 {
		return 0, badCursor()
	}
	return int64(binary.BigEndian.Uint32(key)), nil
}

func scanLine(row pgx.CollectableRow) (society.LogLine, error) {
	var l society.LogLine
	err := row.Scan(&l.Number, &l.Level, &l.Message, &l.At)
	l.At = l.At.UTC()
	return l, err
}

// AppendLog implements society.Executions.
func (s *Store) AppendLog(ctx context.Context, as society.Actor, execution uuid.UUID, lines []society.LogLine, limit int) (int, error) {
	if err := society.CheckLog(lines); err != nil {
		return 0, err
	}
	levels, messages, moments := make([]string, len(lines)), make([]string, len(lines)), make([]time.Time, len(lines))
	for i, l := range lines {
		levels[i], messages[i], moments[i] = string(l.Level), l.Message, l.At
	}
	write := statement{permission: society.AgentsExecute, what: "append to a log", query: appendLog, within: true, guard: guardRun}
	return single(ctx, s, as, write, pgx.RowTo[int], execution, levels, messages, moments, limit)
}
