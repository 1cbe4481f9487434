// Package schema brings a database to the newest migration, and back if that fails.
package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

const (
	// lockPeriod and lockTries are how often, in seconds, and how many times a runner asks for goose's advisory lock
	// while another one holds it. goose's own default of 5 s makes the second of two runners needlessly slow.
	lockPeriod, lockTries = 1, 600
	// busyTries is how often a migration is tried that could not get a table's lock within its lock_timeout.
	busyTries = 5
	busyPause = 2 * time.Second
	// undoLimit is the time for taking back what a failed run had applied.
	undoLimit = 30 * time.Second
)

// Migrator runs the migrations of one file system on one database.
type Migrator struct {
	db    *sql.DB
	files fs.FS
	log   *slog.Logger
	pause time.Duration
}

// Report says what a run did.
type Report struct {
	// Before and After are the schema's versions: the number of the newest migration applied, 0 for none.
	Before, After int64
	// Applied are the names of the migrations that this run applied, in order.
	Applied []string
	// Newer means that the database has a migration that this program does not know. Nothing was changed: the release
	// before runs on the schema of the one after.
	Newer bool
}

// New prepares a migrator; it connects when it is used. The connection must be direct and belong to the database's
// owner: RDS Proxy would pin on the session's advisory lock.
func New(c *pgx.ConnConfig, files fs.FS, log *slog.Logger) *Migrator {
	return &Migrator{db: stdlib.OpenDB(*c), files: files, log: log, pause: busyPause}
}

// Close ends the connections.
func (m *Migrator) Close() error { return m.db.Close() }

// Up makes the roles that the migrations need and applies the pending migrations. Two runs at once are safe: one waits.
// On an error the schema and its version are what they were before: a failing migration is rolled back by its
// transaction, and the ones that this run had applied before it are taken back by their down sections. Only a
// migration that declares `-- +goose NO TRANSACTION` can leave something behind.
func (m *Migrator) Up(ctx context.Context) (Report, error) {
	p, err := m.provider()
	if err != nil {
		return Report{}, err
	}
	before, err := p.GetDBVersion(ctx)
	if err != nil {
		return Report{}, fmt.Errorf("read the schema's version: %w", err)
	}
	r := Report{Before: before, After: before}
	if before > newest(p) {
		r.Newer = true
		m.log.WarnContext(ctx, "the schema is newer than this program; nothing was changed", "schema", before, "program", newest(p))
		return r, nil
	}
	if err := ensureRoles(ctx, m.db); err != nil {
		return r, err
	}
	results, err := m.upWithRetry(ctx, p)
	if err != nil {
		return r, m.undo(ctx, p, results, err)
	}
	for _, one := range results {
		r.Applied = append(r.Applied, path.Base(one.Source.Path))
		r.After = one.Source.Version
		m.log.InfoContext(ctx, "applied a migration", "name", path.Base(one.Source.Path), "ms", one.Duration.Milliseconds())
	}
	return r, nil
}

// DownTo takes migrations back until the version is the newest one applied; 0 takes back all. Only a person or a test
// asks for this, never a deploy.
func (m *Migrator) DownTo(ctx context.Context, version int64) error {
	p, err := m.provider()
	if err != nil {
		return err
	}
	if _, err := p.DownTo(ctx, version); err != nil {
		return fmt.Errorf("go down to version %d: %w", version, err)
	}
	return nil
}

func (m *Migrator) provider() (*goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockPeriod, lockTries))
	if err != nil {
		return nil, fmt.Errorf("prepare the migration lock: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, m.db, m.files, goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return p, nil
}

func newest(p *goose.Provider) int64 {
	all := p.ListSources()
	return all[len(all)-1].Version
}

// upWithRetry tries again when a migration found a table locked: its lock_timeout is short so that the queries that
// queue behind it do not wait long. The results are of all tries.
func (m *Migrator) upWithRetry(ctx context.Context, p *goose.Provider) ([]*goose.MigrationResult, error) {
	var all []*goose.MigrationResult
	for try := 1; ; try++ {
		results, err := p.Up(ctx)
		if partial, ok := errors.AsType[*goose.PartialError](err); ok {
			results = partial.Applied
		}
		all = append(all, results...)
		if err == nil || !locked(err) || try == busyTries {
			return all, err
		}
		m.log.WarnContext(ctx, "a table is locked; the migration is tried again", "try", try, "error", err.Error())
		select {
		case <-ctx.Done():
			return all, err
		case <-time.After(m.pause):
		}
	}
}

// locked tells lock_not_available (55P03), which lock_timeout raises.
func locked(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == "55P03"
}

// undo takes back what this run had applied and joins what failed there to the cause. It has its own time: the run's
// may be over.
func (m *Migrator) undo(ctx context.Context, p *goose.Provider, applied []*goose.MigrationResult, cause error) error {
	cause = fmt.Errorf("migrate: %w", cause)
	if len(applied) == 0 {
		return cause
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoLimit)
	defer cancel()
	if _, err := p.DownTo(ctx, applied[0].Source.Version-1); err != nil {
		return errors.Join(cause, fmt.Errorf("take back %d applied migrations: %w", len(applied), err))
	}
	m.log.WarnContext(ctx, "took back the migrations of the failed run", "count", len(applied))
	return cause
}
