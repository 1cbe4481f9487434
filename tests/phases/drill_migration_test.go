package phases

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The runbook of this drill is docs/runbooks/a-migration-fails.md.
func drillFailedMigration(t *testing.T, d *deployment) {
	assembly := d.badAssembly(t)
	version, code, instance := d.schema(t).Version, d.code(t, "migrate"), d.server(t)

	d.requireFailure(t, 1, "Schema", assembly, "Migration (Custom::Migration)", "version:90002", "drill_missing", "Database is untouched")

	require.Equal(t, version, d.schema(t).Version)
	require.Empty(t, d.names(t, `SELECT relname::text FROM pg_class WHERE relname LIKE 'drill%'`), "a part of the release is left")
	require.Equal(t, code, d.code(t, "migrate"), "the migrate function of the bad release is left")
	require.Equal(t, instance, d.server(t))
}

// The runbook of this drill is docs/runbooks/a-bad-release-is-out.md.
func drillSchemaRollback(t *testing.T, d *deployment) {
	before, version, code, instance := d.release(t, 1), d.schema(t).Version, d.code(t, "migrate"), d.server(t)
	_, err := d.deploy(t, 1, d.nextAssembly(t))
	require.NoError(t, err)
	require.Equal(t, int64(90001), d.schema(t).Version)
	require.NotEqual(t, before, d.release(t, 1))

	out, err := d.make(t, "rollback", "PHASE=1")
	require.NoError(t, err)
	require.Contains(t, out, "The database instance is left as it is, and so is the schema")

	require.Equal(t, before, d.release(t, 1))
	require.Equal(t, code, d.code(t, "migrate"))
	require.Equal(t, instance, d.server(t))
	require.Equal(t, []string{"drill_good"}, d.names(t, `SELECT relname::text FROM pg_class WHERE relname LIKE 'drill%'`), "a migration was taken back")
	require.Equal(t, int64(90001), d.schema(t).Version, "the schema went back from %d", version)
}
