package phases

import (
	"encoding/json"
	"net"
	"net/url"
	"path/filepath"
	"testing"

	terratest "github.com/gruntwork-io/terratest/modules/aws"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

func migrateFunction(t *testing.T, d *deployment) {
	c := d.configuration(t, "migrate")
	require.ElementsMatch(t, d.subnets(t, "function"), c.VpcConfig.SubnetIds)
	requireNoSecret(t, c)
	require.Equal(t, "miyabi_app", c.Environment.Variables["DATABASE_APP_USER"])
}

// schemaStatus is what the migrate function tells a person about the schema.
type schemaStatus struct {
	Version    int64
	Migrations []struct {
		Version int64
		Name    string
		State   string
	}
}

// schema asks the migrate function, the only one who reaches the database from outside of its network.
func (d *deployment) schema(t *testing.T) (s schemaStatus) {
	t.Helper()
	answer := terratest.InvokeFunctionContext(t, t.Context(), region, d.function("migrate"), map[string]string{"command": "status"})
	require.NoError(t, json.Unmarshal(answer, &s), string(answer))
	return s
}

func schemaIsCurrent(t *testing.T, d *deployment) {
	files, err := filepath.Glob(filepath.Join(root, "migrations", "*.sql"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var applied []string
	for _, m := range d.schema(t).Migrations {
		if m.State == "applied" {
			applied = append(applied, m.Name)
		}
	}
	for _, file := range files {
		require.Contains(t, applied, filepath.Base(file))
	}
}

// connect opens the database of an emulated account. That of AWS stands in subnets that lead nowhere.
func (d *deployment) connect(t *testing.T) *pgx.Conn {
	t.Helper()
	if !d.local() {
		t.Skip("nobody outside of the network reaches a database of AWS; the migrations that make this so are tested on PostgreSQL, and `every migration of this release is applied` asks AWS")
	}
	master := d.master(t)
	address := url.URL{
		Scheme: "postgres", User: url.UserPassword(master.Username, master.Password), Path: "/miyabi",
		Host: net.JoinHostPort(d.parameter(t, "database", "instance-endpoint"), d.parameter(t, "database", "port")),
	}
	conn, err := pgx.Connect(t.Context(), address.String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

// names runs a query whose rows are names.
func (d *deployment) names(t *testing.T, query string) []string {
	t.Helper()
	rows, err := d.connect(t).Query(t.Context(), query)
	require.NoError(t, err)
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return found
}

func rowLevelSecurity(t *testing.T, d *deployment) {
	const tables = `SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id' AND NOT a.attisdropped
		WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace`
	require.Contains(t, d.names(t, tables), "tasks")
	require.Empty(t, d.names(t, tables+` AND NOT (c.relrowsecurity AND c.relforcerowsecurity)`), "tables without forced row level security")
	require.Empty(t, d.names(t, tables+` AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid)`), "tables without a policy")
}

func appRole(t *testing.T, d *deployment) {
	require.Equal(t, []string{"miyabi_app"}, d.names(t, `SELECT rolname::text FROM pg_roles WHERE rolname = 'miyabi_app' AND rolcanlogin
		AND NOT (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)`))
	require.Equal(t, []string{"rds_iam"}, d.names(t, `SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
		JOIN pg_roles u ON u.oid = m.member WHERE u.rolname = 'miyabi_app'`), "what the app's role is a member of")
	require.Empty(t, d.names(t, `SELECT relname::text FROM pg_class WHERE relowner = 'miyabi_app'::regrole`))
}

func viewsAreInvokers(t *testing.T, d *deployment) {
	require.Empty(t, d.names(t, `SELECT relname::text FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace
		AND NOT coalesce('security_invoker=true' = ANY (reloptions) OR 'security_invoker=on' = ANY (reloptions), false)`))
}
