// Package schedule runs the schedules of EventBridge rules and of EventBridge Scheduler.
//
// Rules: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html and
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
package schedule

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Expression says when a schedule runs.
type Expression interface {
	// Next is the first time after t, and the zero time with false when there is none.
	Next(t time.Time) (time.Time, bool)
}

var form = regexp.MustCompile(`^(rate|cron|at)\((.*)\)$`)

// Parse reads rate(value unit), cron(minutes hours day-of-month month day-of-week year) or at(yyyy-mm-ddThh:mm:ss).
// Cron and at are in the time zone; a rate counts from the time given to Next.
func Parse(text string, zone *time.Location) (Expression, error) {
	m := form.FindStringSubmatch(text)
	if m == nil {
		return nil, fmt.Errorf("schedule %q is neither rate(…), cron(…) nor at(…)", text)
	}
	var e Expression
	var err error
	switch m[1] {
	case "rate":
		e, err = parseRate(m[2])
	case "cron":
		e, err = parseCron(m[2], zone)
	case "at":
		e, err = parseAt(m[2], zone)
	}
	if err != nil {
		return nil, fmt.Errorf("schedule %q: %w", text, err)
	}
	return e, nil
}

type rate time.Duration

func (r rate) Next(t time.Time) (time.Time, bool) { return t.Add(time.Duration(r)), true }

// IsRate reports whether an expression is a rate.
func IsRate(e Expression) bool {
	_, is := e.(rate)
	return is
}

// Within keeps a recurring expression between start and end, of which either may be zero. The first occurrence of a rate
// is start itself.
//
// Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html and
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html (StartDate, EndDate)
func Within(e Expression, start, end time.Time) Expression {
	if _, once := e.(at); once {
		return e
	}
	return window{e, start, end}
}

type window struct {
	Expression
	start, end time.Time
}

func (w window) Next(t time.Time) (time.Time, bool) {
	if every, is := w.Expression.(rate); is && !w.start.IsZero() && !t.Before(w.start) {
		t = w.start.Add(t.Sub(w.start).Truncate(time.Duration(every)))
	}
	var next time.Time
	found := true
	switch {
	case t.Before(w.start) && IsRate(w.Expression):
		next = w.start
	case t.Before(w.start):
		next, found = w.Expression.Next(w.start.Add(-time.Nanosecond))
	default:
		next, found = w.Expression.Next(t)
	}
	if !found || !w.end.IsZero() && next.After(w.end) {
		return time.Time{}, false
	}
	return next, true
}

var rateForm = regexp.MustCompile(`^(\d+) (minute|hour|day)s?$`)

func parseRate(text string) (rate, error) {
	m := rateForm.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("a rate is a number of minutes, hours or days, such as rate(5 minutes)")
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n < 1 || n > 36500 {
		return 0, fmt.Errorf("the number must be 1 to 36500, not %s", m[1])
	}
	unit := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[m[2]]
	return rate(time.Duration(n) * unit), nil
}

type at time.Time

func (a at) Next(t time.Time) (time.Time, bool) {
	if !time.Time(a).After(t) {
		return time.Time{}, false
	}
	return time.Time(a), true
}

func parseAt(text string, zone *time.Location) (at, error) {
	t, err := time.ParseInLocation("2006-01-02T15:04:05", text, zone)
	if err != nil {
		return at{}, fmt.Errorf("a time has the form at(2030-12-31T23:59:00): %w", err)
	}
	return at(t), nil
}
