// Package schedule runs the schedules of EventBridge rules and of EventBridge Scheduler.
//
// Rules: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html and
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
package schedule

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
	_ "time/tzdata" // zones of schedules, on machines that have none
)

// Spec says when a schedule runs.
type Spec struct {
	// Text is rate(value unit), cron(minutes hours day-of-month month day-of-week year) or at(yyyy-mm-ddThh:mm:ss).
	Text string
	// Zone is that of cron and at.
	Zone *time.Location
	// Start and End bound rate and cron; each may be zero. The first occurrence of a rate is Start itself, and the others
	// count from there.
	//
	// Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html (StartDate, EndDate)
	Start, End time.Time
}

// Expression is the first time after t at which a schedule runs, the zero time when there is none.
type Expression func(t time.Time) time.Time

var form = regexp.MustCompile(`^(rate|cron|at)\((.*)\)$`)

// Parse reads an expression.
func (s Spec) Parse() (Expression, error) {
	m := form.FindStringSubmatch(s.Text)
	if m == nil {
		return nil, fmt.Errorf("schedule %q is neither rate(…), cron(…) nor at(…)", s.Text)
	}
	kinds := map[string]func(string) (Expression, error){"rate": s.rate, "cron": s.cron, "at": s.at}
	e, err := kinds[m[1]](m[2])
	if err != nil {
		return nil, fmt.Errorf("schedule %q: %w", s.Text, err)
	}
	return e, nil
}

// until leaves out what is after the end.
func (s Spec) until(e Expression) Expression {
	return func(t time.Time) time.Time {
		next := e(t)
		if !s.End.IsZero() && next.After(s.End) {
			return time.Time{}
		}
		return next
	}
}

var rateForm = regexp.MustCompile(`^([1-9]\d{0,4}) (minute|hour|day)s?$`)

// rate counts in whole seconds from the start.
func (s Spec) rate(text string) (Expression, error) {
	m := rateForm.FindStringSubmatch(text)
	if m == nil {
		return nil, errors.New("a rate is 1 to 99999 minutes, hours or days, such as rate(5 minutes)")
	}
	n, _ := strconv.ParseInt(m[1], 10, 64)
	start, every := s.Start.Unix(), n*map[string]int64{"minute": 60, "hour": 60 * 60, "day": 24 * 60 * 60}[m[2]]
	return s.until(func(t time.Time) time.Time {
		next := start
		if passed := t.Unix() - start; passed >= 0 {
			next += (passed/every + 1) * every
		}
		return time.Unix(next, 0).In(s.Zone)
	}), nil
}

func (s Spec) cron(text string) (Expression, error) {
	c, err := parseCron(text)
	return s.until(func(t time.Time) time.Time {
		if t.Before(s.Start) {
			t = s.Start.Add(-time.Nanosecond)
		}
		return c.next(t.In(s.Zone))
	}), err
}

// atForm is the layout of a time in at(…).
const atForm = "2006-01-02T15:04:05"

func (s Spec) at(text string) (Expression, error) {
	at, err := time.ParseInLocation(atForm, text, s.Zone)
	if err != nil || len(text) != len(atForm) {
		return nil, fmt.Errorf("%q has not the form of at(2030-12-31T23:59:00)", text)
	}
	return func(t time.Time) time.Time {
		if at.After(t) {
			return at
		}
		return time.Time{}
	}, nil
}
