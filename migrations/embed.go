// Package migrations holds the database schema as goose migrations and embeds them, so that the function that runs
// them and the tests use the same files.
//
// A file is NNNNN_name.sql with one `-- +goose Up` and one `-- +goose Down` section. Each runs in one transaction. A
// migration that was released is never edited.
package migrations

import "embed"

// Files holds every migration, in the root of the file system.
//
//go:embed *.sql
var Files embed.FS

// The roles that migrations grant to and that exist before the first one runs. Roles belong to the whole PostgreSQL
// instance, migrations to one database, so the runner makes them (functions/internal/schema).
const (
	// AppRole is the login of the functions. It owns nothing and cannot bypass row level security.
	AppRole = "miyabi_app"
	// GateRole owns the few SECURITY DEFINER functions. Nobody can log in as it. It is the only role whose policies
	// reach over tenants, and only on the tables and for the commands that those functions need.
	GateRole = "miyabi_gate"
)
