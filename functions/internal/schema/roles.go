package schema

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/miyabi-society/platform/migrations"
)

// makeRole creates a role when it is absent. Another runner may create it at the same moment: roles belong to the
// whole instance, where goose's lock, which belongs to one database, does not reach.
const makeRole = `DO $do$ BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%[1]s') THEN
		CREATE ROLE %[1]s %[2]s NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION;
	END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $do$`

// grantRole makes a role a member of another one where both exist.
const grantRole = `DO $do$ BEGIN
	IF EXISTS (SELECT FROM pg_roles WHERE rolname = '%[1]s') AND NOT pg_has_role('%[2]s', '%[1]s', 'MEMBER') THEN
		GRANT %[1]s TO %[2]s;
	END IF;
EXCEPTION WHEN unique_violation THEN NULL;
END $do$`

// grantGate lets the master hand functions to the gate role, which needs membership in it.
const grantGate = `DO $do$ BEGIN
	IF NOT pg_has_role(current_user, '%[1]s', 'MEMBER') THEN
		EXECUTE format('GRANT %[1]s TO %%I', current_user);
	END IF;
EXCEPTION WHEN unique_violation THEN NULL;
END $do$`

// ensureRoles makes the roles that the migrations name. The app role signs in with IAM tokens on RDS, where the role
// rds_iam exists and turns its passwords off; the master never gets rds_iam, or its password would stop working
// (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.DBAccounts.html).
func ensureRoles(ctx context.Context, db *sql.DB) error {
	for _, step := range []struct{ what, statement string }{
		{"make the app's role", fmt.Sprintf(makeRole, migrations.AppRole, "LOGIN")},
		{"make the gate's role", fmt.Sprintf(makeRole, migrations.GateRole, "NOLOGIN")},
		{"let the app's role sign in with IAM tokens", fmt.Sprintf(grantRole, "rds_iam", migrations.AppRole)},
		{"join the gate's role", fmt.Sprintf(grantGate, migrations.GateRole)},
	} {
		if _, err := db.ExecContext(ctx, step.statement); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return nil
}
