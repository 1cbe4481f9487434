package main

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/miyabi-society/platform/functions/internal/society"
)

const (
	// batch is how many rows one transaction removes: few enough that no lock is held for long.
	batch = 5000
	// reserve is kept of the invocation's time: for the batch that is under way and the log.
	reserve = 10 * time.Second
)

// sweeper takes away what passes. A run that is broken off, repeated or met by another one does no harm: each batch is
// a transaction of its own that removes what is too old.
type sweeper struct {
	retention society.Retention
	days      map[society.Passing]int
	log       *slog.Logger
	now       func() time.Time
}

// outcome is what a run did; it is the answer of the invocation.
type outcome struct {
	// Removed counts the rows of each kind.
	Removed map[society.Passing]int64 `json:"removed"`
	// Finished is false when the time was up before everything was gone: the next run goes on.
	Finished bool `json:"finished"`
}

// sweep removes everything that is too old, as far as the invocation's deadline lets it. A kind that fails does not keep
// the others from being swept; the error is that of all that failed, so that Lambda repeats the invocation.
func (s sweeper) sweep(ctx context.Context) (outcome, error) {
	began := s.now()
	done := outcome{Removed: map[society.Passing]int64{}, Finished: true}
	var failed []error
	for _, what := range slices.Sorted(maps.Keys(s.days)) {
		removed, finished, err := s.sweepOne(ctx, what, began.AddDate(0, 0, -s.days[what]))
		done.Removed[what] = removed
		done.Finished = done.Finished && finished
		if err != nil {
			failed = append(failed, err)
		}
	}
	err := errors.Join(failed...)
	s.report(ctx, done, err, s.now().Sub(began))
	return done, err
}

// sweepOne removes one kind in batches, until nothing is left or the time is up.
func (s sweeper) sweepOne(ctx context.Context, what society.Passing, before time.Time) (removed int64, finished bool, err error) {
	for s.hasTime(ctx) {
		n, err := s.retention.Sweep(ctx, what, before, batch)
		if err != nil || n == 0 {
			return removed, err == nil, err
		}
		removed += n
	}
	return removed, false, nil
}

func (s sweeper) hasTime(ctx context.Context) bool {
	deadline, bounded := ctx.Deadline()
	return !bounded || deadline.Sub(s.now()) > reserve
}

func (s sweeper) report(ctx context.Context, done outcome, err error, took time.Duration) {
	attributes := []any{"removed", done.Removed, "finished", done.Finished, "ms", took.Milliseconds()}
	switch {
	case err != nil:
		s.log.ErrorContext(ctx, "swept in part", append(attributes, "error", err.Error())...)
	case !done.Finished:
		s.log.WarnContext(ctx, "swept until the time was up; the next run goes on", attributes...)
	default:
		s.log.InfoContext(ctx, "swept", attributes...)
	}
}
