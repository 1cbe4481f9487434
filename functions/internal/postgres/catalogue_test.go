package postgres

import (
	"context"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/postgrestest"
	"github.com/miyabi-society/platform/functions/internal/society"
	"github.com/miyabi-society/platform/infra/local/rds"
	"github.com/miyabi-society/platform/migrations"
)

// faults finds what is wrong with the tenancy of a database by its catalogue. Each query gives one line for each fault.
var faults = map[string]string{
	"organization_id can be NULL": `SELECT c.relname FROM pg_attribute AS a INNER JOIN pg_class AS c ON c.oid = a.attrelid
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'organization_id' AND NOT a.attnotnull`,
	"no FORCE ROW LEVEL SECURITY": `SELECT c.relname FROM pg_class AS c
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
			AND c.relname NOT IN ('goose_db_version', 'permissions', 'plans', 'role_permissions', 'team_role_permissions')`,
	"not exactly one policy of the app role with the tenant in USING and WITH CHECK": `SELECT c.relname
		FROM pg_attribute AS a INNER JOIN pg_class AS c ON c.oid = a.attrelid
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'organization_id' AND (
			(SELECT count(*) FROM pg_policies AS p WHERE p.tablename = c.relname AND p.roles && '{miyabi_app,public}') <> 1
			OR NOT EXISTS (SELECT FROM pg_policies AS p WHERE p.tablename = c.relname AND p.roles = '{miyabi_app}' AND p.cmd = 'ALL'
				AND p.qual = '(organization_id = current_organization())' AND p.with_check = p.qual))`,
	"no key that starts with organization_id": `SELECT c.relname FROM pg_attribute AS a INNER JOIN pg_class AS c ON c.oid = a.attrelid
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'organization_id'
			AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisunique AND i.indnkeyatts > 1 AND i.indkey[0] = a.attnum)`,
	"a unique key without organization_id": `SELECT i.indexrelid::regclass::text FROM pg_attribute AS a INNER JOIN pg_class AS c ON c.oid = a.attrelid
		INNER JOIN pg_index AS i ON i.indrelid = c.oid
		WHERE c.relnamespace = 'public'::regnamespace AND a.attname = 'organization_id' AND i.indisunique AND NOT a.attnum = ANY(i.indkey)`,
	"a foreign key between tenant tables without organization_id": `SELECT k.conname FROM pg_constraint AS k
		INNER JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attname = 'organization_id'
		INNER JOIN pg_attribute AS b ON b.attrelid = k.confrelid AND b.attname = 'organization_id'
		WHERE k.contype = 'f' AND NOT EXISTS (SELECT FROM unnest(k.conkey, k.confkey) AS pair (own, other) WHERE pair.own = a.attnum AND pair.other = b.attnum)`,
	"a time without a zone": `SELECT c.relname || '.' || a.attname FROM pg_attribute AS a INNER JOIN pg_class AS c ON c.oid = a.attrelid
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.atttypid = 'timestamp'::regtype AND c.relname <> 'goose_db_version'`,
	"SECURITY DEFINER without a pinned search_path, open to everyone, or not owned by the gate": `SELECT p.proname FROM pg_proc AS p
		WHERE p.pronamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema') AND p.prosecdef AND (
			NOT coalesce(p.proconfig, '{}') @> ARRAY['search_path=pg_catalog, public, pg_temp']
			OR p.proowner::regrole::text <> 'miyabi_gate' OR has_function_privilege('public', p.oid, 'EXECUTE'))`,
	"a view that does not obey its reader's policies": `SELECT c.relname FROM pg_class AS c
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v' AND NOT coalesce(c.reloptions, '{}') @> '{security_invoker=true}'`,
	"a relation that no policy can guard": `SELECT c.relname FROM pg_class AS c
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('m', 'f')`,
	"a policy of the app role on something else than the tenant and the person": `SELECT p.tablename || '.' || p.policyname FROM pg_policies AS p
		WHERE p.roles <> '{miyabi_gate}' AND (p.roles <> '{miyabi_app}' OR CASE p.tablename
			WHEN 'organizations' THEN (p.qual, p.with_check) IS DISTINCT FROM ('(id = current_organization())', '(id = current_organization())')
			WHEN 'account_log' THEN (p.qual, p.with_check) IS DISTINCT FROM ('(user_id = current_person())', '(user_id = current_person())')
			WHEN 'users' THEN NOT coalesce(p.qual = '(id = current_person())' AND p.with_check = p.qual, false)
				AND NOT (p.policyname = 'fellow' AND p.cmd = 'SELECT' AND p.qual ~ 'm.organization_id = current_organization\(\)\) AND \(m.user_id = users.id\)')
			ELSE (p.qual, p.with_check) IS DISTINCT FROM ('(organization_id = current_organization())', '(organization_id = current_organization())')
		END)`,
	"a right that policies do not bound, or everybody's": `SELECT g.table_name || ' ' || g.privilege_type FROM information_schema.role_table_grants AS g
		WHERE g.table_schema NOT IN ('pg_catalog', 'information_schema')
			AND (g.grantee = 'PUBLIC' OR g.grantee IN ('miyabi_app', 'miyabi_gate') AND g.privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER'))`,
	"a log that can be rewritten": `SELECT c.relname FROM pg_class AS c, unnest('{miyabi_app,miyabi_gate}'::text[]) AS r (role)
		WHERE c.oid IN ('audit_log'::regclass, 'account_log'::regclass)
			AND (has_table_privilege(r.role, c.oid, 'DELETE') OR has_any_column_privilege(r.role, c.oid, 'UPDATE'))`,
	"a role that the app's is a member of": `SELECT m.roleid::regrole::text FROM pg_auth_members AS m
		WHERE m.member = 'miyabi_app'::regrole AND m.roleid::regrole::text <> 'rds_iam'`,
}

// definers are the functions that run with the rights of the gate. A new one needs its reason in the comment above it.
var definers = strings.Fields(`answer_invitation authenticate_key bind_invitation found_organization my_invitations my_organizations rotate_session
	sign_in sign_out sweep_activity sweep_execution_logs sweep_idempotency_keys sweep_invitations sweep_sessions`)

func findFaults(t *testing.T, db *postgrestest.Database) []string {
	t.Helper()
	var found []string
	for what, query := range faults {
		for _, name := range column(t, db, query) {
			found = append(found, name+": "+what)
		}
	}
	return found
}

func TestEveryTableKeepsTenantsApart(t *testing.T) {
	t.Parallel()
	for _, fault := range findFaults(t, server.Migrated(t)) {
		t.Error(fault)
	}
}

func TestTheCatalogueWalkSeesEachFault(t *testing.T) {
	t.Parallel()
	for statement, fault := range map[string]string{
		"CREATE TABLE x (id uuid, organization_id uuid, UNIQUE (organization_id, id))":                                               "organization_id can be NULL",
		"ALTER TABLE audit_log DROP CONSTRAINT audit_log_pkey, ALTER organization_id DROP NOT NULL":                                  "organization_id can be NULL",
		"ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY":                                                                              "no FORCE ROW LEVEL SECURITY",
		"ALTER TABLE tasks DISABLE ROW LEVEL SECURITY":                                                                               "no FORCE ROW LEVEL SECURITY",
		"ALTER TABLE sessions NO FORCE ROW LEVEL SECURITY":                                                                           "no FORCE ROW LEVEL SECURITY",
		"CREATE POLICY open ON tasks TO miyabi_app USING (true)":                                                                     "not exactly one policy",
		"DROP POLICY tenant ON tasks":                                                                                                "not exactly one policy",
		"ALTER POLICY tenant ON tasks WITH CHECK (true)":                                                                             "not exactly one policy",
		"ALTER POLICY tenant ON tasks USING (true)":                                                                                  "not exactly one policy",
		"ALTER POLICY tenant ON tasks TO public":                                                                                     "not exactly one policy",
		"DROP POLICY tenant ON tasks; CREATE POLICY tenant ON tasks TO miyabi_app USING (organization_id = current_organization())":  "not exactly one policy",
		"ALTER POLICY tenant ON organizations USING (true)":                                                                          "a policy of the app role on something else",
		"ALTER POLICY oneself ON users WITH CHECK (true)":                                                                            "a policy of the app role on something else",
		"CREATE POLICY all_of_them ON sessions TO public USING (true)":                                                               "a policy of the app role on something else",
		"ALTER POLICY fellow ON users USING (true)":                                                                                  "a policy of the app role on something else",
		"CREATE TABLE x (id uuid PRIMARY KEY, organization_id uuid NOT NULL)":                                                        "no key that starts with organization_id",
		"CREATE UNIQUE INDEX x ON tasks (id)":                                                                                        "a unique key without organization_id",
		"ALTER TABLE organization_members ADD UNIQUE (user_id), ADD FOREIGN KEY (user_id) REFERENCES organization_members (user_id)": "a foreign key between tenant tables",
		"ALTER TABLE tasks ADD x uuid, ADD FOREIGN KEY (x, organization_id) REFERENCES teams (organization_id, id)":                  "a foreign key between tenant tables",
		"ALTER TABLE tasks ADD done_at timestamp":                                                                                    "a time without a zone",
		"CREATE FUNCTION x() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 1":                                                     "SECURITY DEFINER",
		"CREATE SCHEMA aside; CREATE FUNCTION aside.x() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 1":                          "SECURITY DEFINER",
		"ALTER FUNCTION sign_out(bytea) RESET search_path":                                                                           "SECURITY DEFINER",
		"GRANT EXECUTE ON FUNCTION sign_out(bytea) TO public":                                                                        "SECURITY DEFINER",
		"CREATE VIEW x AS SELECT id FROM tasks":                                                                                      "a view",
		"CREATE MATERIALIZED VIEW x AS SELECT id FROM tasks":                                                                         "a relation that no policy can guard",
		"GRANT TRUNCATE ON tasks TO miyabi_app":                                                                                      "a right that policies do not bound",
		"GRANT SELECT ON plans TO public":                                                                                            "a right that policies do not bound",
		"GRANT UPDATE (before) ON audit_log TO miyabi_app":                                                                           "a log that can be rewritten",
		"GRANT DELETE ON audit_log TO miyabi_gate":                                                                                   "a log that can be rewritten",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			db := server.Migrated(t)
			// the gate's functions may be changed by who is a member of its role
			if _, err := db.Superuser(t).Exec(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
			if found := findFaults(t, db); !slices.ContainsFunc(found, func(s string) bool { return strings.Contains(s, fault) }) {
				t.Errorf("%s: found only %v", statement, found)
			}
		})
	}
}

// A database's own roles are the server's: this one is changed and put back within a transaction.
func TestTheCatalogueWalkSeesARoleOfTheApps(t *testing.T) {
	t.Parallel()
	tx, err := server.Migrated(t).Superuser(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	var found string
	if _, err := tx.Exec(t.Context(), "GRANT miyabi_gate TO miyabi_app"); err != nil {
		t.Fatal(err)
	}
	if err := tx.QueryRow(t.Context(), faults["a role that the app's is a member of"]).Scan(&found); err != nil || found != "miyabi_gate" {
		t.Errorf("found %q (%v)", found, err)
	}
}

var definer = regexp.MustCompile(`(?m)^(?:-- .*\n)*?CREATE (?:OR REPLACE )?FUNCTION (\w+)\((?:[^$]*?)SECURITY DEFINER`)

// The functions that pass the policies are few, and the comment above each says why it must.
func TestEachFunctionThatPassesThePoliciesSaysWhy(t *testing.T) {
	t.Parallel()
	names := column(t, server.Migrated(t), "SELECT proname::text FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace ORDER BY proname")
	if !slices.Equal(names, definers) {
		t.Errorf("the functions are %v, want %v", names, definers)
	}
	files, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := migrations.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		for _, at := range definer.FindAllStringSubmatchIndex(up, -1) {
			comment := strings.TrimSuffix(up[:at[2]], "-- +goose StatementBegin\n")
			above := comment[strings.LastIndex(comment, "\n\n")+1:]
			if !strings.Contains(above, "-- SECURITY DEFINER: ") {
				t.Errorf("%s: %s does not say why it is SECURITY DEFINER", name, up[at[2]:at[3]])
			}
		}
	}
}

func TestSQLAndGoAgreeOnThePermissions(t *testing.T) {
	t.Parallel()
	var want []string
	for _, one := range society.Permissions() {
		want = append(want, string(one))
	}
	for role, held := range society.RolePermissions() {
		for _, one := range held {
			want = append(want, fmt.Sprintf("%s %s", role, one))
		}
	}
	for role, held := range society.TeamRolePermissions() {
		for _, one := range held {
			want = append(want, fmt.Sprintf("in a team %s %s", role, one))
		}
	}
	got := column(t, server.Migrated(t), `SELECT code FROM permissions UNION ALL SELECT role || ' ' || permission FROM role_permissions
		UNION ALL SELECT 'in a team ' || role || ' ' || permission FROM team_role_permissions`)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("SQL has %v, Go has %v", got, want)
	}
}

// column is what a query of one column gives the superuser.
func column(t *testing.T, db *postgrestest.Database, query string, args ...any) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.URL(rds.Superuser))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	rows, err := conn.Query(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return got
}
