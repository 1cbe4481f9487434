package postgres

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/miyabi-society/platform/functions/internal/postgrestest"
	"github.com/miyabi-society/platform/functions/internal/society"
	"github.com/miyabi-society/platform/migrations"
)

const insufficientPrivilege = "42501"

func TestAnotherTenantsIdsAreNotFound(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		a, b := f.organization(t), f.organization(t)
		secret := f.task(t, a, "secret")
		into := society.Actor{Organization: a.Organization, Person: b.Person}
		for name, attack := range map[string]func() error{
			"read the organization": func() error { _, err := f.Organization(t.Context(), into); return err },
			"list the tasks": func() error {
				_, err := f.Tasks(t.Context(), into, society.TaskFilter{}, society.PageRequest{Limit: 10})
				return err
			},
			"create a task":                func() error { _, err := f.CreateTask(t.Context(), into, society.NewTask{Name: "x"}); return err },
			"read the task":                func() error { _, err := f.Task(t.Context(), into, secret.ID); return err },
			"read the task from their own": func() error { _, err := f.Task(t.Context(), b, secret.ID); return err },
			"no such organization": func() error {
				_, err := f.Organization(t.Context(), society.Actor{Organization: uuid.New(), Person: b.Person})
				return err
			},
		} {
			if err := attack(); err == nil {
				t.Errorf("%s: succeeded", name)
			} else {
				wantError(t, err, society.ErrNotFound)
			}
		}
		page, err := f.Tasks(t.Context(), b, society.TaskFilter{}, society.PageRequest{Limit: 10})
		if err != nil || len(page.Items) != 0 {
			t.Errorf("the other tenant sees %v (%v)", page.Items, err)
		}
		cursor := moment{secret.CreatedAt.AddDate(1, 0, 0), uuid.Max}.String()
		page, err = f.Tasks(t.Context(), b, society.TaskFilter{}, society.PageRequest{Limit: 10, Cursor: cursor})
		if err != nil || len(page.Items) != 0 {
			t.Errorf("with a foreign cursor the other tenant sees %v (%v)", page.Items, err)
		}
	})
}

func TestRolesAllowWhatTheTableSays(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		task := f.task(t, owner, "x")
		operations := map[society.Permission]func(society.Actor) error{
			society.OrganizationRead: func(a society.Actor) error { _, err := f.Organization(t.Context(), a); return err },
			society.TasksRead:        func(a society.Actor) error { _, err := f.Task(t.Context(), a, task.ID); return err },
			society.TasksCreate: func(a society.Actor) error {
				_, err := f.CreateTask(t.Context(), a, society.NewTask{Name: "x"})
				return err
			},
		}
		for role, held := range society.RolePermissions() {
			as := f.member(t, owner, role, "active")
			for permission, operation := range operations {
				err := operation(as)
				if slices.Contains(held, permission) && err != nil {
					t.Errorf("%s %s: %v", role, permission, err)
				}
				if !slices.Contains(held, permission) {
					wantError(t, err, society.ErrForbidden)
				}
			}
		}
	})
}

func TestASuspendedMemberHasNothing(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.member(t, f.organization(t), society.Owner, "suspended")
		_, err := f.Organization(t.Context(), as)
		wantError(t, err, society.ErrNotFound)
		me, err := f.Me(t.Context(), as.Person)
		if err != nil || len(me.Organizations) != 0 {
			t.Errorf("sees %v (%v)", me.Organizations, err)
		}
	})
}

func TestTheTenantEndsWithTheTransaction(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		f.task(t, as, "x")
		for range 20 {
			if _, err := f.Task(t.Context(), as, uuid.New()); err == nil {
				t.Fatal("found a task that does not exist")
			}
			var n int
			if err := f.pool.QueryRow(t.Context(), "SELECT count(*) FROM tasks").Scan(&n); err != nil || n != 0 {
				t.Fatalf("without a tenant there are %d tasks (%v)", n, err)
			}
		}
	})
}

// app runs statements as the app role in one transaction and gives the error of the last.
func app(t *testing.T, db *postgrestest.Database, statements ...string) (pgconn.CommandTag, error) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.URL(migrations.AppRole))
	if err != nil {
		t.Fatal(err)
	}
	// not at the end of the test: one that tries every constraint would take most of the server's connections
	defer func() { _ = conn.Close(context.Background()) }()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var tag pgconn.CommandTag
	for _, one := range statements {
		if tag, err = tx.Exec(t.Context(), one); err != nil {
			return tag, err
		}
	}
	return tag, tx.Commit(t.Context())
}

func wantState(t *testing.T, what string, err error, state string) {
	t.Helper()
	if pg, ok := err.(*pgconn.PgError); !ok || pg.Code != state { //nolint:errorlint // as pgx gives it
		t.Errorf("%s: error is %v, want SQLSTATE %s", what, err, state)
	}
}

func TestTheAppRoleCannotReachOverTheTenant(t *testing.T) {
	t.Parallel()
	db := server.Migrated(t)
	f := fixture{Store: New(newPool(t, db, pgx.QueryExecModeExec)), db: db}
	a, b := f.organization(t), f.organization(t)
	f.task(t, a, "secret")
	enter := fmt.Sprintf("SELECT enter('%s', '%s', 'tasks.read')", b.Organization, b.Person)
	for _, table := range []string{"users", "organizations", "organization_members", "tasks"} {
		if tag, err := app(t, db, "SELECT FROM "+table); err != nil || tag.RowsAffected() != 0 {
			t.Errorf("without a tenant %s shows %d rows (%v)", table, tag.RowsAffected(), err)
		}
		where := map[string]string{"organizations": "id", "organization_members": "organization_id", "tasks": "organization_id"}[table]
		if where == "" {
			continue
		}
		if tag, err := app(t, db, enter, fmt.Sprintf("SELECT FROM %s WHERE %s = '%s'", table, where, a.Organization)); err != nil || tag.RowsAffected() != 0 {
			t.Errorf("in another tenant %s shows %d rows (%v)", table, tag.RowsAffected(), err)
		}
	}
	for what, statement := range map[string]string{
		"insert into another tenant": fmt.Sprintf("INSERT INTO tasks (organization_id, id, name, description, priority) VALUES ('%s', '%s', 'x', '', 'P2')", a.Organization, uuid.New()),
		"stamp a task":               "UPDATE tasks SET started_at = now()",
		"count a retry":              "UPDATE tasks SET retry_count = 0",
		"make a task completed":      "INSERT INTO tasks (status) VALUES ('completed')",
		"delete a task":              "DELETE FROM tasks",
		"make oneself a member":      fmt.Sprintf("INSERT INTO organization_members (organization_id, user_id, role) VALUES ('%s', '%s', 'owner')", a.Organization, b.Person),
		"read sessions":              "SELECT FROM sessions",
		"read refresh tokens":        "SELECT FROM refresh_tokens",
		"change the permissions":     "INSERT INTO role_permissions VALUES ('viewer', 'tasks.create')",
		"drop the policy":            "DROP POLICY tenant ON tasks",
		"turn off row security":      "ALTER TABLE tasks DISABLE ROW LEVEL SECURITY",
		"become the gate":            "SET ROLE miyabi_gate",
		"become the master":          "SET ROLE miyabi_admin",
		"make a table":               "CREATE TABLE public.mine (id int)",
	} {
		_, err := app(t, db, enter, statement)
		wantState(t, what, err, insufficientPrivilege)
	}
	_, err := app(t, db, "SET row_security = off", "SELECT FROM tasks")
	wantState(t, "read without row security", err, insufficientPrivilege)
}

func TestTheAppRoleHasNoPowers(t *testing.T) {
	t.Parallel()
	db := server.Migrated(t)
	for _, role := range []string{migrations.AppRole, migrations.GateRole} {
		var powers, owns int
		err := db.Superuser(t).QueryRow(t.Context(), `SELECT
			(SELECT count(*) FROM pg_roles WHERE rolname = $1 AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)),
			(SELECT count(*) FROM pg_class AS c INNER JOIN pg_roles AS r ON r.oid = c.relowner WHERE r.rolname = $1)`, role).Scan(&powers, &owns)
		if err != nil || powers != 0 || owns != 0 {
			t.Errorf("%s has %d powers and owns %d relations (%v)", role, powers, owns, err)
		}
	}
}
