// Package postgres keeps the domain in PostgreSQL. Each operation is one batch: one round trip and one transaction,
// whose first statement says who acts where. It works in pgx's exec mode, which RDS Proxy can multiplex (no prepared
// statement, no session state), and in cache_statement mode for a direct connection.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// Store implements the services of package society. It is safe for concurrent use.
type Store struct {
	pool *pgxpool.Pool
	// clock stamps the rows; nil for the server's time.
	clock func() time.Time
}

var (
	_ society.People        = (*Store)(nil)
	_ society.Organizations = (*Store)(nil)
	_ society.Tasks         = (*Store)(nil)
	_ society.Sessions      = (*Store)(nil)
	_ society.TaskMoves     = (*Store)(nil)
	_ society.TaskBulk      = (*Store)(nil)
	_ society.Dependencies  = (*Store)(nil)
	_ society.Executions    = (*Store)(nil)
	_ society.Retention     = (*Store)(nil)
	_ society.Activity      = (*Store)(nil)
	_ society.Repositories  = (*Store)(nil)
	_ society.Agents        = (*Store)(nil)
	_ society.Fleet         = (*Store)(nil)
	_ society.Audit         = (*Store)(nil)
	_ society.Teams         = (*Store)(nil)
	_ society.Access        = (*Store)(nil)
	_ society.Members       = (*Store)(nil)
	_ society.Invitations   = (*Store)(nil)
	_ society.APIKeys       = (*Store)(nil)
	_ society.Idempotency   = (*Store)(nil)
)

// New makes a store on a pool whose user is the app role.
func New(pool *pgxpool.Pool) *Store { return &Store{pool: pool} }

// At gives a store on the same pool that stamps work with a clock's time in place of the server's, to write a history.
// The audit log keeps the server's time.
func (s *Store) At(clock func() time.Time) *Store { return &Store{pool: s.pool, clock: clock} }

// enter runs statements as an actor in their organization. When the actor is no active member there or lacks the
// permission, none of them runs and the error is society.ErrNotFound or society.ErrForbidden.
func (s *Store) enter(ctx context.Context, as society.Actor, p society.Permission, queue func(*pgx.Batch)) error {
	return s.enterBy(ctx, "SELECT enter($1::uuid, $2::uuid, $3::text)", as, p, queue)
}

// enterWithin is enter for changes to things that can belong to a team: it also lets in who holds the permission in some
// team only. Each statement must guard the rows that it changes with the functions within or require_within of the
// migrations.
func (s *Store) enterWithin(ctx context.Context, as society.Actor, p society.Permission, queue func(*pgx.Batch)) error {
	return s.enterBy(ctx, "SELECT enter_within($1::uuid, $2::uuid, $3::text)", as, p, queue)
}

const (
	takeKey            = "SELECT take_key($1::uuid, $2::uuid, $3::uuid, $4::text)"
	takeIdempotencyKey = "SELECT take_idempotency_key($1::text, $2::bytea, $3::interval)"
)

// enterBy sends what makes the actor enter, then their idempotency key, then the statements.
func (s *Store) enterBy(ctx context.Context, statement string, as society.Actor, p society.Permission, queue func(*pgx.Batch)) error {
	return s.run(ctx, func(b *pgx.Batch) {
		if as.Key != uuid.Nil {
			b.Queue(takeKey, as.Organization, as.Person, as.Key, string(p))
		}
		b.Queue(statement, as.Organization, as.Person, string(p))
		if as.Request != nil {
			b.Queue(takeIdempotencyKey, as.Request.Key, as.Request.Fingerprint[:], society.IdempotencyLifetime)
		}
		queue(b)
	})
}

// actAs runs statements as a person outside of any organization.
func (s *Store) actAs(ctx context.Context, person uuid.UUID, queue func(*pgx.Batch)) error {
	return s.run(ctx, func(b *pgx.Batch) {
		b.Queue("SELECT act_as($1::uuid)", person)
		queue(b)
	})
}

// run sends one batch. It sends it once more, on another connection, when the first one proved dead before the whole
// batch was sent on it.
func (s *Store) run(ctx context.Context, queue func(*pgx.Batch)) error {
	err := s.send(ctx, queue)
	if err != nil && unsent(err) && ctx.Err() == nil {
		err = s.send(ctx, queue)
	}
	return classify(err)
}

// unsent tells that the server cannot have got the whole batch. Its last message is the one that commits.
func unsent(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "write" || pgconn.SafeToRetry(err)
}

func (s *Store) send(ctx context.Context, queue func(*pgx.Batch)) error {
	var b pgx.Batch
	if s.clock != nil {
		b.Queue("SELECT at_moment($1::timestamptz)", s.clock())
	}
	queue(&b)
	return s.pool.SendBatch(ctx, &b).Close()
}

// newID makes the key of a new row: UUIDv7 (RFC 9562), which grows with time and keeps indexes dense.
func newID() (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return id, fmt.Errorf("make an id: %w", err)
	}
	return id, nil
}

// one reads the only row of a statement.
func one[T any](into *T, scan pgx.RowToFunc[T]) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		v, err := pgx.CollectExactlyOneRow(rows, scan)
		*into = v
		return err
	}
}

// many reads all rows of a statement.
func many[T any](into *[]T, scan pgx.RowToFunc[T]) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		v, err := pgx.CollectRows(rows, scan)
		*into = v
		return err
	}
}
