package postgres

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// onPlan puts an actor's organization on a plan, as the operators do.
func (f fixture) onPlan(t *testing.T, as society.Actor, plan string) {
	t.Helper()
	arrange(t, f.db, "UPDATE organizations SET plan = $2 WHERE id = $1", as.Organization, plan)
}

func wantConflictOf(t *testing.T, err error, field string) {
	t.Helper()
	if conflict, ok := errors.AsType[*society.ConflictError](err); !ok || conflict.Field != field || conflict.Message == "" {
		t.Errorf("error is %v, want a conflict of %s", err, field)
	}
}

func TestMembersComeInOrderWithTheirProfiles(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		viewer := f.member(t, owner, society.Viewer, "active")
		admin := f.member(t, owner, society.Admin, "suspended")
		f.organization(t)
		got := pages(t, 2, func(p society.PageRequest) (society.Page[society.Membership], error) {
			return f.Members(t.Context(), viewer, p)
		},
			func(m society.Membership) string {
				return fmt.Sprint(m.User.ID, m.Role, m.Status, m.User.Name, m.JoinedAt.IsZero())
			})
		want := []string{
			fmt.Sprint(owner.Person, society.Owner, society.Active, "人", false),
			fmt.Sprint(viewer.Person, society.Viewer, society.Active, "人", false),
			fmt.Sprint(admin.Person, society.Admin, society.Suspended, "人", false),
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if one, err := f.Member(t.Context(), viewer, admin.Person); err != nil || one.Role != society.Admin || one.Status != society.Suspended {
			t.Errorf("read %+v (%v)", one, err)
		}
		_, err := f.Members(t.Context(), viewer, society.PageRequest{Limit: 1, Cursor: "!"})
		wantInvalid(t, err, "cursor")
	})
}

func TestRolesAndStatusChangeAndAreAudited(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		other := f.member(t, owner, society.Viewer, "active")
		if m, err := f.ChangeMemberRole(t.Context(), owner, other.Person, society.Admin); err != nil || m.Role != society.Admin {
			t.Errorf("changed to %+v (%v)", m, err)
		}
		if m, err := f.SuspendMember(t.Context(), owner, other.Person); err != nil || m.Status != society.Suspended {
			t.Errorf("suspended %+v (%v)", m, err)
		}
		_, err := f.Organization(t.Context(), other)
		wantError(t, err, society.ErrNotFound)
		if m, err := f.ReinstateMember(t.Context(), owner, other.Person); err != nil || m.Status != society.Active {
			t.Errorf("reinstated %+v (%v)", m, err)
		}
		if _, err := f.ReinstateMember(t.Context(), owner, other.Person); err != nil {
			t.Errorf("reinstated again: %v", err)
		}
		if err := f.RemoveMember(t.Context(), owner, other.Person); err != nil {
			t.Error(err)
		}
		wantError(t, f.RemoveMember(t.Context(), owner, other.Person), society.ErrNotFound)
		_, err = f.SuspendMember(t.Context(), owner, other.Person)
		wantError(t, err, society.ErrNotFound)
		lines := f.history(t, owner.Organization)[1:]
		want := []string{
			`member.role_changed {"role": "viewer"} {"role": "admin"}`,
			`member.suspended {"status": "active"} {"status": "suspended"}`,
			`member.reinstated {"status": "suspended"} {"status": "active"}`,
			`member.removed {"role": "admin", "login": "`,
		}
		for i := range want {
			if len(lines) != len(want) || !strings.HasPrefix(lines[i], want[i]) {
				t.Fatalf("the audit log says %q, want %q", lines, want)
			}
		}
	})
}

func TestOnlyAnOwnerTouchesOrMakesAnOwner(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		admin, viewer := f.member(t, owner, society.Admin, "active"), f.member(t, owner, society.Viewer, "active")
		if _, err := f.Grant(t.Context(), owner, society.NewGrant{Person: admin.Person, Permission: society.OrganizationDelete}); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Grant(t.Context(), owner, society.NewGrant{Person: viewer.Person, Permission: society.MembersManage}); err != nil {
			t.Fatal(err)
		}
		for what, err := range map[string]error{
			"an admin demotes the owner":                 second(f.ChangeMemberRole(t.Context(), admin, owner.Person, society.Viewer)),
			"an admin suspends the owner":                second(f.SuspendMember(t.Context(), admin, owner.Person)),
			"an admin removes the owner":                 f.RemoveMember(t.Context(), admin, owner.Person),
			"an admin makes themselves owner":            second(f.ChangeMemberRole(t.Context(), admin, admin.Person, society.Owner)),
			"an admin makes another one owner":           second(f.ChangeMemberRole(t.Context(), admin, viewer.Person, society.Owner)),
			"an admin takes the ownership":               f.TransferOwnership(t.Context(), admin, admin.Person),
			"an admin gives the ownership":               f.TransferOwnership(t.Context(), admin, viewer.Person),
			"a viewer who may manage demotes an admin":   second(f.ChangeMemberRole(t.Context(), viewer, admin.Person, society.Viewer)),
			"a viewer who may manage promotes oneself":   second(f.ChangeMemberRole(t.Context(), viewer, viewer.Person, society.Member)),
			"a viewer who may manage invites an admin":   second(f.Invite(t.Context(), viewer, society.NewInvitation{Login: "x", Role: society.Admin})),
			"a viewer who may manage removes the owner":  f.RemoveMember(t.Context(), viewer, owner.Person),
			"a viewer who may manage suspends the admin": second(f.SuspendMember(t.Context(), viewer, admin.Person)),
		} {
			if !errors.Is(err, society.ErrForbidden) {
				t.Errorf("%s: error is %v, want forbidden", what, err)
			}
		}
		if _, err := f.ChangeMemberRole(t.Context(), owner, admin.Person, society.Owner); err != nil {
			t.Errorf("an owner makes an owner: %v", err)
		}
		if _, err := f.ChangeMemberRole(t.Context(), admin, owner.Person, society.Viewer); err != nil {
			t.Errorf("the new owner demotes the other: %v", err)
		}
	})
}

func TestTheLastActiveOwnerStays(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		f.member(t, owner, society.Owner, "suspended")
		wantConflictOf(t, second(f.ChangeMemberRole(t.Context(), owner, owner.Person, society.Admin)), "role")
		wantConflictOf(t, second(f.SuspendMember(t.Context(), owner, owner.Person)), "role")
		wantConflictOf(t, f.RemoveMember(t.Context(), owner, owner.Person), "role")
		wantConflictOf(t, f.Leave(t.Context(), owner), "role")
		if m, err := f.Member(t.Context(), owner, owner.Person); err != nil || m.Role != society.Owner || m.Status != society.Active {
			t.Errorf("the owner is %+v (%v)", m, err)
		}
		_, err := app(t, f.db, fmt.Sprintf("SELECT enter('%s', '%s', 'tasks.read')", owner.Organization, owner.Person), "DELETE FROM organization_members")
		wantState(t, "remove everybody by SQL", err, wrongState)
	})
}

func TestOfTwoOwnersWhoStepDownAtOnceOneStays(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		for range 5 {
			a := f.organization(t)
			b := f.member(t, a, society.Owner, "active")
			var all sync.WaitGroup
			errs := make([]error, 2)
			for i, as := range []society.Actor{a, b} {
				all.Go(func() { errs[i] = f.Leave(t.Context(), as) })
			}
			all.Wait()
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Fatalf("both ended as %v", errs)
			}
			wantConflictOf(t, errors.Join(errs...), "role")
		}
	})
}

func TestOwnershipIsTransferred(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		heir, away := f.member(t, owner, society.Viewer, "active"), f.member(t, owner, society.Admin, "suspended")
		wantConflictOf(t, f.TransferOwnership(t.Context(), owner, away.Person), "person")
		wantError(t, f.TransferOwnership(t.Context(), owner, owner.Person), society.ErrNotFound)
		wantError(t, f.TransferOwnership(t.Context(), owner, uuid.New()), society.ErrNotFound)
		if err := f.TransferOwnership(t.Context(), owner, heir.Person); err != nil {
			t.Fatal(err)
		}
		for person, want := range map[uuid.UUID]society.Role{owner.Person: society.Admin, heir.Person: society.Owner} {
			if m, err := f.Member(t.Context(), heir, person); err != nil || m.Role != want {
				t.Errorf("%v is %+v (%v), want %s", person, m, err, want)
			}
		}
		wantError(t, f.TransferOwnership(t.Context(), owner, heir.Person), society.ErrForbidden)
		lines := f.history(t, owner.Organization)
		if last := lines[len(lines)-1]; !strings.HasPrefix(last, "organization.ownership_transferred ") || !strings.Contains(last, `"viewer"`) {
			t.Errorf("the audit log says %s", last)
		}
	})
}

func TestWhoLeavesLosesTeamsAndGrants(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		team, leaver := f.team(t, owner, "team"), f.member(t, owner, society.Member, "active")
		f.join(t, owner, team.ID, leaver.Person, society.TeamLead)
		if _, err := f.Grant(t.Context(), owner, society.NewGrant{Person: leaver.Person, Permission: society.AuditRead}); err != nil {
			t.Fatal(err)
		}
		if err := f.Leave(t.Context(), leaver); err != nil {
			t.Fatal(err)
		}
		left := column(t, f.db, "SELECT user_id::text FROM team_members WHERE user_id = $1 UNION ALL SELECT user_id::text FROM direct_grants WHERE user_id = $1", leaver.Person)
		if len(left) != 0 {
			t.Errorf("%d places are left", len(left))
		}
		lines := f.history(t, owner.Organization)
		for _, part := range []string{"member.removed", `"teams": {"` + team.ID.String() + `": "lead"}`, `"permission": "audit.read"`} {
			if last := lines[len(lines)-1]; !strings.Contains(last, part) {
				t.Errorf("the audit log says %s, without %s", last, part)
			}
		}
	})
}

func TestAnotherTenantsMembersAreNotFound(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		a, b := f.organization(t), f.organization(t)
		into := society.Actor{Organization: a.Organization, Person: b.Person}
		for what, err := range map[string]error{
			"read":             second(f.Member(t.Context(), b, a.Person)),
			"change":           second(f.ChangeMemberRole(t.Context(), b, a.Person, society.Viewer)),
			"suspend":          second(f.SuspendMember(t.Context(), b, a.Person)),
			"remove":           f.RemoveMember(t.Context(), b, a.Person),
			"transfer to":      f.TransferOwnership(t.Context(), b, a.Person),
			"list":             second(f.Members(t.Context(), into, society.PageRequest{Limit: 1})),
			"leave":            f.Leave(t.Context(), into),
			"read the plan":    second(f.Plan(t.Context(), into)),
			"rename":           second(f.UpdateOrganization(t.Context(), into, society.OrganizationChange{Name: text("x")})),
			"list invitations": second(f.Invitations(t.Context(), into, society.PageRequest{Limit: 1})),
			"list grants":      second(f.Grants(t.Context(), into, society.GrantFilter{}, society.PageRequest{Limit: 1})),
			"read the audit":   second(f.AuditLog(t.Context(), into, society.AuditFilter{}, society.PageRequest{Limit: 1})),
		} {
			if !errors.Is(err, society.ErrNotFound) {
				t.Errorf("%s: error is %v, want not found", what, err)
			}
		}
		page, err := f.AuditLog(t.Context(), b, society.AuditFilter{Target: a.Organization}, society.PageRequest{Limit: 1})
		if err != nil || len(page.Items) != 0 {
			t.Errorf("the audit log shows %v (%v)", page.Items, err)
		}
	})
}

func TestTheOrganizationChanges(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		o, err := f.UpdateOrganization(t.Context(), as, society.OrganizationChange{Name: text(" 雅の会 ")})
		if err != nil || o.Name != "雅の会" || o.Role != society.Owner || !o.UpdatedAt.After(o.CreatedAt) {
			t.Errorf("changed to %+v (%v)", o, err)
		}
		if _, err := f.UpdateOrganization(t.Context(), as, society.OrganizationChange{Description: text("")}); err != nil {
			t.Error(err)
		}
		if got := f.history(t, as.Organization)[1:]; fmt.Sprint(got) != `[organization.updated {"name": "雅"} {"name": "雅の会"}]` {
			t.Errorf("the audit log says %v", got)
		}
		_, err = f.UpdateOrganization(t.Context(), as, society.OrganizationChange{Name: text(""), Description: text("\x00")})
		wantInvalid(t, err, "name")
		_, err = f.ChangeMemberRole(t.Context(), as, as.Person, "king")
		wantInvalid(t, err, "role")
	})
}

func TestThePlanSaysWhatIsLeft(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		f.member(t, as, society.Viewer, "suspended")
		if _, err := f.Invite(t.Context(), as, society.NewInvitation{Login: "hana"}); err != nil {
			t.Fatal(err)
		}
		if p, err := f.Plan(t.Context(), as); err != nil || p != (society.Plan{Code: "free", MaxMembers: 5, MaxRepositories: 10, Members: 2, Invitations: 1}) {
			t.Errorf("the plan is %+v (%v)", p, err)
		}
		f.onPlan(t, as, "enterprise")
		if p, err := f.Plan(t.Context(), as); err != nil || p.MaxMembers != 0 || p.MaxRepositories != 0 {
			t.Errorf("the plan is %+v (%v)", p, err)
		}
	})
}
