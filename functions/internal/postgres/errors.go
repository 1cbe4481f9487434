package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// The SQLSTATEs that functions of the migrations raise.
const (
	notAMember      = "MS404" // or no such thing in the tenant
	lacksPermission = "MS403"
	wrongState      = "MS409" // the constraint names the field or the rule, the message says what to do
	noSuchKey       = "MS401" // or no longer
	doneBefore      = "MS208" // the hint is the status of the answer and the detail its body in base64; empty: not known
	wrongValue      = "MS422" // the constraint names the field, the message says what would be right
	limitReached    = "MS402" // the constraint names what is limited, the detail is the limit as a number
)

const (
	uniqueViolation     = "23505"
	foreignKeyViolation = "23503"
	checkViolation      = "23514"
)

// unavailableClasses are the beginnings of the SQLSTATEs that say that the server cannot answer now
// (https://www.postgresql.org/docs/15/errcodes-appendix.html).
var unavailableClasses = []string{
	"08",    // connection exception
	"53",    // insufficient resources, such as too many connections
	"57P",   // shut down, crashed, starting
	"57014", // cancelled, such as by statement_timeout
	"55P03", // lock not available
	"25006", // read-only: a failover is under way
}

// classify turns a failure of the database into a kind that the domain knows; what it does not know stays as it is.
func classify(err error) error {
	if err == nil {
		return nil
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return classifyState(pg)
	}
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return society.ErrNotFound
	case unreachable(err):
		return fmt.Errorf("%w: %w", society.ErrUnavailable, err)
	}
	return err
}

func classifyState(pg *pgconn.PgError) error {
	switch pg.Code {
	case notAMember:
		return society.ErrNotFound
	case lacksPermission:
		return society.ErrForbidden
	case wrongState:
		return &society.ConflictError{Field: pg.ConstraintName, Message: pg.Message}
	case noSuchKey:
		return society.ErrUnauthenticated
	case wrongValue:
		return &society.ValidationError{Fields: []society.FieldError{{Field: pg.ConstraintName, Message: pg.Message}}}
	case doneBefore:
		return repeated(pg)
	case limitReached:
		limit, _ := strconv.Atoi(pg.Detail)
		return &society.LimitError{Resource: pg.ConstraintName, Limit: limit}
	}
	for _, class := range unavailableClasses {
		if strings.HasPrefix(pg.Code, class) {
			return fmt.Errorf("%w: %w", society.ErrUnavailable, pg)
		}
	}
	return pg
}

// unreachable tells the failures of the way to the server from mistakes of ours.
func unreachable(err error) bool {
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	for _, one := range []error{context.DeadlineExceeded, context.Canceled, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, one) {
			return true
		}
	}
	return pgconn.SafeToRetry(err)
}

// violates tells whether an error is of a SQLSTATE and about a constraint.
func violates(err error, code, constraint string) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == code && pg.ConstraintName == constraint
}
