package schedule

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cron is a parsed expression: for each field the values that match.
type cron struct {
	minutes, hours, months, years []int
	day                           func(time.Time) bool
	zone                          *time.Location
}

// The last year that an expression can name.
const lastYear = 2199

var (
	monthNames = []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	dayNames   = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
)

// Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html#eb-cron-expressions
func parseCron(text string, zone *time.Location) (*cron, error) {
	f := strings.Fields(text)
	if len(f) != 6 {
		return nil, fmt.Errorf("cron has 6 fields (minutes hours day-of-month month day-of-week year), not %d", len(f))
	}
	if (f[2] == "?") == (f[4] == "?") {
		return nil, errors.New("exactly one of day-of-month and day-of-week must be ?")
	}
	c := &cron{zone: zone}
	var err error
	for _, field := range []struct {
		name, text string
		low, high  int
		names      []string
		into       *[]int
	}{
		{"minutes", f[0], 0, 59, nil, &c.minutes},
		{"hours", f[1], 0, 23, nil, &c.hours},
		{"month", f[3], 1, 12, monthNames, &c.months},
		{"year", f[5], 1970, lastYear, nil, &c.years},
	} {
		if *field.into, err = values(field.text, field.low, field.high, field.names); err != nil {
			return nil, fmt.Errorf("%s: %w", field.name, err)
		}
	}
	if f[2] != "?" {
		c.day, err = dayOfMonth(f[2])
	} else {
		c.day, err = dayOfWeek(f[4])
	}
	return c, err
}

// values lists what a field such as "1,10-20,30/5" matches.
func values(text string, low, high int, names []string) ([]int, error) {
	var out []int
	for part := range strings.SplitSeq(text, ",") {
		span, stepText, stepped := strings.Cut(part, "/")
		from, to, step := low, high, 1
		var err error
		if span != "*" {
			first, last, ranged := strings.Cut(span, "-")
			if from, err = value(first, names, low); err != nil {
				return nil, err
			}
			switch {
			case ranged:
				if to, err = value(last, names, low); err != nil {
					return nil, err
				}
			case !stepped:
				to = from
			}
		}
		if stepped {
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 || step > high {
				return nil, fmt.Errorf("%q is no step", stepText)
			}
		}
		if from < low || to > high || from > to {
			return nil, fmt.Errorf("%q is outside %d to %d", part, low, high)
		}
		for v := from; v <= to; v += step {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// value is a number or a name; the first name stands for low.
func value(text string, names []string, low int) (int, error) {
	if i := slices.Index(names, strings.ToUpper(text)); i >= 0 {
		return low + i, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a value", text)
	}
	return n, nil
}

// dayOfMonth knows L, the last day, and W, the weekday nearest to a day within its month.
func dayOfMonth(text string) (func(time.Time) bool, error) {
	if text == "L" {
		return func(t time.Time) bool { return t.Day() == daysIn(t) }, nil
	}
	if number, ok := strings.CutSuffix(text, "W"); ok {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > 31 {
			return nil, fmt.Errorf("day-of-month: %q is no weekday nearest to a day", text)
		}
		return func(t time.Time) bool { return n <= daysIn(t) && t.Day() == nearestWeekday(t, n) }, nil
	}
	days, err := values(text, 1, 31, nil)
	if err != nil {
		return nil, fmt.Errorf("day-of-month: %w", err)
	}
	return func(t time.Time) bool { return slices.Contains(days, t.Day()) }, nil
}

// dayOfWeek knows L, the last such day of the month (alone: Saturday), and #, the n-th such day of the month.
func dayOfWeek(text string) (func(time.Time) bool, error) {
	weekday := func(t time.Time) int { return int(t.Weekday()) + 1 }
	one := func(name string) (int, error) {
		v, err := values(name, 1, 7, dayNames)
		if err != nil || len(v) != 1 {
			return 0, fmt.Errorf("day-of-week: %q is not one day", name)
		}
		return v[0], nil
	}
	if name, number, ok := strings.Cut(text, "#"); ok {
		day, err := one(name)
		n, bad := strconv.Atoi(number)
		if err != nil || bad != nil || n < 1 || n > 5 {
			return nil, fmt.Errorf("day-of-week: %q is not the n-th day of a month", text)
		}
		return func(t time.Time) bool { return weekday(t) == day && (t.Day()-1)/7+1 == n }, nil
	}
	if name, ok := strings.CutSuffix(text, "L"); ok && name != "" {
		day, err := one(name)
		return func(t time.Time) bool { return weekday(t) == day && t.Day()+7 > daysIn(t) }, err
	}
	if text == "L" {
		text = "SAT"
	}
	days, err := values(text, 1, 7, dayNames)
	if err != nil {
		return nil, fmt.Errorf("day-of-week: %w", err)
	}
	return func(t time.Time) bool { return slices.Contains(days, weekday(t)) }, nil
}

func daysIn(t time.Time) int { return time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day() }

func nearestWeekday(t time.Time, day int) int {
	switch time.Date(t.Year(), t.Month(), day, 0, 0, 0, 0, time.UTC).Weekday() {
	case time.Saturday:
		if day == 1 {
			return 3
		}
		return day - 1
	case time.Sunday:
		if day == daysIn(t) {
			return day - 2
		}
		return day + 1
	}
	return day
}

// Next looks at each day in turn. A time that daylight saving skips is left out, and one that it repeats counts once.
//
// Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
func (c *cron) Next(t time.Time) (time.Time, bool) {
	t = t.In(c.zone)
	day := time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC)
	for ; day.Year() <= c.years[len(c.years)-1]; day = day.AddDate(0, 0, 1) {
		if !slices.Contains(c.years, day.Year()) || !slices.Contains(c.months, int(day.Month())) || !c.day(day) {
			continue
		}
		for _, hour := range c.hours {
			for _, minute := range c.minutes {
				at := time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, c.zone)
				if at.After(t) && at.Hour() == hour && at.Minute() == minute {
					return at, true
				}
			}
		}
	}
	return time.Time{}, false
}
