package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/miyabi-society/platform/functions/internal/society"
	"github.com/miyabi-society/platform/migrations"
)

// furnish gives an organization a row in every table that can hold one of its rows. It gives the ids of what was made.
func (f fixture) furnish(t *testing.T) (society.Actor, []uuid.UUID) {
	t.Helper()
	as := f.roomy(t)
	arrange(t, f.db, "UPDATE organizations SET name = 'secret' WHERE id = $1", as.Organization)
	of := &things{fixture: f, t: t, owner: as}
	team := of.team()
	made := f.workThings(t, as, team)
	ids := []uuid.UUID{
		as.Organization, as.Person, team, of.joined(team), of.grant(), of.invitation(), of.apiKey(),
		made.task, made.other, made.worker, made.coordinator, made.repository, made.agent, made.execution,
	}
	f.wait(t, as, society.Task{ID: made.other}, society.Task{ID: made.task}, society.StartToStart)
	if _, err := f.AppendLog(t.Context(), as, made.execution, lines(2), 10); err != nil {
		t.Fatal(err)
	}
	by := as
	by.Request = request("kept", 1)
	f.task(t, by, "secret")
	if err := f.SaveResponse(t.Context(), by, society.SavedResponse{Status: 201, Body: []byte("secret")}); err != nil {
		t.Fatal(err)
	}
	return as, ids
}

// whose says which rows of a table without organization_id are an organization's or its owner's.
var whose = map[string]string{
	"organizations":  "id = '{organization}'",
	"users":          "id = '{person}'",
	"account_log":    "user_id = '{person}'",
	"sessions":       "user_id = '{person}'",
	"refresh_tokens": "session_id IN (SELECT id FROM sessions WHERE user_id = '{person}')",
}

func rowsOf(table string, as society.Actor) string {
	where, own := whose[table]
	if !own {
		where = "organization_id = '{organization}'"
	}
	return strings.NewReplacer("{organization}", as.Organization.String(), "{person}", as.Person.String()).Replace(where)
}

const guarded = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity ORDER BY relname"

// Only the policies stand here: the app's role has every right, and no trigger is in the way.
func TestEachPolicyAloneKeepsOtherTenantsOut(t *testing.T) {
	t.Parallel()
	f := f1(t)
	a, _ := f.furnish(t)
	b, _ := f.furnish(t)
	tables := column(t, f.db, guarded)
	if len(tables) < 22 {
		t.Fatalf("policies guard only %v", tables)
	}
	arrange(t, f.db, "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO miyabi_app")
	enter := fmt.Sprintf("SELECT enter('%s', '%s', 'tasks.read')", b.Organization, b.Person)
	for _, table := range tables {
		arrange(t, f.db, "ALTER TABLE "+table+" DISABLE TRIGGER USER")
		row := column(t, f.db, "SELECT to_jsonb(x)::text FROM "+table+" AS x WHERE "+rowsOf(table, a)+" LIMIT 1")
		if len(row) != 1 {
			t.Errorf("%s holds nothing to protect", table)
			continue
		}
		for _, statement := range []string{
			"SELECT FROM " + table + " WHERE " + rowsOf(table, a),
			"UPDATE " + table + " SET created_at = created_at WHERE " + rowsOf(table, a),
			"DELETE FROM " + table + " WHERE " + rowsOf(table, a),
		} {
			statement = withColumn(t, f, table, statement)
			if tag, err := app(t, f.db, enter, statement); err != nil || tag.RowsAffected() != 0 {
				t.Errorf("%s: %d rows (%v)", statement, tag.RowsAffected(), err)
			}
			if tag, err := app(t, f.db, statement); err != nil || tag.RowsAffected() != 0 {
				t.Errorf("without a tenant: %s: %d rows (%v)", statement, tag.RowsAffected(), err)
			}
		}
		insert := fmt.Sprintf("INSERT INTO %s SELECT (jsonb_populate_record(NULL::%s, '%s')).*", table, table, strings.ReplaceAll(row[0], "'", "''"))
		_, err := app(t, f.db, enter, insert)
		wantKeptOut(t, "insert into "+table, err)
		_, err = app(t, f.db, insert)
		wantKeptOut(t, "without a tenant: insert into "+table, err)
		if len(column(t, f.db, "SELECT policyname::text FROM pg_policies WHERE tablename = $1 AND cmd = 'ALL' AND roles = '{miyabi_app}'", table)) == 0 {
			continue
		}
		column, to, _ := strings.Cut(rowsOf(table, a), " = ")
		_, err = app(t, f.db, enter, fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s", table, column, to, rowsOf(table, b)))
		wantKeptOut(t, "move a row of "+table, err)
	}
}

// withColumn names a column that the table has, where a statement sets one to itself.
func withColumn(t *testing.T, f fixture, table, statement string) string {
	t.Helper()
	first := column(t, f.db, "SELECT attname::text FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum LIMIT 1", table)[0]
	return strings.Replace(statement, "created_at = created_at", first+" = "+first, 1)
}

func wantKeptOut(t *testing.T, what string, err error) {
	t.Helper()
	pg, ok := err.(*pgconn.PgError) //nolint:errorlint // as pgx gives it
	if !ok || pg.Code != insufficientPrivilege || !strings.Contains(pg.Message, "row-level security") {
		t.Errorf("%s: error is %v, want the policy's refusal", what, err)
	}
}

// A row needs an organization that exists, whoever writes it.
func TestEachTenantMustExist(t *testing.T) {
	t.Parallel()
	f := f1(t)
	as, _ := f.furnish(t)
	conn := f.db.Superuser(t)
	references := column(t, f.db, `SELECT conrelid::regclass || ' ' || conname FROM pg_constraint
		WHERE contype = 'f' AND confrelid = 'organizations'::regclass ORDER BY conname`)
	if len(references) < 14 {
		t.Fatalf("only %v refer to organizations", references)
	}
	for _, one := range references {
		table, name, _ := strings.Cut(one, " ")
		tx, err := conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// no other rule is in the way
		_, err = tx.Exec(t.Context(), fmt.Sprintf(`DO $$ DECLARE k record; BEGIN
			FOR k IN SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = '%[1]s'::regclass AND conname <> '%[2]s' LOOP
				EXECUTE format('ALTER TABLE %[1]s DROP CONSTRAINT %%I', k.conname);
			END LOOP;
			ALTER TABLE %[1]s DISABLE TRIGGER USER;
		END $$`, table, name))
		if err != nil {
			t.Fatal(err)
		}
		_, err = tx.Exec(t.Context(), fmt.Sprintf(`INSERT INTO %[1]s SELECT (jsonb_populate_record(x,
			jsonb_build_object('organization_id', gen_random_uuid()))).* FROM %[1]s AS x WHERE organization_id = $1 LIMIT 1`, table), as.Organization)
		wantBroken(t, name, err)
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// arguments are what an attacker hands to a function by the type of its argument, in SQL; %s is an id of the victim's.
var arguments = map[string]string{
	"uuid": "'%s'::uuid", "uuid[]": "ARRAY['%s']::uuid[]", "text": "'cancel'", "text[]": "'{tasks.read}'::text[]", "bytea": "sha256('x')",
	"integer": "1000", "bigint": "NULL::bigint", "boolean": "true", "interval": "interval '1 day'", "jsonb": "'{}'::jsonb",
	"timestamp with time zone": "'infinity'::timestamptz", "timestamp with time zone[]": "ARRAY[now()]",
}

// callable are the functions that the app's role can call by itself: name, then argument as "name type", by line.
const callable = `SELECT p.proname || E'\n' || coalesce((
		SELECT string_agg(coalesce(a.name, '') || ' ' || format_type(a.type, NULL), E'\n' ORDER BY a.number)
		FROM unnest(p.proargtypes::oid[], p.proargnames[1:p.pronargs]) WITH ORDINALITY AS a (type, name, number)
	), '') FROM pg_proc AS p
	WHERE p.pronamespace = 'public'::regnamespace AND has_function_privilege('miyabi_app', p.oid, 'EXECUTE') AND p.prorettype <> 'trigger'::regtype
	ORDER BY p.proname`

// Whoever asks: an attacker who is signed in, in their own organization or in none, calls every function that the app's
// role can call, with the victim's organization and each of the victim's ids. The program says truly who asks; everything
// else is the attacker's.
func TestNoFunctionReachesOverTheTenant(t *testing.T) {
	t.Parallel()
	f := f1(t)
	victim, ids := f.furnish(t)
	attacker, _ := f.furnish(t)
	arrange(t, f.db, "UPDATE organizations SET name = 'own' WHERE id = $1", attacker.Organization)
	for _, table := range []string{"tasks", "workers", "coordinators"} {
		arrange(t, f.db, "ALTER TABLE "+table+" DISABLE TRIGGER USER")
		arrange(t, f.db, "UPDATE "+table+" SET name = 'own' || gen_random_uuid() WHERE organization_id = $1", attacker.Organization)
		arrange(t, f.db, "ALTER TABLE "+table+" ENABLE TRIGGER USER")
	}
	functions := column(t, f.db, callable)
	if len(functions) < 40 {
		t.Fatalf("only %v can be called", functions)
	}
	conn := f.db.Connect(t, migrations.AppRole)
	before := f.everything(t, victim)
	for _, one := range functions {
		parts := strings.Split(one, "\n")
		for _, id := range ids {
			call := attack(t, parts[0], parts[1:], id, victim, attacker)
			for _, begin := range []string{
				"SELECT 1", fmt.Sprintf("SELECT act_as('%s')", attacker.Person),
				fmt.Sprintf("SELECT enter('%s', '%s', 'tasks.update')", attacker.Organization, attacker.Person),
			} {
				if shown := try(t, conn, begin, call); strings.Contains(shown, "secret") {
					t.Errorf("%s; %s shows %s", begin, call, shown)
				}
			}
		}
		if after := f.everything(t, victim); after != before {
			t.Fatalf("%s changed the other organization:\n%s\n%s", parts[0], before, after)
		}
	}
}

// attack is a call of a function with a victim's id for every id but the person who asks.
func attack(t *testing.T, function string, parameters []string, id uuid.UUID, victim, attacker society.Actor) string {
	t.Helper()
	var given []string
	for _, parameter := range parameters {
		name, kind, _ := strings.Cut(parameter, " ")
		if kind == "" {
			continue
		}
		value, known := arguments[kind]
		if !known {
			t.Fatalf("%s takes %s, for which there is no value to try", function, kind)
		}
		use := id
		switch {
		case name == "person" && strings.HasPrefix(function, "enter"), name == "person" && function == "act_as", name == "person" && function == "take_key":
			use = attacker.Person
		case name == "organization":
			use = victim.Organization
		case name == "permission":
			value = "'organization.read'"
		}
		if strings.Contains(value, "%s") {
			value = fmt.Sprintf(value, use)
		}
		given = append(given, value)
	}
	return "SELECT x::text FROM " + function + "(" + strings.Join(given, ", ") + ") AS x"
}

// try runs two statements in a transaction that is committed, and gives what the second one shows.
func try(t *testing.T, conn *pgx.Conn, begin, call string) string {
	t.Helper()
	var shown strings.Builder
	err := pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), begin); err != nil {
			return err
		}
		rows, err := tx.Query(t.Context(), call, pgx.QueryExecModeSimpleProtocol)
		if err != nil {
			return err
		}
		got, err := pgx.CollectRows(rows, pgx.RowTo[*string])
		for _, one := range got {
			shown.WriteString(orEmpty(one))
		}
		return err
	})
	if pg, ok := err.(*pgconn.PgError); ok { //nolint:errorlint // as pgx gives it
		if strings.HasPrefix(pg.Code, "42") && pg.Code != insufficientPrivilege {
			t.Fatalf("%s is no call: %v", call, err)
		}
		_, _ = fmt.Fprintf(&shown, "%v %s %s %s", pg, pg.Detail, pg.Hint, pg.Where)
	}
	return shown.String()
}

// everything is each row of an organization in each table.
func (f fixture) everything(t *testing.T, as society.Actor) string {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), f.db.Config(t, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	rows, err := conn.Query(t.Context(), `SELECT relname::text FROM pg_class AS c WHERE relnamespace = 'public'::regnamespace AND relrowsecurity AND (relname = ANY($1)
		OR EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'organization_id')) ORDER BY relname`, slices.Collect(maps.Keys(whose)))
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, table := range tables {
		var content string
		if err := conn.QueryRow(t.Context(), "SELECT coalesce(string_agg(x::text, E'\n' ORDER BY x::text), '') FROM "+table+" AS x WHERE "+rowsOf(table, as)).Scan(&content); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
		all.WriteString(table + ":\n" + content + "\n")
	}
	return all.String()
}
