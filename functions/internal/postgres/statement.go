package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// statement is one operation in an organization: what it needs, what it is called in errors, and its SQL.
type statement struct {
	permission society.Permission
	what       string
	query      string
	// within lets in who holds the permission in a team only. The query, or guard, must then keep to those teams.
	within bool
	// guard runs before the query, with its first argument.
	guard string
}

const (
	guardTask    = "SELECT require_within(team_id) FROM tasks WHERE id = $1::uuid FOR NO KEY UPDATE"
	guardRepo    = "SELECT require_within(team_id) FROM repositories WHERE id = $1::uuid FOR NO KEY UPDATE"
	guardNewItem = "SELECT require_within($1::uuid)"
)

// do runs a statement as an actor and reads its answer.
func (s *Store) do(ctx context.Context, as society.Actor, st statement, read func(pgx.Rows) error, args ...any) error {
	queue := func(b *pgx.Batch) {
		if st.guard != "" {
			b.Queue(st.guard, args[0])
		}
		b.Queue(st.query, args...).Query(read)
	}
	enter := s.enter
	if st.within {
		enter = s.enterWithin
	}
	err := enter(ctx, as, st.permission, queue)
	if err != nil {
		return fmt.Errorf("%s: %w", st.what, explain(err))
	}
	return nil
}

// single runs a statement that gives one row; society.ErrNotFound when it gives none.
func single[T any](ctx context.Context, s *Store, as society.Actor, st statement, scan pgx.RowToFunc[T], args ...any) (T, error) {
	var v, none T
	if err := s.do(ctx, as, st, one(&v, scan), args...); err != nil {
		return none, err
	}
	return v, nil
}

// page runs a statement that gives the rows of a page and one more; the first argument is how many.
func page[T any](ctx context.Context, s *Store, as society.Actor, st statement, limit int, scan pgx.RowToFunc[T], cursor func(T) string, args ...any) (society.Page[T], error) {
	var rows []T
	if err := s.do(ctx, as, st, many(&rows, scan), append([]any{limit + 1}, args...)...); err != nil {
		return society.Page[T]{}, err
	}
	return cut(rows, limit, cursor), nil
}

// rules are the constraints that an input can break although it is well formed, and what to say then.
var rules = map[string]error{
	"tasks_team_fkey":                   missing("team_id", "team"),
	"tasks_repository_fkey":             missing("repository_id", "repository"),
	"tasks_worker_fkey":                 missing("worker_id", "worker"),
	"repositories_team_fkey":            missing("team_id", "team"),
	"workers_coordinator_fkey":          missing("coordinator_id", "coordinator"),
	"workers_agent_fkey":                missing("agent_id", "agent"),
	"task_dependencies_task_fkey":       society.ErrNotFound,
	"task_dependencies_depends_on_fkey": missing("depends_on", "task"),
	"task_dependencies_pkey":            &society.ConflictError{Field: "depends_on", Message: "is waited for already"},
	"repositories_full_name_key":        &society.ConflictError{Field: "full_name", Message: "is there already"},
	"agents_name_key":                   &society.ConflictError{Field: "name", Message: "is taken; choose another one"},
	"agent_aliases_pkey":                &society.ConflictError{Field: "aliases", Message: "are taken; choose others"},
	"agent_aliases_alias_form": &society.ValidationError{Fields: []society.FieldError{{
		Field: "aliases", Message: "must have 1 to 50 characters besides hyphens, underscores and spaces",
	}}},
}

func missing(field, what string) error {
	return &society.ValidationError{Fields: []society.FieldError{{Field: field, Message: "must be the id of a " + what + " of this organization"}}}
}

// explain turns the violation of a rule into what it means.
func explain(err error) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		if rule, known := rules[pg.ConstraintName]; known {
			return rule
		}
	}
	return err
}

// optional gives NULL for no id.
func optional(id uuid.UUID) uuid.NullUUID { return uuid.NullUUID{UUID: id, Valid: id != uuid.Nil} }

// utc gives the zero time for NULL.
func utc(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// orEmpty gives the empty text for NULL.
func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// afterName reads the cursor of a list by name; the first page begins after the empty name, which nothing has.
func afterName(cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	_, key, err := decodeCursor(cursor)
	if err != nil || !validText(key) {
		return "", badCursor()
	}
	return string(key), nil
}

func nameCursor(id uuid.UUID, name string) string { return encodeCursor(id, []byte(name)) }

// endOfTime is after everything in a list of the newest first, where the first page begins.
var endOfTime = moment{at: time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC), id: uuid.Max}

func before(cursor string) (moment, error) {
	if cursor == "" {
		return endOfTime, nil
	}
	return parseMoment(cursor)
}
