package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// Every statement that changes a tenant's row calls the function audit of the migrations in the same statement, once
// for each row:
//
//	WITH made AS (INSERT INTO tasks … RETURNING *)
//	SELECT … FROM made CROSS JOIN LATERAL audit('task.created', 'task', made.id, NULL, to_jsonb(made))

// The keys of the log grow with time, so that a page continues below the last key; the first page begins below the
// greatest. One text for each case, so that each is served by its own index.
const (
	auditEntries = `SELECT id, created_at, person_id, coalesce(api_key_id, '00000000-0000-0000-0000-000000000000'), action,
		target_type, target_id, before, after FROM audit_log WHERE id < $1::uuid`
	auditNewest         = " ORDER BY id DESC LIMIT $2::integer"
	auditAll            = auditEntries + auditNewest
	auditTarget         = auditEntries + " AND target_id = $3::uuid" + auditNewest
	auditPerson         = auditEntries + " AND person_id = $3::uuid" + auditNewest
	auditTargetByPerson = auditEntries + " AND target_id = $3::uuid AND person_id = $4::uuid" + auditNewest
)

// AuditLog implements society.Audit.
func (s *Store) AuditLog(ctx context.Context, as society.Actor, filter society.AuditFilter, page society.PageRequest) (society.Page[society.AuditEntry], error) {
	var none society.Page[society.AuditEntry]
	below, err := parseKey(page.Cursor, uuid.Max)
	if err != nil {
		return none, err
	}
	query, args := auditQuery(filter, below, page.Limit+1)
	var rows []society.AuditEntry
	err = s.enter(ctx, as, society.AuditRead, func(b *pgx.Batch) {
		b.Queue(query, args...).Query(many(&rows, scanAuditEntry))
	})
	if err != nil {
		return none, fmt.Errorf("list the audit log: %w", err)
	}
	return cut(rows, page.Limit, func(e society.AuditEntry) string { return encodeCursor(e.ID, nil) }), nil
}

func auditQuery(filter society.AuditFilter, below uuid.UUID, limit int) (string, []any) {
	args := []any{below, limit}
	switch {
	case filter.Target != uuid.Nil && filter.Person != uuid.Nil:
		return auditTargetByPerson, append(args, filter.Target, filter.Person)
	case filter.Target != uuid.Nil:
		return auditTarget, append(args, filter.Target)
	case filter.Person != uuid.Nil:
		return auditPerson, append(args, filter.Person)
	}
	return auditAll, args
}

func scanAuditEntry(row pgx.CollectableRow) (society.AuditEntry, error) {
	var e society.AuditEntry
	err := row.Scan(&e.ID, &e.At, &e.Person, &e.Key, &e.Action, &e.TargetType, &e.Target, &e.Before, &e.After)
	e.At = e.At.UTC()
	return e, err
}
