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
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

const (
	// lockPeriod and lockTries are how often, in seconds, and how many times a runner asks for an advisory lock while
	// another one holds it. goose's own default of 5 s makes the second of two runners needlessly slow.
	lockPeriod, lockTries = 1, 600
	// runLock is held during a whole run, goose's own lock only while migrations run: between a failed migration and
	// the taking back of those before it no other run may start. The number is arbitrary and must never change.
	runLock = 6_871_203_559_124_077
	// undoLimit is the time for taking back what a failed run had applied.
	undoLimit = 30 * time.Second
)

// timeouts bound every statement that does not set its own with SET LOCAL: how long it queues for a lock, with all that
// came after it queueing behind, and how long it runs.
var timeouts = map[string]string{"lock_timeout": "5s", "statement_timeout": "60s"}

// Migrator runs the migrations of one file system on one database.
type Migrator struct {
	db    *sql.DB
	files fs.FS
	log   *slog.Logger
}

// Report says what a run did.
type Report struct {
	// Before and After are the schema's versions: the number of the newest migration applied, 0 for none.
	Before, After int64
	// Applied are the names of the migrations that this run applied, in order.
	Applied []string
	// Newer means that the database has a migration after the last one that this program knows. Nothing was changed: the
	// release before runs on the schema of the one after.
	Newer bool
	// Took is how long the run took, with its waiting for another one.
	Took time.Duration
}

// New prepares a migrator; it connects when it is used. The connection must be direct and belong to the database's
// owner: RDS Proxy would pin on the session's advisory lock.
func New(c *pgx.ConnConfig, files fs.FS, log *slog.Logger) *Migrator {
	c = c.Copy()
	for name, value := range timeouts {
		if _, set := c.RuntimeParams[name]; !set {
			c.RuntimeParams[name] = value
		}
	}
	return &Migrator{db: stdlib.OpenDB(*c), files: files, log: log}
}

// Close ends the connections.
func (m *Migrator) Close() error { return m.db.Close() }

// Up makes the roles that the migrations need and applies the pending migrations. Two runs at once are safe: one waits.
// It refuses, with ErrHistory, a database whose past is not this program's.
//
// On an error the schema and its version are what they were before: a failing migration is rolled back by its
// transaction, and the ones that this run had applied before it are taken back by their down sections. Only a
// migration that declares `-- +goose NO TRANSACTION` can leave something behind.
func (m *Migrator) Up(ctx context.Context) (r Report, err error) {
	began := time.Now()
	err = m.alone(ctx, func() error {
		r, err = m.up(ctx)
		return err
	})
	r.Took = time.Since(began)
	return r, err
}

func (m *Migrator) up(ctx context.Context) (Report, error) {
	all, err := m.history(ctx)
	if err != nil {
		return Report{}, err
	}
	r := Report{Before: all.version(), After: all.version()}
	if all.newer() {
		r.Newer = true
		m.log.WarnContext(ctx, "the schema is newer than this program; nothing was changed", "schema", r.Before, "program", all.newest())
		return r, nil
	}
	if err := all.check(); err != nil {
		return r, err
	}
	if err := ensureRoles(ctx, m.db); err != nil {
		return r, err
	}
	sums, err := m.checksums(ctx, all)
	if err != nil {
		return r, err
	}
	p, err := m.provider(sums)
	if err != nil {
		return r, err
	}
	results, err := m.patiently(ctx, p.Up)
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

// DownTo takes migrations back until the version is the newest one applied; 0 takes back all. It gives the names of
// those it took back, in order. Only a person or a test asks for this, never a deploy.
func (m *Migrator) DownTo(ctx context.Context, version int64) (names []string, err error) {
	err = m.alone(ctx, func() error {
		names, err = m.downTo(ctx, version)
		return err
	})
	return names, err
}

func (m *Migrator) downTo(ctx context.Context, version int64) ([]string, error) {
	all, err := m.history(ctx)
	if err != nil {
		return nil, err
	}
	if err := all.checkDown(version); err != nil {
		return nil, err
	}
	sums, err := m.checksums(ctx, all)
	if err != nil {
		return nil, err
	}
	p, err := m.provider(sums)
	if err != nil {
		return nil, err
	}
	results, err := m.patiently(ctx, down(p, version))
	var names []string
	for _, one := range results {
		names = append(names, path.Base(one.Source.Path))
		m.log.InfoContext(ctx, "took back a migration", "name", path.Base(one.Source.Path), "ms", one.Duration.Milliseconds())
	}
	if err != nil {
		return names, fmt.Errorf("go down to version %d: %w", version, err)
	}
	return names, nil
}

// alone does something while no other run does anything.
func (m *Migrator) alone(ctx context.Context, do func() error) (err error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(runLock), lock.WithLockTimeout(lockPeriod, lockTries))
	if err != nil {
		return fmt.Errorf("prepare the lock of a run: %w", err)
	}
	conn, err := m.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if err := locker.SessionLock(ctx, conn); err != nil {
		return fmt.Errorf("wait for another run: %w", err)
	}
	// a failure to unlock changes nothing that was done, and the lock ends with its connection
	defer func() { _ = locker.SessionUnlock(context.WithoutCancel(ctx), conn) }()
	return do()
}

func (m *Migrator) provider(sums *checksums) (*goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockPeriod, lockTries))
	if err != nil {
		return nil, fmt.Errorf("prepare goose's lock: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectCustom, m.db, m.files,
		goose.WithStore(sums), goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return p, nil
}

// down is the step that takes back every migration after a version.
func down(p *goose.Provider, version int64) func(context.Context) ([]*goose.MigrationResult, error) {
	return func(ctx context.Context) ([]*goose.MigrationResult, error) { return p.DownTo(ctx, version) }
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
	if _, err := m.patiently(ctx, down(p, applied[0].Source.Version-1)); err != nil {
		return errors.Join(cause, fmt.Errorf("take back %d applied migrations: %w", len(applied), err))
	}
	m.log.WarnContext(ctx, "took back the migrations of the failed run", "count", len(applied))
	return cause
}
