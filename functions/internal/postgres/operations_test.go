package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// operation is one operation of the store on an organization: what it needs there, and how to do it to things that the
// organization's owner made for it.
type operation struct {
	needs society.Permission
	// inTeam tells that a role in the team that owns the thing can allow it.
	inTeam bool
	do     func(ctx context.Context, as society.Actor, of *things) (any, error)
}

// things are made by an organization's owner when an operation asks for them; each call makes a new one.
type things struct {
	fixture
	t     *testing.T
	owner society.Actor
	// inside is the team that team and member give instead of new ones; nil for new ones.
	inside *society.Team
}

func (o *things) team() uuid.UUID {
	if o.inside != nil {
		return o.inside.ID
	}
	return o.fixture.team(o.t, o.owner, "team of "+o.owner.Organization.String()).ID
}

func (o *things) viewer() uuid.UUID {
	return o.member(o.t, o.owner, society.Viewer, "active").Person
}

func (o *things) suspended() uuid.UUID {
	return o.member(o.t, o.owner, society.Viewer, "suspended").Person
}

func (o *things) grant() uuid.UUID {
	g, err := o.Grant(o.t.Context(), o.owner, society.NewGrant{Person: o.viewer(), Permission: society.TasksRead})
	if err != nil {
		o.t.Fatal(err)
	}
	return g.ID
}

func (o *things) invitation() uuid.UUID {
	return o.invite(o.t, o.owner, "guest-"+uuid.NewString(), society.Viewer).ID
}

func (o *things) apiKey() uuid.UUID {
	k, _, _ := o.key(o.t, o.owner, society.TasksRead)
	return k.ID
}

func (o *things) joined(team uuid.UUID) uuid.UUID {
	person := o.viewer()
	o.join(o.t, o.owner, team, person, society.TeamMember)
	return person
}

var onePage = society.PageRequest{Limit: 50}

// operationsOnPeople are all operations on an organization, its members, teams, grants, invitations, keys and log.
var operationsOnPeople = map[string]operation{
	"Organization": {needs: society.OrganizationRead, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return of.Organization(ctx, as)
	}},
	"UpdateOrganization": {needs: society.OrganizationUpdate, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return of.UpdateOrganization(ctx, as, society.OrganizationChange{Description: text("x")})
	}},
	"Plan": {needs: society.OrganizationRead, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return of.Plan(ctx, as)
	}},
	"Permissions": {needs: society.OrganizationRead, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return of.Permissions(ctx, as)
	}},
	"AuditLog": {needs: society.AuditRead, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return of.AuditLog(ctx, as, society.AuditFilter{}, onePage)
	}},
	"Members": {needs: society.MembersRead, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return of.Members(ctx, as, onePage)
	}},
	"Member": {needs: society.MembersRead, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return of.Member(ctx, as, of.viewer())
	}},
	"ChangeMemberRole": {needs: society.MembersManage, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return of.ChangeMemberRole(ctx, as, of.viewer(), society.Member)
	}},
	"SuspendMember": {needs: society.MembersManage, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return of.SuspendMember(ctx, as, of.viewer())
	}},
	"ReinstateMember": {needs: society.MembersManage, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return of.ReinstateMember(ctx, as, of.suspended())
	}},
	"RemoveMember": {needs: society.MembersManage, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return nil, of.RemoveMember(ctx, as, of.viewer())
	}},
	// What only an owner may, by the rule of the role itself.
	"TransferOwnership": {needs: society.OrganizationDelete, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return nil, of.TransferOwnership(ctx, as, of.viewer())
	}},
	"Invitations": {needs: society.MembersRead, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return of.Invitations(ctx, as, onePage)
	}},
	"Invite": {needs: society.MembersManage, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return of.Invite(ctx, as, society.NewInvitation{Login: "guest-" + uuid.NewString()})
	}},
	"RevokeInvitation": {needs: society.MembersManage, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return nil, of.RevokeInvitation(ctx, as, of.invitation())
	}},
	"Grants": {needs: society.MembersRead, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return of.Grants(ctx, as, society.GrantFilter{}, onePage)
	}},
	"Grant": {needs: society.MembersManage, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return of.Grant(ctx, as, society.NewGrant{Person: of.viewer(), Permission: society.TasksCreate})
	}},
	"RevokeGrant": {needs: society.MembersManage, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return nil, of.RevokeGrant(ctx, as, of.grant())
	}},
	"Teams": {needs: society.TeamsRead, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return of.Teams(ctx, as, onePage)
	}},
	"Team": {needs: society.TeamsRead, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return of.Team(ctx, as, of.team())
	}},
	"TeamMembers": {needs: society.TeamsRead, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return of.TeamMembers(ctx, as, of.team(), onePage)
	}},
	"CreateTeam": {needs: society.TeamsCreate, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return of.CreateTeam(ctx, as, society.NewTeam{Name: "new team of " + as.Person.String()})
	}},
	"UpdateTeam": {needs: society.TeamsUpdate, inTeam: true, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return of.UpdateTeam(ctx, as, of.team(), society.TeamChange{Description: text("x")})
	}},
	"SetTeamMember": {needs: society.TeamsUpdate, inTeam: true, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return of.SetTeamMember(ctx, as, of.team(), of.viewer(), society.TeamMember)
	}},
	"RemoveTeamMember": {needs: society.TeamsUpdate, inTeam: true, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		team := of.team()
		return nil, of.RemoveTeamMember(ctx, as, team, of.joined(team))
	}},
	"DeleteTeam": {needs: society.TeamsDelete, inTeam: true, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return nil, of.DeleteTeam(ctx, as, of.team())
	}},
	"APIKeys": {needs: society.APIKeysManage, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return of.APIKeys(ctx, as, onePage)
	}},
	"CreateAPIKey": {needs: society.APIKeysManage, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		k, _, err := of.CreateAPIKey(ctx, as, society.NewAPIKey{Name: "x", Scopes: []society.Permission{society.TasksRead}})
		return k, err
	}},
	"RevokeAPIKey": {needs: society.APIKeysManage, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return nil, of.RevokeAPIKey(ctx, as, of.apiKey())
	}},
	"Leave": {needs: society.OrganizationRead, do: func(ctx context.Context, as society.Actor, of *things) (any, error) {
		return nil, of.Leave(ctx, as)
	}},
}

// roomy founds an organization whose plan has no limits.
func (f fixture) roomy(t *testing.T) society.Actor {
	t.Helper()
	as := f.organization(t)
	f.onPlan(t, as, "enterprise")
	return as
}

func TestEachRoleMayDoWhatItsPermissionsSay(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		of := &things{fixture: f, t: t, owner: f.roomy(t)}
		for role, held := range society.RolePermissions() {
			for name, o := range operationsOnPeople {
				as := f.member(t, of.owner, role, "active")
				_, err := o.do(t.Context(), as, of)
				switch allowed := slices.Contains(held, o.needs); {
				case allowed && err != nil:
					t.Errorf("%s %s: %v", role, name, err)
				case !allowed && !errors.Is(err, society.ErrForbidden):
					t.Errorf("%s %s: error is %v, want forbidden", role, name, err)
				}
			}
		}
	})
}

func TestEachTeamRoleMayDoWhatItsPermissionsSayInItsTeamOnly(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.roomy(t)
		for role, held := range society.TeamRolePermissions() {
			for name, o := range operationsOnPeople {
				if slices.Contains(society.RolePermissions()[society.Viewer], o.needs) {
					continue
				}
				team := f.team(t, owner, "mine")
				as := f.member(t, owner, society.Viewer, "active")
				f.join(t, owner, team.ID, as.Person, role)
				of := &things{fixture: f, t: t, owner: owner}
				if _, err := o.do(t.Context(), as, of); !errors.Is(err, society.ErrForbidden) {
					t.Errorf("%s %s outside of the team: error is %v, want forbidden", role, name, err)
				}
				of.inside = &team
				_, err := o.do(t.Context(), as, of)
				switch allowed := o.inTeam && slices.Contains(held, o.needs); {
				case allowed && err != nil:
					t.Errorf("%s %s in the team: %v", role, name, err)
				case !allowed && !errors.Is(err, society.ErrForbidden):
					t.Errorf("%s %s in the team: error is %v, want forbidden", role, name, err)
				}
			}
		}
	})
}

func TestNoOperationIsOpenToStrangersSuspendedMembersOrDeadKeys(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		of := &things{fixture: f, t: t, owner: f.roomy(t)}
		suspended, stranger := f.member(t, of.owner, society.Owner, "suspended"), f.organization(t).Person
		for name, o := range operationsOnPeople {
			for who, as := range map[string]society.Actor{
				"a suspended owner": suspended,
				"a stranger":        {Organization: of.owner.Organization, Person: stranger},
				"nobody":            {Organization: of.owner.Organization},
			} {
				if _, err := o.do(t.Context(), as, of); !errors.Is(err, society.ErrNotFound) {
					t.Errorf("%s by %s: error is %v, want not found", name, who, err)
				}
			}
			dead := society.Actor{Organization: of.owner.Organization, Person: of.owner.Person, Key: uuid.New()}
			if _, err := o.do(t.Context(), dead, of); !errors.Is(err, society.ErrUnauthenticated) {
				t.Errorf("%s by a dead key: error is %v, want unauthenticated", name, err)
			}
		}
	})
}

// silentOnPeople are the operations that change nothing.
var silentOnPeople = []string{"Organization", "Plan", "Permissions", "AuditLog", "Members", "Member", "Invitations", "Grants", "Teams", "Team", "TeamMembers", "APIKeys"}

func TestEachChangeLeavesAnAuditRowAndEachReadNone(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		for name, o := range operationsOnPeople {
			owner := f.roomy(t)
			as := f.member(t, owner, society.Owner, "active")
			if _, err := o.do(t.Context(), as, &things{fixture: f, t: t, owner: owner}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			rows := column(t, f.db, "SELECT action FROM audit_log WHERE organization_id = $1 AND person_id = $2", as.Organization, as.Person)
			if wants := !slices.Contains(silentOnPeople, name); wants != (len(rows) > 0) {
				t.Errorf("%s leaves the audit rows %v", name, rows)
			}
		}
	})
}

func TestEachOperationSaysThatTheDatabaseIsOutOfReach(t *testing.T) {
	inBothModes(t, refusesOutOfReach)
}

func refusesOutOfReach(t *testing.T, f fixture) {
	of := &things{fixture: f, t: t, owner: f.roomy(t)}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	check := func(name string, err error) {
		if !errors.Is(err, society.ErrUnavailable) {
			t.Errorf("%s: error is %v, want unavailable", name, err)
		}
	}
	for name, o := range operationsOnPeople {
		_, err := o.do(over, of.owner, of)
		check(name, err)
	}
	person := of.owner.Person
	check("Me", second(f.Me(over, person)))
	check("Organizations", second(f.Organizations(over, person, onePage)))
	check("CreateOrganization", second(f.CreateOrganization(over, person, society.NewOrganization{Name: "x"})))
	check("MyInvitations", second(f.MyInvitations(over, person, onePage)))
	check("AcceptInvitation", f.AcceptInvitation(over, person, uuid.New(), uuid.New()))
	check("DeclineInvitation", f.DeclineInvitation(over, person, uuid.New(), uuid.New()))
	check("Dependencies", second(f.Dependencies(over, of.owner, uuid.New())))
	check("SignIn", second(f.SignIn(over, account(-30), token(t))))
	check("Rotate", second(f.Rotate(over, token(t), token(t))))
	check("SignOut", f.SignOut(over, token(t)))
	check("Authenticate", second(f.Authenticate(over, "mby_x")))
	check("SaveResponse", f.SaveResponse(over, society.Actor{Request: request("x", 1)}, society.SavedResponse{Status: 200}))
}

// brokenRandomness is a source of random bytes that fails.
type brokenRandomness struct{ after int }

var errNoRandomness = errors.New("no random bytes")

func (b *brokenRandomness) Read(p []byte) (int, error) {
	if b.after--; b.after < 0 {
		return 0, errNoRandomness
	}
	return len(p), nil
}

// The source belongs to the whole process: this test runs while no parallel one does.
func TestNothingIsMadeWithoutRandomness(t *testing.T) { //nolint:paralleltest // see above
	db := server.Migrated(t)
	f := fixture{Store: New(newPool(t, db, pgx.QueryExecModeExec)), db: db}
	of := &things{fixture: f, t: t, owner: f.roomy(t)}
	viewer := of.viewer()
	defer uuid.SetRand(nil)
	check := func(name string, err error) {
		if !errors.Is(err, errNoRandomness) {
			t.Errorf("%s: error is %v, want that there is no randomness", name, err)
		}
	}
	uuid.SetRand(&brokenRandomness{})
	for _, name := range []string{"CreateTeam", "CreateAPIKey"} {
		check(name, second(operationsOnPeople[name].do(t.Context(), of.owner, of)))
	}
	check("Invite", second(f.Invite(t.Context(), of.owner, society.NewInvitation{Login: "hana"})))
	check("Grant", second(f.Grant(t.Context(), of.owner, society.NewGrant{Person: viewer, Permission: society.TasksRead})))
	check("CreateOrganization", second(f.CreateOrganization(t.Context(), of.owner.Person, society.NewOrganization{Name: "x"})))
	check("CreateTask", second(f.CreateTask(t.Context(), of.owner, society.NewTask{Name: "x"})))
	check("AddAgent", second(f.AddAgent(t.Context(), of.owner, society.NewAgent{Name: "x", Authority: "execute"})))
	check("AddRepository", second(f.AddRepository(t.Context(), of.owner, society.NewRepository{FullName: "a/b"})))
	check("RegisterCoordinator", second(f.RegisterCoordinator(t.Context(), of.owner, society.NewCoordinator{Name: "x"}, society.DefaultThresholds)))
	check("RegisterWorker", second(f.RegisterWorker(t.Context(), of.owner, society.NewWorker{Name: "x"}, society.DefaultThresholds)))
	for after := range 2 {
		uuid.SetRand(&brokenRandomness{after: after})
		check(fmt.Sprint("SignIn after ", after), second(f.SignIn(t.Context(), account(-31), society.TokenHash{1})))
	}
}
