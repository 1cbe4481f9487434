package schema

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
)

const (
	// busyTries is how often a migration is tried that a busy database stopped.
	busyTries = 6
	// busyPause is the pause after the first try; each further one is twice as long, so that all last about 8 s.
	busyPause = 250 * time.Millisecond
)

// patiently goes up or down, and tries again when a busy database stopped a migration: its timeouts are short so that
// the queries that queue behind it do not wait long. The results are of all tries.
func (m *Migrator) patiently(ctx context.Context, step func(context.Context) ([]*goose.MigrationResult, error)) ([]*goose.MigrationResult, error) {
	var all []*goose.MigrationResult
	pause := busyPause
	for try := 1; ; try++ {
		results, err := step(ctx)
		if partial, ok := errors.AsType[*goose.PartialError](err); ok {
			results = partial.Applied
		}
		all = append(all, results...)
		if err == nil || !busy(err) || try == busyTries || ctx.Err() != nil {
			return all, err
		}
		m.log.WarnContext(ctx, "the database is busy; the migration is tried again", "try", try, "error", err.Error())
		select {
		case <-ctx.Done():
			return all, err
		case <-time.After(pause):
		}
		pause *= 2
	}
}

// busy tells the failures that can be gone in a moment: lock_timeout (lock_not_available), statement_timeout
// (query_canceled) and a deadlock with the application, which PostgreSQL resolves by ending one of the two.
// Source: https://www.postgresql.org/docs/15/errcodes-appendix.html
func busy(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == "55P03" || pg.Code == "57014" || pg.Code == "40P01")
}
