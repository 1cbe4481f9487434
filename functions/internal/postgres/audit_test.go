package postgres

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// history is what the audit log holds of an organization, oldest first, as "action before after".
func (f fixture) history(t *testing.T, organization uuid.UUID) []string {
	t.Helper()
	return column(t, f.db, "SELECT concat_ws(' ', action, before, after) FROM audit_log WHERE organization_id = $1 ORDER BY id", organization)
}

func TestFoundingAndCreatingLeaveAuditRows(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		task := f.task(t, as, "書く")
		page, err := f.AuditLog(t.Context(), as, society.AuditFilter{}, society.PageRequest{Limit: 10})
		if err != nil || len(page.Items) != 2 {
			t.Fatalf("the log holds %v (%v)", page.Items, err)
		}
		made, founded := page.Items[0], page.Items[1]
		if founded.Action != "organization.created" || founded.Target != as.Organization || founded.Person != as.Person || founded.Before != nil {
			t.Errorf("the first entry is %+v", founded)
		}
		var after map[string]any
		if err := json.Unmarshal(made.After, &after); err != nil {
			t.Fatal(err)
		}
		if made.Action != "task.created" || made.TargetType != "task" || made.Target != task.ID || made.Key != uuid.Nil || after["name"] != "書く" || after["id"] != nil {
			t.Errorf("the last entry is %+v", made)
		}
		if !made.At.Equal(task.CreatedAt) {
			t.Errorf("the entry is of %v, the task of %v", made.At, task.CreatedAt)
		}
	})
}

func TestTheAuditLogComesNewestFirstPageByPageAndByTargetAndPerson(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		other := f.member(t, as, society.Admin, "active")
		mine, others := f.task(t, as, "mine"), f.task(t, other, "others")
		for want, filter := range map[string]society.AuditFilter{
			fmt.Sprint(others.ID, mine.ID, as.Organization): {},
			fmt.Sprint(mine.ID):                             {Target: mine.ID},
			fmt.Sprint(others.ID):                           {Person: other.Person},
			fmt.Sprint(mine.ID, as.Organization):            {Person: as.Person},
			"":                                              {Target: mine.ID, Person: other.Person},
		} {
			var got []any
			for cursor, first := "", true; first || cursor != ""; first = false {
				page, err := f.AuditLog(t.Context(), as, filter, society.PageRequest{Limit: 1, Cursor: cursor})
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range page.Items {
					got = append(got, e.Target)
				}
				cursor = page.Next
			}
			if fmt.Sprint(got...) != want {
				t.Errorf("%+v gives %v, want %s", filter, got, want)
			}
		}
		for _, cursor := range []string{"!", "AAAA", encodeCursor(uuid.Nil, []byte("more"))} {
			_, err := f.AuditLog(t.Context(), as, society.AuditFilter{}, society.PageRequest{Limit: 1, Cursor: cursor})
			wantInvalid(t, err, "cursor")
		}
	})
}

func TestTheAuditFunctionKeepsWhatDiffers(t *testing.T) {
	t.Parallel()
	db := server.Migrated(t)
	f := fixture{Store: New(newPool(t, db, pgx.QueryExecModeExec)), db: db}
	as := f.organization(t)
	enter := fmt.Sprintf("SELECT enter('%s', '%s', 'tasks.read')", as.Organization, as.Person)
	for states, want := range map[string]string{
		`'{"a": 1, "b": 2}', '{"a": 1, "b": 3}'`:                  `thing.changed {"b": 2} {"b": 3}`,
		`'{"a": 1}', '{"a": null}'`:                               `thing.changed {"a": 1} {"a": null}`,
		`'{"a": 1}', '{"a": 1, "b": 2}'`:                          `thing.changed {"b": null} {"b": 2}`,
		`NULL, '{"id": 1, "a": 1, "b": null, "created_at": "x"}'`: `thing.changed {"a": 1}`,
		`'{"a": 1, "b": null}', NULL`:                             `thing.changed {"a": 1}`,
		`'{"a": 1}', '{"a": 1, "updated_at": "later"}'`:           ``,
		`NULL, NULL`: `thing.changed`,
	} {
		before := len(f.history(t, as.Organization))
		if _, err := app(t, db, enter, "SELECT audit('thing.changed', 'thing', '"+uuid.NewString()+"', "+states+")"); err != nil {
			t.Errorf("%s: %v", states, err)
		}
		if got := strings.Join(f.history(t, as.Organization)[before:], "\n"); got != want {
			t.Errorf("%s leaves %q, want %q", states, got, want)
		}
	}
}

func TestTheAppRoleCanOnlyAppendToTheAuditLogAsItself(t *testing.T) {
	t.Parallel()
	db := server.Migrated(t)
	f := fixture{Store: New(newPool(t, db, pgx.QueryExecModeExec)), db: db}
	as := f.organization(t)
	enter := fmt.Sprintf("SELECT enter('%s', '%s', 'tasks.read')", as.Organization, as.Person)
	for what, statement := range map[string]string{
		"change an entry":           "UPDATE audit_log SET action = 'a.b'",
		"remove an entry":           "DELETE FROM audit_log",
		"empty the log":             "TRUNCATE audit_log",
		"write as somebody else":    "INSERT INTO audit_log (person_id, action, target_type, target_id) VALUES (gen_random_uuid(), 'a.b', 'a', gen_random_uuid())",
		"write into another tenant": "INSERT INTO audit_log (organization_id, action, target_type, target_id) VALUES (gen_random_uuid(), 'a.b', 'a', gen_random_uuid())",
		"write at another time":     "INSERT INTO audit_log (created_at, action, target_type, target_id) VALUES (now(), 'a.b', 'a', gen_random_uuid())",
		"write as a key":            "INSERT INTO audit_log (api_key_id, action, target_type, target_id) VALUES (gen_random_uuid(), 'a.b', 'a', gen_random_uuid())",
		"write an account's log":    "INSERT INTO account_log (user_id, action, session_id) VALUES (current_person(), 'session.ended', gen_random_uuid())",
		"change an account's log":   "UPDATE account_log SET action = 'session.ended'",
		"remove an account's log":   "DELETE FROM account_log",
	} {
		_, err := app(t, db, enter, statement)
		wantState(t, what, err, insufficientPrivilege)
	}
	for what, statement := range map[string]string{
		"a malformed action":      "SELECT audit('created', 'task', gen_random_uuid(), NULL, NULL)",
		"a malformed target type": "SELECT audit('task.created', 'a task', gen_random_uuid(), NULL, NULL)",
		"a before of no fields":   "INSERT INTO audit_log (action, target_type, target_id, before) VALUES ('a.b', 'a', gen_random_uuid(), '1')",
		"an after of no fields":   "INSERT INTO audit_log (action, target_type, target_id, after) VALUES ('a.b', 'a', gen_random_uuid(), '[]')",
	} {
		_, err := app(t, db, enter, statement)
		wantState(t, what, err, checkViolation)
	}
	_, err := app(t, db, "SELECT audit('task.created', 'task', gen_random_uuid(), NULL, NULL)")
	wantState(t, "without a tenant", err, insufficientPrivilege)
}

func TestAPersonSeesTheLogOfTheirOwnSignIns(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		first, second := token(t), token(t)
		in, err := f.SignIn(t.Context(), account(-20), first)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Rotate(t.Context(), first, second); err != nil {
			t.Fatal(err)
		}
		_, err = f.Rotate(t.Context(), first, second)
		wantError(t, err, society.ErrUnauthenticated)
		third := token(t)
		if _, err := f.SignIn(t.Context(), account(-20), third); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := f.SignOut(t.Context(), third); err != nil {
				t.Fatal(err)
			}
		}
		stranger := f.person(t)
		for person, want := range map[uuid.UUID]string{
			in.User:  "[session.started session.token_reused session.started session.ended]",
			stranger: "[session.started]",
		} {
			var got []string
			err := f.actAs(t.Context(), person, func(b *pgx.Batch) {
				b.Queue("SELECT action FROM account_log ORDER BY id").Query(many(&got, pgx.RowTo[string]))
			})
			if err != nil || fmt.Sprint(got) != want {
				t.Errorf("%v reads %v (%v), want %s", person, got, err, want)
			}
		}
	})
}

func TestKeysThatTheDatabaseMakesGrow(t *testing.T) {
	t.Parallel()
	var grow bool
	var version, variant int
	err := server.Migrated(t).Superuser(t).QueryRow(t.Context(), `WITH made AS (SELECT i, new_id() AS id FROM generate_series(1, 10000) AS i)
		SELECT (SELECT bool_and(ordered) FROM (SELECT substring(id::text FOR 18) >= lag(substring(id::text FOR 18)) OVER (ORDER BY i) AS ordered FROM made) AS o),
			get_byte(uuid_send(id), 6) >> 4, get_byte(uuid_send(id), 8) >> 6 FROM made LIMIT 1`).Scan(&grow, &version, &variant)
	if err != nil || !grow || version != 7 || variant != 2 {
		t.Errorf("growing: %v, version %d, variant %d (%v)", grow, version, variant, err)
	}
}
