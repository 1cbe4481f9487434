package schedule

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestTheNextTimeOfAnExpression(t *testing.T) {
	t.Parallel()
	const from = "2026-11-23 10:07:30" // a Monday
	for _, c := range []struct{ expression, from, zone, want string }{
		{"rate(5 minutes)", from, "UTC", "2026-11-23 10:12:30"},
		{"rate(99999 days)", from, "UTC", "2300-09-07 10:07:30"},
		{"rate(1 minutes)", from, "UTC", "2026-11-23 10:08:30"}, // Scheduler's rates may have either form
		{"rate(1 day)", from, "UTC", "2026-11-24 10:07:30"},
		{"at(2026-11-23T12:00:00)", from, "Asia/Tokyo", "2026-11-23 12:00:00"},
		{"at(2020-01-01T00:00:00)", from, "UTC", ""},
		{"cron(0 12 * * ? *)", from, "UTC", "2026-11-23 12:00:00"},
		{"cron(0 10 * * ? *)", from, "UTC", "2026-11-24 10:00:00"},
		{"cron(5,35 14 * * ? *)", from, "UTC", "2026-11-23 14:05:00"},
		{"cron(0/15 * * * ? *)", from, "UTC", "2026-11-23 10:15:00"},
		{"cron(7 10 * * ? *)", from, "UTC", "2026-11-24 10:07:00"},
		{"cron(15 10 ? * 6L 2022-2030)", from, "UTC", "2026-11-27 10:15:00"},
		{"cron(0 18 ? * MON-FRI *)", "2026-11-27 18:00:00", "UTC", "2026-11-30 18:00:00"},
		{"cron(0 8 1 * ? *)", from, "UTC", "2026-12-01 08:00:00"},
		{"cron(0 8 L * ? *)", "2028-02-01 00:00:00", "UTC", "2028-02-29 08:00:00"},
		{"cron(0 8 L 2 ? *)", from, "UTC", "2027-02-28 08:00:00"},
		{"cron(0 9 ? * 2#1 *)", from, "UTC", "2026-12-07 09:00:00"},
		{"cron(0 9 ? * MON#5 *)", from, "UTC", "2026-11-30 09:00:00"},
		{"cron(0 9 1W * ? *)", "2026-07-31 23:00:00", "UTC", "2026-08-03 09:00:00"},
		{"cron(0 9 15W * ? *)", "2026-11-01 00:00:00", "UTC", "2026-11-16 09:00:00"},
		{"cron(0 9 31W * ? *)", "2026-02-01 00:00:00", "UTC", "2026-03-31 09:00:00"},
		{"cron(0 9 31W 5 ? *)", "2026-02-01 00:00:00", "UTC", "2026-05-29 09:00:00"},
		{"cron(0 0 ? * L *)", from, "UTC", "2026-11-28 00:00:00"},
		{"cron(0 0 1 jan ? 2030)", from, "UTC", "2030-01-01 00:00:00"},
		{"cron(0/30 20-2 ? * MON-FRI *)", "2026-11-27 23:30:00", "UTC", "2026-11-30 00:00:00"}, // the hours go on at midnight of the same days
		{"cron(0/30 20-2 ? * MON-FRI *)", "2026-11-30 02:30:00", "UTC", "2026-11-30 20:00:00"},
		{"cron(0 9 ? * FRI-MON *)", "2026-11-24 00:00:00", "UTC", "2026-11-27 09:00:00"},
		{"cron(0 9 ? * friL *)", from, "UTC", "2026-11-27 09:00:00"},
		{"cron(*/20 * ? NOV-FEB * *)", "2027-02-28 23:40:00", "UTC", "2027-11-01 00:00:00"},
		{"cron(50-10/5 10 * * ? *)", "2026-11-23 10:11:00", "UTC", "2026-11-23 10:50:00"},
		{"cron(0 0 30 2 ? *)", from, "UTC", ""},
		{"cron(0 0 1 1 ? 2020)", from, "UTC", ""},
		{"cron(30 2 * * ? *)", "2026-03-07 12:00:00", "America/New_York", "2026-03-09 02:30:00"}, // 02:30 does not exist on the 8th
		{"cron(30 1 * * ? *)", "2026-11-01 01:30:00", "America/New_York", "2026-11-02 01:30:00"}, // 01:30 comes twice on the 1st
	} {
		z := zone(t, c.zone)
		begin, err := time.ParseInLocation(time.DateTime, c.from, z)
		if err != nil {
			t.Fatal(err)
		}
		e, err := Spec{Text: c.expression, Zone: z, Start: begin}.Parse()
		if err != nil {
			t.Error(err)
			continue
		}
		got := ""
		if next := e(begin); !next.IsZero() {
			got = next.In(z).Format(time.DateTime)
		}
		if got != c.want {
			t.Errorf("%s after %s is %q, want %q", c.expression, c.from, got, c.want)
		}
	}
}

func TestAWindowBoundsRecurringSchedules(t *testing.T) {
	t.Parallel()
	const start, end = "2026-11-23T12:00:00Z", "2026-11-23T13:00:00Z"
	for _, c := range []struct{ expression, start, end, from, want string }{
		{"rate(20 minutes)", start, "", "2026-11-20T00:00:00Z", "2026-11-23T12:00:00Z"}, // StartDate is the first occurrence
		{"rate(20 minutes)", start, "", "2026-11-23T12:00:00Z", "2026-11-23T12:20:00Z"},
		{"rate(20 minutes)", start, "", "2026-11-23T12:59:59Z", "2026-11-23T13:00:00Z"},
		{"rate(20 minutes)", "1500-01-01T00:10:00.5Z", "", "2026-11-23T12:40:00Z", "2026-11-23T12:50:00Z"},
		{"rate(20 minutes)", "", "", "2026-11-23T12:45:00Z", "2026-11-23T13:00:00Z"},
		{"rate(20 minutes)", start, end, "2026-11-23T12:40:00Z", "2026-11-23T13:00:00Z"},
		{"rate(20 minutes)", start, end, "2026-11-23T13:00:00Z", ""},
		{"cron(0 * * * ? *)", start, end, "2026-11-20T00:00:00Z", "2026-11-23T12:00:00Z"},
		{"cron(0 * * * ? *)", start, end, "2026-11-23T12:00:00Z", "2026-11-23T13:00:00Z"},
		{"cron(0 * * * ? *)", start, end, "2026-11-23T13:00:00Z", ""},
		{"cron(0 * * * ? *)", "", "", "2026-11-23T13:00:00Z", "2026-11-23T14:00:00Z"},
		{"at(2026-11-25T00:00:00)", start, end, "2026-11-23T13:00:00Z", "2026-11-25T00:00:00Z"}, // ignored for one-time schedules
	} {
		e, err := Spec{Text: c.expression, Zone: time.UTC, Start: moment(t, c.start), End: moment(t, c.end)}.Parse()
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if next := e(moment(t, c.from)); !next.IsZero() {
			got = next.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%s from %q to %q after %s is %q, want %q", c.expression, c.start, c.end, c.from, got, c.want)
		}
	}
}

// moment is the zero time for "".
func moment(t *testing.T, text string) time.Time {
	t.Helper()
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestExpressionsThatAreRefused(t *testing.T) {
	t.Parallel()
	for expression, part := range map[string]string{
		"":                            "neither rate",
		"every day":                   "neither rate",
		"rate(0 minutes)":             "1 to 99999",
		"rate(5 weeks)":               "minutes, hours or days",
		"rate(5minutes)":              "minutes, hours or days",
		"at(tomorrow)":                "at(2030-12-31T23:59:00)",
		"cron(* * * * *)":             "6 fields",
		"cron(0 0 * * * *)":           "exactly one",
		"cron(0 0 ? * ? *)":           "exactly one",
		"cron(60 0 * * ? *)":          "minutes: \"60\" is outside 0 to 59",
		"cron(0 20-25 * * ? *)":       "hours: \"20-25\" is outside 0 to 23",
		"cron(0/0 0 * * ? *)":         "\"0/0\" is outside 0 to 59",
		"cron(0 0 * * ? 2030-2026)":   "year: \"2030-2026\" is outside",
		"cron(0 0 ? * 3#1,6#3 *)":     "day-of-week",
		"cron(0 0 ? * MONTUE *)":      "day-of-week",
		"cron(7 20 * * NOT *)":        "exactly one",
		"cron(0 dummy ? * MON-FRI *)": "hours",
		"cron()":                      "6 fields",
		"rate()":                      "minutes, hours or days",
		"rate(10)":                    "minutes, hours or days",
		"rate(10 seconds)":            "minutes, hours or days",
		"rate(10 minutess)":           "minutes, hours or days",
		"rate(-10 minutes)":           "minutes, hours or days",
		"rate( 10 minutes )":          "minutes, hours or days",
		" rate(10 minutes)":           "neither rate",
		"at(2021-12-31T23:59:59Z)":    "at(2030-12-31T23:59:00)",
		"at(2021-12-31T23:59:59.5)":   "at(2030-12-31T23:59:00)",
		"at(2021-12-31)":              "at(2030-12-31T23:59:00)",
		"cron(x 0 * * ? *)":           "\"X\" is not a value",
		"cron(0 0 32 * ? *)":          "day-of-month",
		"cron(0 0 0W * ? *)":          "day-of-month",
		"cron(0 0 ? * MON#6 *)":       "day-of-week: \"2#6\"",
		"cron(0 0 ? * 8 *)":           "day-of-week",
		"cron(0 0 ? * MON-TUEL *)":    "\"2-3L\" is not a value",
		"cron(0 0 * FOO ? *)":         "month",
		"cron(0 0 * * ? 2026-20000)":  "year",
		"cron(0 0 * * ? *) or so":     "neither rate",
	} {
		if _, err := (Spec{Text: expression, Zone: time.UTC}).Parse(); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: error is %v, want one with %q", expression, err, part)
		}
	}
}

func TestARunnerRunsUntilItIsClosed(t *testing.T) {
	t.Parallel()
	r := NewRunner()
	var runs atomic.Int64
	r.Start(Entry{Name: "often", When: func(t time.Time) time.Time { return t.Add(5 * time.Millisecond) }, Run: func(time.Time) { runs.Add(1) }})
	never, err := Spec{Text: "at(2020-01-01T00:00:00)", Zone: time.UTC}.Parse()
	if err != nil {
		t.Fatal(err)
	}
	r.Start(Entry{Name: "never", When: never, Run: func(time.Time) { t.Error("a schedule in the past ran") }})
	for deadline := time.Now().Add(10 * time.Second); runs.Load() < 3; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not run")
		}
	}
	s := r.States()
	if len(s) != 2 || s[0].Name != "often" || s[0].Last.IsZero() || !s[0].Next.After(s[0].Last) {
		t.Errorf("states are %+v", s)
	}
	r.Close()
	after := runs.Load()
	time.Sleep(20 * time.Millisecond)
	if runs.Load() != after {
		t.Error("it runs on after Close")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("cron(0 0 1,2-5/2 JAN ? *)")
	f.Add("rate(5 minutes)")
	f.Add("cron(0 0 ? * MON#2 *)")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Spec{Text: text, Zone: time.UTC}.Parse()
		if err != nil {
			return
		}
		now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
		if next := e(now); !next.IsZero() && !next.After(now) {
			t.Errorf("%q: next is %s", text, next)
		}
	})
}
