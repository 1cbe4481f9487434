package demo

import (
	"context"
	"slices"
	"time"
)

// timeline carries out what was planned in the order of its times; now is the time of what happens.
type timeline struct {
	now    time.Time
	events []event
}

type event struct {
	at time.Time
	do func(context.Context) error
}

func (t *timeline) at(at time.Time, do func(context.Context) error) {
	t.events = append(t.events, event{at, do})
}

func (t *timeline) run(ctx context.Context) error {
	slices.SortStableFunc(t.events, func(a, b event) int { return a.at.Compare(b.at) })
	for _, one := range t.events {
		t.now = one.at
		if err := one.do(ctx); err != nil {
			return err
		}
	}
	return nil
}
