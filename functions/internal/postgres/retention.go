package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

var sweeps = map[society.Passing]string{
	society.PassingLogs:            "SELECT sweep_execution_logs($1::timestamptz, $2::integer)",
	society.PassingActivity:        "SELECT sweep_activity($1::timestamptz, $2::integer)",
	society.PassingSessions:        "SELECT sweep_sessions($1::timestamptz, $2::integer)",
	society.PassingIdempotencyKeys: "SELECT sweep_idempotency_keys($1::timestamptz, $2::integer)",
	society.PassingInvitations:     "SELECT sweep_invitations($1::timestamptz, $2::integer)",
}

// Sweep implements society.Retention. No tenant is set: the functions of the migrations reach over all.
func (s *Store) Sweep(ctx context.Context, what society.Passing, before time.Time, atMost int) (int64, error) {
	var swept int64
	err := s.run(ctx, func(b *pgx.Batch) {
		b.Queue(sweeps[what], before, atMost).QueryRow(func(row pgx.Row) error { return row.Scan(&swept) })
	})
	if err != nil {
		return 0, fmt.Errorf("sweep %s: %w", what, err)
	}
	return swept, nil
}
