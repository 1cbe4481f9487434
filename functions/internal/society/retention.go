package society

import (
	"context"
	"time"
)

// Passing is a kind of rows that are not kept for ever.
type Passing string

// What passes. The age of a row counts from when it came, or, for what is good for a time only, from the end of that
// time.
const (
	// PassingLogs are the lines that executions wrote. The last day is always kept.
	PassingLogs Passing = "execution_logs"
	// PassingActivity is the feed of what happened. The last day is always kept.
	PassingActivity Passing = "activity"
	// PassingSessions are expired refresh tokens, and sign-ins of which no token is left.
	PassingSessions Passing = "sessions"
	// PassingIdempotencyKeys are expired keys.
	PassingIdempotencyKeys Passing = "idempotency_keys"
	// PassingInvitations are invitations, answered or not, whose time is over.
	PassingInvitations Passing = "invitations"
)

// Retention takes away what is too old, over all organizations.
type Retention interface {
	// Sweep removes at most so many rows of a kind that are from before a time, the oldest first, and gives how many: 0
	// when none is left, or while another sweep runs.
	Sweep(ctx context.Context, what Passing, before time.Time, atMost int) (int64, error)
}
