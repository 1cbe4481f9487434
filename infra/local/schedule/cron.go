package schedule

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// field is one of the six parts of a cron expression.
type field struct {
	name      string
	low, high int
	// names stand for the values from low.
	names []string
	// word is what may stand for a list of values.
	word *regexp.Regexp
	// of lists what the expression may call a time: its value in decimal, and words that mean it.
	of func(time.Time) []string
}

const (
	minutes = iota
	hours
	dayOfMonth
	month
	dayOfWeek
	year
)

// Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html#eb-cron-expressions
var fields = [6]field{
	minutes:    {name: "minutes", high: 59, of: decimal(time.Time.Minute)},
	hours:      {name: "hours", high: 23, of: decimal(time.Time.Hour)},
	dayOfMonth: {name: "day-of-month", low: 1, high: 31, word: regexp.MustCompile(`^(\?|L|([1-9]|[12]\d|3[01])W)$`), of: ofMonth},
	month:      {name: "month", low: 1, high: 12, names: monthNames, of: decimal(func(t time.Time) int { return int(t.Month()) })},
	dayOfWeek:  {name: "day-of-week", low: 1, high: 7, names: dayNames, word: regexp.MustCompile(`^(\?|[1-7]?L|[1-7]#[1-5])$`), of: ofWeek},
	year:       {name: "year", low: 1970, high: lastYear, of: decimal(time.Time.Year)},
}

// lastYear is the last that an expression can name.
const lastYear = 2199

var (
	monthNames = []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	dayNames   = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
)

func decimal(value func(time.Time) int) func(time.Time) []string {
	return func(t time.Time) []string { return []string{strconv.Itoa(value(t))} }
}

// ofMonth knows L for the last day of the month and 15W for the weekday nearest to the 15th within the month.
func ofMonth(day time.Time) []string {
	words := []string{"?", strconv.Itoa(day.Day())}
	last := day.AddDate(0, 1, -day.Day()).Day()
	if day.Day() == last {
		words = append(words, "L")
	}
	for n := max(1, day.Day()-2); n <= min(last, day.Day()+2); n++ {
		if nearestWeekday(day.AddDate(0, 0, n-day.Day()), last) == day.Day() {
			words = append(words, strconv.Itoa(n)+"W")
		}
	}
	return words
}

func nearestWeekday(day time.Time, last int) int {
	switch w := day.Weekday(); {
	case w == time.Saturday && day.Day() == 1:
		return 3
	case w == time.Saturday:
		return day.Day() - 1
	case w == time.Sunday && day.Day() == last:
		return last - 2
	case w == time.Sunday:
		return day.Day() + 1
	}
	return day.Day()
}

// ofWeek knows 2#1 for the first Monday of the month, 2L for the last one, and L for each Saturday.
func ofWeek(day time.Time) []string {
	weekday := strconv.Itoa(int(day.Weekday()) + 1)
	words := []string{"?", weekday, weekday + "#" + strconv.Itoa((day.Day()-1)/7+1)}
	if day.AddDate(0, 0, 7).Month() != day.Month() {
		words = append(words, weekday+"L")
	}
	if day.Weekday() == time.Saturday {
		words = append(words, "L")
	}
	return words
}

// cron holds, for each field, the values and the words that an expression allows.
type cron [len(fields)]map[string]bool

func parseCron(text string) (c cron, err error) {
	parts := strings.Fields(strings.ToUpper(text))
	if len(parts) != len(fields) {
		return c, fmt.Errorf("cron has 6 fields (minutes hours day-of-month month day-of-week year), not %d", len(parts))
	}
	if (parts[dayOfMonth] == "?") == (parts[dayOfWeek] == "?") {
		return c, errors.New("exactly one of day-of-month and day-of-week must be ?")
	}
	for i, f := range fields {
		if c[i], err = f.parse(parts[i]); err != nil {
			return c, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return c, nil
}

// item is a part of a list: *, 5 or 20-2, with or without a step.
var item = regexp.MustCompile(`^(?:\*|(\d{1,4})(?:-(\d{1,4}))?)(?:/(\d{1,4}))?$`)

// parse reads a word or a list of values. A range that ends before it begins goes on from the first value of the field,
// such as 20-2 in the hours.
func (f field) parse(text string) (map[string]bool, error) {
	for i, name := range f.names {
		text = regexp.MustCompile(`\b`+name+`(L?)\b`).ReplaceAllString(text, strconv.Itoa(f.low+i)+"$1")
	}
	if f.word != nil && f.word.MatchString(text) {
		return map[string]bool{text: true}, nil
	}
	values := map[string]bool{}
	for part := range strings.SplitSeq(text, ",") {
		m := item.FindStringSubmatch(part)
		if m == nil {
			return nil, fmt.Errorf("%q is not a value", part)
		}
		from, to, step := number(m[1], f.low), f.high, number(m[3], 1)
		if m[1] != "" && m[3] == "" {
			to = from
		}
		to = number(m[2], to)
		if min(from, to) < f.low || max(from, to, step) > f.high || step < 1 || to < from && f.high == lastYear {
			return nil, fmt.Errorf("%q is outside %d to %d", part, f.low, f.high)
		}
		size := f.high - f.low + 1
		if to < from {
			to += size
		}
		for v := from; v <= to; v += step {
			values[strconv.Itoa(f.low+(v-f.low)%size)] = true
		}
	}
	return values, nil
}

// number is the value of digits, and another when there are none.
func number(digits string, none int) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return none
	}
	return n
}

// allows asks some of the fields.
func (c cron) allows(t time.Time, which ...int) bool {
	return !slices.ContainsFunc(which, func(i int) bool {
		return !slices.ContainsFunc(fields[i].of(t), func(word string) bool { return c[i][word] })
	})
}

// next looks at each day in turn. A time that daylight saving skips is left out, and one that it repeats counts once.
//
// Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
func (c cron) next(t time.Time) time.Time {
	for day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC); day.Year() <= lastYear; day = day.AddDate(0, 0, 1) {
		if !c.allows(day, year, month, dayOfMonth, dayOfWeek) {
			continue
		}
		for minute := range 24 * 60 {
			clock := day.Add(time.Duration(minute) * time.Minute)
			at := time.Date(day.Year(), day.Month(), day.Day(), 0, minute, 0, 0, t.Location())
			if at.After(t) && at.Hour() == clock.Hour() && at.Minute() == clock.Minute() && c.allows(at, hours, minutes) {
				return at
			}
		}
	}
	return time.Time{}
}
