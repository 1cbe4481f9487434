package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/postgrestest"
	"github.com/miyabi-society/platform/functions/internal/society"
	"github.com/miyabi-society/platform/infra/local/rds"
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
		WHERE k.contype = 'f' AND NOT (a.attnum = ANY(k.conkey) AND b.attnum = ANY(k.confkey))`,
	"a time without a zone": `SELECT c.relname || '.' || a.attname FROM pg_attribute AS a INNER JOIN pg_class AS c ON c.oid = a.attrelid
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.atttypid = 'timestamp'::regtype AND c.relname <> 'goose_db_version'`,
	"SECURITY DEFINER without a pinned search_path, open to everyone, or not owned by the gate": `SELECT p.proname FROM pg_proc AS p
		WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef AND (
			NOT coalesce(p.proconfig, '{}') @> ARRAY['search_path=pg_catalog, public, pg_temp']
			OR p.proowner::regrole::text <> 'miyabi_gate' OR has_function_privilege('public', p.oid, 'EXECUTE'))`,
	"a view that does not obey its reader's policies": `SELECT c.relname FROM pg_class AS c
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v' AND NOT coalesce(c.reloptions, '{}') @> '{security_invoker=true}'`,
}

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
	for fault, statement := range map[string]string{
		"organization_id can be NULL":             "CREATE TABLE x (id uuid, organization_id uuid, UNIQUE (organization_id, id))",
		"no FORCE ROW LEVEL SECURITY":             "ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY",
		"not exactly one policy":                  "CREATE POLICY open ON tasks TO miyabi_app USING (true)",
		"no key that starts with organization_id": "CREATE TABLE x (id uuid PRIMARY KEY, organization_id uuid NOT NULL)",
		"a unique key without organization_id":    "CREATE UNIQUE INDEX x ON tasks (id)",
		"a foreign key between tenant tables":     "ALTER TABLE organization_members ADD UNIQUE (user_id), ADD FOREIGN KEY (user_id) REFERENCES organization_members (user_id)",
		"a time without a zone":                   "ALTER TABLE tasks ADD done_at timestamp",
		"SECURITY DEFINER":                        "CREATE FUNCTION x() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 1",
		"a view":                                  "CREATE VIEW x AS SELECT id FROM tasks",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			db := server.Migrated(t)
			if _, err := db.Connect(t, postgrestest.Master).Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
			if found := findFaults(t, db); !slices.ContainsFunc(found, func(s string) bool { return strings.Contains(s, fault) }) {
				t.Errorf("found only %v", found)
			}
		})
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
