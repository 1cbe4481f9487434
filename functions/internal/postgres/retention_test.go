package postgres

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
	"github.com/miyabi-society/platform/migrations"
)

// sweepAll sweeps in batches of three until nothing is left, and gives how many rows went.
func (f fixture) sweepAll(t *testing.T, what society.Passing, before time.Time) (total int64) {
	t.Helper()
	for {
		n, err := f.Sweep(t.Context(), what, before, 3)
		if err != nil || n > 3 {
			t.Fatalf("swept %d of %s (%v)", n, what, err)
		}
		if n == 0 {
			return total
		}
		total += n
	}
}

// left counts the rows of a table.
func (f fixture) left(t *testing.T, table string) string {
	t.Helper()
	return column(t, f.db, "SELECT count(*)::text FROM "+table)[0]
}

func TestRetentionTakesTheOldestOfAllOrganizations(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		now := time.Now()
		past := fixture{Store: f.At(func() time.Time { return now }), db: f.db}
		for age := range 4 {
			now = time.Now().AddDate(0, 0, -10*age)
			as := past.organization(t)
			if _, err := past.AppendLog(t.Context(), as, past.running(t, as).ID, lines(2), 10); err != nil {
				t.Fatal(err)
			}
		}
		for _, what := range []society.Passing{society.PassingLogs, society.PassingActivity} {
			total := f.sweepAll(t, what, time.Now().AddDate(0, 0, -15))
			if left := f.left(t, string(what)); total != 4 || left != "4" {
				t.Errorf("swept %d of %s, left %v", total, what, left)
			}
			if n := f.sweepAll(t, what, time.Now().AddDate(1, 0, 0)); n != 2 {
				t.Errorf("asked for all of %s it swept %d, want what is older than a day", what, n)
			}
		}
	})
}

// aged moves every row of a table by some days into the past.
func (f fixture) aged(t *testing.T, days int, table string, columns ...string) {
	t.Helper()
	for _, one := range columns {
		arrange(t, f.db, fmt.Sprintf("UPDATE %s SET %s = %s - make_interval(days => $1)", table, one, one), days)
	}
}

func TestRetentionForgetsSignInsThatNobodyCanUse(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		for range 4 {
			f.person(t)
		}
		f.aged(t, 100, "refresh_tokens", "expires_at")
		old, next := token(t), token(t)
		if _, err := f.SignIn(t.Context(), society.GitHubAccount{ID: accounts.Add(1), Login: "rin", Name: "凛"}, old); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Rotate(t.Context(), old, next); err != nil {
			t.Fatal(err)
		}
		arrange(t, f.db, "UPDATE refresh_tokens SET expires_at = now() - interval '50 days' WHERE hash = $1", old[:])
		if n := f.sweepAll(t, society.PassingSessions, time.Now().AddDate(0, 0, -60)); n != 4 || f.left(t, "sessions") != "1" {
			t.Errorf("swept %d tokens, left %s families", n, f.left(t, "sessions"))
		}
		if n := f.sweepAll(t, society.PassingSessions, time.Now().AddDate(1, 0, 0)); n != 1 {
			t.Errorf("asked for all it swept %d tokens, want the expired one", n)
		}
		if _, err := f.Rotate(t.Context(), next, token(t)); err != nil {
			t.Errorf("the sign-in that is in use: %v", err)
		}
	})
}

func TestRetentionForgetsExpiredKeysAndInvitations(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		for i := range 5 {
			as := f.organization(t)
			f.invite(t, as, fmt.Sprintf("guest-%d", i), society.Member)
			as.Request = request("one", 1)
			f.task(t, as, "x")
			if i < 4 {
				f.aged(t, 10, "idempotency_keys", "created_at", "expires_at")
				f.aged(t, 10, "invitations", "created_at", "expires_at")
			}
		}
		for _, what := range []society.Passing{society.PassingIdempotencyKeys, society.PassingInvitations} {
			if n := f.sweepAll(t, what, time.Now().AddDate(0, 0, -20)); n != 2 || f.left(t, string(what)) != "3" {
				t.Errorf("swept %d of %s, left %s", n, what, f.left(t, string(what)))
			}
			if n := f.sweepAll(t, what, time.Now().AddDate(1, 0, 0)); n != 2 {
				t.Errorf("asked for all of %s it swept %d, want the expired ones", what, n)
			}
		}
	})
}

func TestTwoSweepsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	db := server.Migrated(t)
	f := fixture{Store: New(newPool(t, db, pgx.QueryExecModeExec)), db: db}
	f.person(t)
	f.aged(t, 100, "refresh_tokens", "expires_at")
	first := db.Connect(t, migrations.AppRole)
	tx, err := first.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), sweeps[society.PassingActivity], time.Now(), 1); err != nil {
		t.Fatal(err)
	}
	for what := range sweeps {
		if n, err := f.Sweep(t.Context(), what, time.Now(), 10); n != 0 || err != nil {
			t.Errorf("a second sweep of %s removed %d (%v)", what, n, err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := f.sweepAll(t, society.PassingSessions, time.Now()); n != 1 {
		t.Errorf("after the first one %d went", n)
	}
}

func TestASweepThatIsNotAllowedSaysSo(t *testing.T) {
	t.Parallel()
	db := server.Migrated(t)
	f := fixture{Store: New(newPool(t, db, pgx.QueryExecModeExec)), db: db}
	arrange(t, db, "REVOKE EXECUTE ON FUNCTION sweep_activity FROM "+migrations.AppRole)
	if _, err := f.Sweep(t.Context(), society.PassingActivity, time.Now(), 1); err == nil {
		t.Error("swept without the right to")
	}
}
