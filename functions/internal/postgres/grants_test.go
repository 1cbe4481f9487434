package postgres

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/functions/internal/society"
)

func TestAGrantAllowsUntilItExpires(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		viewer := f.member(t, owner, society.Viewer, "active")
		until := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
		g, err := f.Grant(t.Context(), owner, society.NewGrant{Person: viewer.Person, Permission: society.TasksCreate, ExpiresAt: until})
		want := society.Grant{ID: g.ID, Person: viewer.Person, Permission: society.TasksCreate, GrantedBy: owner.Person, CreatedAt: g.CreatedAt, ExpiresAt: until}
		if err != nil || g != want {
			t.Fatalf("granted %+v (%v), want %+v", g, err, want)
		}
		f.task(t, viewer, "x")
		if _, err := f.db.Superuser(t).Exec(t.Context(), "UPDATE direct_grants SET updated_at = now() - interval '2 days', expires_at = now() - interval '1 day'"); err != nil {
			t.Fatal(err)
		}
		_, err = f.CreateTask(t.Context(), viewer, society.NewTask{Name: "x"})
		wantError(t, err, society.ErrForbidden)
		held, err := f.Permissions(t.Context(), viewer)
		if err != nil || held.Allows(society.TasksCreate) {
			t.Errorf("holds %v (%v)", held, err)
		}
	})
}

func TestGrantingAgainChangesTheExpiry(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		team := f.team(t, owner, "team")
		n := society.NewGrant{Person: owner.Person, Permission: society.TasksAssign}
		first, err := f.Grant(t.Context(), owner, n)
		if err != nil || !first.ExpiresAt.IsZero() {
			t.Fatalf("granted %+v (%v)", first, err)
		}
		n.ExpiresAt = time.Now().Add(time.Hour)
		again, err := f.Grant(t.Context(), owner, n)
		if err != nil || again.ID != first.ID || again.ExpiresAt.IsZero() {
			t.Errorf("granted again %+v (%v)", again, err)
		}
		n.Team = team.ID
		inTeam, err := f.Grant(t.Context(), owner, n)
		if err != nil || inTeam.ID == first.ID || inTeam.Team != team.ID {
			t.Errorf("granted in a team %+v (%v)", inTeam, err)
		}
		for person, want := range map[uuid.UUID][]string{
			uuid.Nil: {inTeam.ID.String(), first.ID.String()}, owner.Person: {inTeam.ID.String(), first.ID.String()}, uuid.New(): nil,
		} {
			got := pages(t, 1, func(p society.PageRequest) (society.Page[society.Grant], error) {
				return f.Grants(t.Context(), owner, society.GrantFilter{Person: person}, p)
			}, func(g society.Grant) string { return g.ID.String() })
			if !slices.Equal(got, want) {
				t.Errorf("grants of %v are %v, want %v", person, got, want)
			}
		}
		if err := f.RevokeGrant(t.Context(), owner, first.ID); err != nil {
			t.Error(err)
		}
		wantError(t, f.RevokeGrant(t.Context(), owner, first.ID), society.ErrNotFound)
		var actions []string
		for _, line := range f.history(t, owner.Organization)[3:] {
			actions = append(actions, strings.Fields(line)[0])
		}
		if fmt.Sprint(actions) != "[grant.created grant.changed grant.created grant.revoked]" {
			t.Errorf("the audit log says %v", actions)
		}
	})
}

func TestNobodyGrantsWhatTheyDoNotHold(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		admin, viewer := f.member(t, owner, society.Admin, "active"), f.member(t, owner, society.Viewer, "active")
		_, err := f.Grant(t.Context(), admin, society.NewGrant{Person: admin.Person, Permission: society.OrganizationDelete})
		wantError(t, err, society.ErrForbidden)
		_, err = f.Grant(t.Context(), viewer, society.NewGrant{Person: viewer.Person, Permission: society.TasksRead})
		wantError(t, err, society.ErrForbidden)
		if _, err := f.Grant(t.Context(), admin, society.NewGrant{Person: viewer.Person, Permission: society.MembersManage}); err != nil {
			t.Fatal(err)
		}
		_, err = f.Grant(t.Context(), viewer, society.NewGrant{Person: viewer.Person, Permission: society.TasksDelete})
		wantError(t, err, society.ErrForbidden)
	})
}

func TestGrantsToStrangersAndInForeignTeamsAreNotFound(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		a, b := f.organization(t), f.organization(t)
		foreign := f.team(t, b, "team")
		kept, err := f.Grant(t.Context(), b, society.NewGrant{Person: b.Person, Permission: society.TasksRead})
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Grant(t.Context(), a, society.NewGrant{Person: b.Person, Permission: society.TasksRead})
		wantError(t, err, society.ErrNotFound)
		_, err = f.Grant(t.Context(), a, society.NewGrant{Person: a.Person, Permission: society.TasksRead, Team: foreign.ID})
		wantError(t, err, society.ErrNotFound)
		wantError(t, f.RevokeGrant(t.Context(), a, kept.ID), society.ErrNotFound)
	})
}

func TestInvalidGrantsAreRefused(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		for field, n := range map[string]society.NewGrant{
			"expires_at": {Person: as.Person, Permission: society.TasksRead, ExpiresAt: time.Now().Add(-time.Minute)},
			"permission": {Person: as.Person, Permission: "tasks.fly"},
		} {
			_, err := f.Grant(t.Context(), as, n)
			wantInvalid(t, err, field)
		}
		_, err := f.Grant(t.Context(), as, society.NewGrant{Person: as.Person, Permission: society.AuditRead, Team: uuid.New()})
		wantInvalid(t, err, "permission")
		_, err = f.Grants(t.Context(), as, society.GrantFilter{}, society.PageRequest{Limit: 1, Cursor: "!"})
		wantInvalid(t, err, "cursor")
	})
}

func TestEffectivePermissionsAreRoleAndTeamsAndGrants(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		viewer := f.member(t, owner, society.Viewer, "active")
		led, joined := f.team(t, owner, "led"), f.team(t, owner, "joined")
		f.join(t, owner, led.ID, viewer.Person, society.TeamLead)
		f.join(t, owner, joined.ID, viewer.Person, society.TeamMember)
		for _, n := range []society.NewGrant{
			{Person: viewer.Person, Permission: society.AuditRead},
			{Person: viewer.Person, Permission: society.TasksDelete, Team: joined.ID},
		} {
			if _, err := f.Grant(t.Context(), owner, n); err != nil {
				t.Fatal(err)
			}
		}
		held, err := f.Permissions(t.Context(), viewer)
		if err != nil {
			t.Fatal(err)
		}
		roles, teams := society.RolePermissions(), society.TeamRolePermissions()
		wantSet(t, "everywhere", held.Everywhere, append(roles[society.Viewer], society.AuditRead))
		wantSet(t, "in the team they lead", held.Teams[led.ID], teams[society.TeamLead])
		wantSet(t, "in the team they joined", held.Teams[joined.ID], append(teams[society.TeamMember], society.TasksDelete))
		if !held.AllowsIn(joined.ID, society.TasksDelete) || held.AllowsIn(uuid.New(), society.TasksDelete) || !held.AllowsIn(uuid.New(), society.AuditRead) {
			t.Errorf("held: %+v", held)
		}
		_, err = f.Permissions(t.Context(), f.member(t, owner, society.Owner, "suspended"))
		wantError(t, err, society.ErrNotFound)
	})
}

func wantSet(t *testing.T, what string, got, want []society.Permission) {
	t.Helper()
	got, want = slices.Clone(got), slices.Clone(want)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestWithinFailsClosed(t *testing.T) {
	t.Parallel()
	db := server.Migrated(t)
	_, err := app(t, db, "SELECT require_within(gen_random_uuid())")
	wantState(t, "without having entered", err, "MS403")
	_, err = app(t, db, "SELECT require_within(NULL)")
	wantState(t, "of no team", err, "MS403")
	_, err = app(t, db, "SELECT require_held('{tasks.read}', NULL)")
	wantState(t, "held by nobody", err, lacksPermission)
	if errors.Is(err, society.ErrForbidden) {
		t.Error("classified before it is asked for")
	}
}
