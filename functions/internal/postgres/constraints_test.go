package postgres

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// violations are statements that break each CHECK and foreign key of the tables about people. {organization}, {person},
// {team} and {id} are an organization, its owner, a team of theirs and a new id. The app's role runs them; those that
// begin with "super: " are about what that role cannot write at all, and the superuser runs them.
var violations = map[string]string{
	"organizations_name_length":                 "UPDATE organizations SET name = ''",
	"organizations_description_length":          "UPDATE organizations SET description = repeat('x', 2001)",
	"organizations_slug_form":                   "super: UPDATE organizations SET slug = 'A' WHERE id = '{organization}'",
	"organizations_plan_fkey":                   "super: UPDATE organizations SET plan = 'gold' WHERE id = '{organization}'",
	"organization_members_role_known":           "UPDATE organization_members SET role = 'king'",
	"organization_members_status_known":         "UPDATE organization_members SET status = 'asleep'",
	"organization_members_user_id_fkey":         "super: INSERT INTO organization_members (organization_id, user_id, role) VALUES ('{organization}', '{id}', 'viewer')",
	"plans_code_known":                          "super: INSERT INTO plans (code) VALUES ('gold')",
	"plans_max_members_positive":                "super: UPDATE plans SET max_members = 0",
	"plans_max_repositories_positive":           "super: UPDATE plans SET max_repositories = 0",
	"permissions_code_form":                     "super: INSERT INTO permissions (code) VALUES ('Fly')",
	"role_permissions_role_known":               "super: INSERT INTO role_permissions VALUES ('king', 'tasks.read')",
	"role_permissions_permission_form":          "super: INSERT INTO role_permissions VALUES ('owner', 'Fly')",
	"role_permissions_permission_fkey":          "super: INSERT INTO role_permissions VALUES ('owner', 'tasks.fly')",
	"team_role_permissions_role_known":          "super: INSERT INTO team_role_permissions VALUES ('king', 'tasks.read')",
	"team_role_permissions_permission_fkey":     "super: INSERT INTO team_role_permissions VALUES ('lead', 'tasks.fly')",
	"teams_name_length":                         "UPDATE teams SET name = ''",
	"teams_description_length":                  "UPDATE teams SET description = repeat('x', 2001)",
	"teams_slug_form":                           "INSERT INTO teams (organization_id, id, name, slug, description) VALUES ('{organization}', '{id}', 'x', 'A', '')",
	"team_members_role_known":                   "UPDATE team_members SET role = 'king'",
	"team_members_team_fkey":                    "INSERT INTO team_members (organization_id, team_id, user_id, role) VALUES ('{organization}', '{id}', '{person}', 'lead')",
	"team_members_member_fkey":                  "INSERT INTO team_members (organization_id, team_id, user_id, role) VALUES ('{organization}', '{team}', '{id}', 'lead')",
	"direct_grants_expires_later":               "INSERT INTO direct_grants (organization_id, id, user_id, permission, expires_at) VALUES ('{organization}', '{id}', '{person}', 'tasks.read', now())",
	"direct_grants_permission_fkey":             "INSERT INTO direct_grants (organization_id, id, user_id, permission) VALUES ('{organization}', '{id}', '{person}', 'tasks.fly')",
	"direct_grants_member_fkey":                 "INSERT INTO direct_grants (organization_id, id, user_id, permission) VALUES ('{organization}', '{id}', '{id}', 'tasks.read')",
	"direct_grants_team_fkey":                   "INSERT INTO direct_grants (organization_id, id, user_id, permission, team_id) VALUES ('{organization}', '{id}', '{person}', 'tasks.read', '{id}')",
	"direct_grants_granted_by_fkey":             "INSERT INTO direct_grants (organization_id, id, user_id, permission, granted_by) VALUES ('{organization}', '{id}', '{person}', 'tasks.read', '{id}')",
	"invitations_login_form":                    "INSERT INTO invitations (organization_id, id, login, role, expires_at) VALUES ('{organization}', '{id}', 'A B', 'viewer', now() + interval '1 day')",
	"invitations_role_known":                    "INSERT INTO invitations (organization_id, id, login, role, expires_at) VALUES ('{organization}', '{id}', 'x', 'owner', now() + interval '1 day')",
	"invitations_expires_later":                 "INSERT INTO invitations (organization_id, id, login, role, expires_at) VALUES ('{organization}', '{id}', 'x', 'viewer', now())",
	"invitations_status_known":                  "UPDATE invitations SET status = 'lost'",
	"invitations_user_id_fkey":                  "super: UPDATE invitations SET user_id = '{id}'",
	"invitations_invited_by_fkey":               "super: UPDATE invitations SET invited_by = '{id}'",
	"api_keys_name_length":                      "INSERT INTO api_keys (organization_id, id, name, prefix, hash, scopes) VALUES ('{organization}', '{id}', '', 'mby_', sha256('x'), '{tasks.read}')",
	"api_keys_prefix_length":                    "INSERT INTO api_keys (organization_id, id, name, prefix, hash, scopes) VALUES ('{organization}', '{id}', 'x', 'm', sha256('x'), '{tasks.read}')",
	"api_keys_hash_length":                      "INSERT INTO api_keys (organization_id, id, name, prefix, hash, scopes) VALUES ('{organization}', '{id}', 'x', 'mby_', 'x', '{tasks.read}')",
	"api_keys_scopes_some":                      "INSERT INTO api_keys (organization_id, id, name, prefix, hash, scopes) VALUES ('{organization}', '{id}', 'x', 'mby_', sha256('x'), '{}')",
	"api_keys_scopes_without_keys":              "INSERT INTO api_keys (organization_id, id, name, prefix, hash, scopes) VALUES ('{organization}', '{id}', 'x', 'mby_', sha256('x'), '{api_keys.manage}')",
	"api_keys_expires_later":                    "INSERT INTO api_keys (organization_id, id, name, prefix, hash, scopes, expires_at) VALUES ('{organization}', '{id}', 'x', 'mby_', sha256('x'), '{tasks.read}', now())",
	"api_keys_created_by_fkey":                  "super: UPDATE api_keys SET created_by = '{id}'",
	"idempotency_keys_key_length":               "INSERT INTO idempotency_keys (key, fingerprint, expires_at) VALUES ('', sha256('x'), now() + interval '1 day')",
	"idempotency_keys_fingerprint_length":       "INSERT INTO idempotency_keys (key, fingerprint, expires_at) VALUES ('x', 'x', now() + interval '1 day')",
	"idempotency_keys_expires_later":            "INSERT INTO idempotency_keys (key, fingerprint, expires_at) VALUES ('x', sha256('x'), now())",
	"idempotency_keys_status_http":              "UPDATE idempotency_keys SET status = 1, body = 'x'",
	"idempotency_keys_answer_whole":             "UPDATE idempotency_keys SET status = 200",
	"idempotency_keys_body_length":              "UPDATE idempotency_keys SET status = 200, body = convert_to(repeat('x', 262145), 'UTF8')",
	"audit_log_action_form":                     "INSERT INTO audit_log (action, target_type, target_id) VALUES ('x', 'x', '{id}')",
	"audit_log_target_type_form":                "INSERT INTO audit_log (action, target_type, target_id) VALUES ('x.y', 'X', '{id}')",
	"audit_log_before_object":                   "INSERT INTO audit_log (action, target_type, target_id, before) VALUES ('x.y', 'x', '{id}', '1')",
	"audit_log_after_object":                    "INSERT INTO audit_log (action, target_type, target_id, after) VALUES ('x.y', 'x', '{id}', '1')",
	"users_login_length":                        "super: UPDATE users SET login = ''",
	"users_name_length":                         "super: UPDATE users SET name = ''",
	"users_email_length":                        "super: UPDATE users SET email = 'x'",
	"users_avatar_url_length":                   "super: UPDATE users SET avatar_url = repeat('x', 2049)",
	"account_log_action_known":                  "super: UPDATE account_log SET action = 'x'",
	"account_log_user_id_fkey":                  "super: UPDATE account_log SET user_id = '{id}'",
	"sessions_user_id_fkey":                     "super: UPDATE sessions SET user_id = '{id}'",
	"sessions_revoked_for_known":                "super: UPDATE sessions SET revoked_at = now(), revoked_for = 'x'",
	"sessions_revoked_whole":                    "super: UPDATE sessions SET revoked_at = now()",
	"refresh_tokens_hash_length":                "super: UPDATE refresh_tokens SET hash = 'x'",
	"refresh_tokens_session_id_fkey":            "super: UPDATE refresh_tokens SET session_id = '{id}'",
	"organization_members_organization_id_fkey": "super: INSERT INTO organization_members (organization_id, user_id, role) VALUES ('{id}', '{person}', 'viewer')",
}

// tenantless are foreign keys of tenant tables to the tenant itself: the app's role cannot name a tenant that is not
// there, because the policy lets it name only the one it entered. TestEachTenantMustExist breaks each of them.
const tenantless = "_organization_id_fkey"

func TestEachConstraintOnPeopleHolds(t *testing.T) {
	t.Parallel()
	db := server.Migrated(t)
	f := fixture{Store: New(newPool(t, db, pgx.QueryExecModeExec)), db: db}
	owner := f.organization(t)
	of := &things{fixture: f, t: t, owner: owner}
	team := of.team()
	of.invitation()
	of.apiKey()
	by := owner
	by.Request = request("kept", 1)
	f.task(t, by, "x")
	named := column(t, db, `SELECT conname FROM pg_constraint WHERE contype IN ('c', 'f') AND conrelid IN (SELECT c.oid FROM pg_class AS c WHERE c.relname = ANY($1))`,
		strings.Fields("organizations organization_members plans permissions role_permissions team_role_permissions teams team_members direct_grants invitations api_keys idempotency_keys audit_log users account_log sessions refresh_tokens"))
	superuser := db.Superuser(t)
	for _, name := range named {
		statement, known := violations[name]
		if !known && !strings.HasSuffix(name, tenantless) {
			t.Errorf("no statement violates %s", name)
		}
		if !known {
			continue
		}
		statement = strings.NewReplacer("{organization}", owner.Organization.String(), "{person}", owner.Person.String(), "{team}", team.String(), "{id}", "00000000-0000-7000-8000-000000000000").Replace(statement)
		var err error
		if super, is := strings.CutPrefix(statement, "super: "); is {
			_, err = superuser.Exec(t.Context(), super)
		} else {
			_, err = app(t, db, fmt.Sprintf("SELECT enter('%s', '%s', 'tasks.read')", owner.Organization, owner.Person), statement)
		}
		if pg, ok := errors.AsType[*pgconn.PgError](err); !ok || pg.ConstraintName != name {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	for name := range violations {
		if !slices.Contains(named, name) {
			t.Errorf("there is no constraint %s", name)
		}
	}
}

func TestEachPolicyOnPeopleKeepsOtherTenantsOut(t *testing.T) {
	t.Parallel()
	db := server.Migrated(t)
	f := fixture{Store: New(newPool(t, db, pgx.QueryExecModeExec)), db: db}
	a, b := f.organization(t), f.organization(t)
	of := &things{fixture: f, t: t, owner: a}
	team := of.team()
	of.joined(team)
	of.grant()
	of.apiKey()
	by := a
	by.Request = request("kept", 1)
	f.task(t, by, "x")
	if _, err := f.Invite(t.Context(), a, society.NewInvitation{Login: "hana"}); err != nil {
		t.Fatal(err)
	}
	enter := fmt.Sprintf("SELECT enter('%s', '%s', 'tasks.read')", b.Organization, b.Person)
	id := "00000000-0000-7000-8000-000000000000"
	for table, insert := range map[string]string{
		"teams":            fmt.Sprintf("(organization_id, id, name, slug, description) VALUES ('%s', '%s', 'x', 'xx', '')", a.Organization, id),
		"team_members":     fmt.Sprintf("(organization_id, team_id, user_id, role) VALUES ('%s', '%s', '%s', 'lead')", a.Organization, team, b.Person),
		"direct_grants":    fmt.Sprintf("(organization_id, id, user_id, permission) VALUES ('%s', '%s', '%s', 'tasks.read')", a.Organization, id, a.Person),
		"invitations":      fmt.Sprintf("(organization_id, id, login, role, expires_at) VALUES ('%s', '%s', 'x', 'viewer', now() + interval '1 day')", a.Organization, id),
		"api_keys":         fmt.Sprintf("(organization_id, id, name, prefix, hash, scopes) VALUES ('%s', '%s', 'x', 'mby_', sha256('x'), '{tasks.read}')", a.Organization, id),
		"idempotency_keys": fmt.Sprintf("(organization_id, key, fingerprint, expires_at) VALUES ('%s', 'x', sha256('x'), now() + interval '1 day')", a.Organization),
		"audit_log":        fmt.Sprintf("(organization_id, action, target_type, target_id) VALUES ('%s', 'x.y', 'x', '%s')", a.Organization, id),
	} {
		if len(column(t, db, "SELECT organization_id::text FROM "+table+" WHERE organization_id = $1", a.Organization)) == 0 {
			t.Errorf("%s holds nothing to protect", table)
		}
		for _, before := range [][]string{nil, {enter}} {
			read := fmt.Sprintf("SELECT organization_id FROM %s WHERE organization_id = '%s'", table, a.Organization)
			if tag, err := app(t, db, append(before, read)...); err != nil || tag.RowsAffected() != 0 {
				t.Errorf("%s shows %d rows of the other tenant (%v)", table, tag.RowsAffected(), err)
			}
			_, err := app(t, db, append(before, "INSERT INTO "+table+" "+insert)...)
			wantState(t, "insert into "+table, err, insufficientPrivilege)
		}
		for _, change := range []string{"UPDATE %s SET organization_id = organization_id", "DELETE FROM %s WHERE organization_id = '" + a.Organization.String() + "'"} {
			tag, err := app(t, db, enter, fmt.Sprintf(change, table))
			if pg, ok := errors.AsType[*pgconn.PgError](err); tag.RowsAffected() != 0 || err != nil && (!ok || pg.Code != insufficientPrivilege) {
				t.Errorf(change+": %d rows (%v)", table, tag.RowsAffected(), err)
			}
		}
	}
}
