package postgres

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// team makes a team led by the actor.
func (f fixture) team(t *testing.T, as society.Actor, name string) society.Team {
	t.Helper()
	team, err := f.CreateTeam(t.Context(), as, society.NewTeam{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return team
}

// join puts a member into a team.
func (f fixture) join(t *testing.T, as society.Actor, team uuid.UUID, person uuid.UUID, role society.TeamRole) {
	t.Helper()
	if _, err := f.SetTeamMember(t.Context(), as, team, person, role); err != nil {
		t.Fatal(err)
	}
}

// pages reads a list page by page and gives the names of its items.
func pages[T any](t *testing.T, limit int, list func(society.PageRequest) (society.Page[T], error), name func(T) string) []string {
	t.Helper()
	var got []string
	for cursor, first := "", true; first || cursor != ""; first = false {
		page, err := list(society.PageRequest{Limit: limit, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range page.Items {
			got = append(got, name(one))
		}
		cursor = page.Next
	}
	return got
}

func text(s string) *string { return &s }

func TestATeamIsMadeChangedAndDeleted(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		made, err := f.CreateTeam(t.Context(), as, society.NewTeam{Name: " Platform ", Description: "雅"})
		if err != nil {
			t.Fatal(err)
		}
		want := society.Team{
			ID: made.ID, Organization: as.Organization, Name: "Platform", Slug: "platform", Description: "雅",
			CreatedAt: made.CreatedAt, UpdatedAt: made.CreatedAt,
		}
		if made != want {
			t.Errorf("made %+v, want %+v", made, want)
		}
		changed, err := f.UpdateTeam(t.Context(), as, made.ID, society.TeamChange{Name: text("Base")})
		want.Name, want.UpdatedAt = "Base", changed.UpdatedAt
		if err != nil || changed != want || !changed.UpdatedAt.After(made.UpdatedAt) {
			t.Errorf("changed to %+v (%v), want %+v", changed, err, want)
		}
		if read, err := f.Team(t.Context(), as, made.ID); err != nil || read != want {
			t.Errorf("read %+v (%v), want %+v", read, err, want)
		}
		if err := f.DeleteTeam(t.Context(), as, made.ID); err != nil {
			t.Fatal(err)
		}
		_, err = f.Team(t.Context(), as, made.ID)
		wantError(t, err, society.ErrNotFound)
		got := strings.Join(f.history(t, as.Organization)[1:], "\n")
		if want := fmt.Sprintf(`team.created {"name": "Platform", "slug": "platform", "description": "雅"}
team.member_added {"%[1]s": "lead"}
team.updated {"name": "Platform"} {"name": "Base"}
team.deleted {"name": "Base", "slug": "platform", "members": {"%[1]s": "lead"}, "description": "雅"}`, as.Person); got != want {
			t.Errorf("the audit log says\n%s\nwant\n%s", got, want)
		}
	})
}

func TestTeamsComeByNamePageByPage(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		for _, name := range []string{"beta", "Alpha", "雅", "alpha"} {
			f.team(t, as, name)
		}
		got := pages(t, 2, func(p society.PageRequest) (society.Page[society.Team], error) { return f.Teams(t.Context(), as, p) },
			func(t society.Team) string { return t.Name })
		if fmt.Sprint(got) != "[Alpha alpha beta 雅]" {
			t.Errorf("got %v", got)
		}
		_, err := f.Teams(t.Context(), as, society.PageRequest{Limit: 1, Cursor: "!"})
		wantInvalid(t, err, "cursor")
	})
}

func TestATeamsSlugIsUniqueInItsOrganizationOnly(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		a, b := f.organization(t), f.organization(t)
		for _, as := range []society.Actor{a, b} {
			if _, err := f.CreateTeam(t.Context(), as, society.NewTeam{Name: "x", Slug: "same"}); err != nil {
				t.Fatal(err)
			}
		}
		_, err := f.CreateTeam(t.Context(), a, society.NewTeam{Name: "x", Slug: "same"})
		if conflict, ok := errors.AsType[*society.ConflictError](err); !ok || conflict.Field != "slug" {
			t.Errorf("error is %v, want a conflict of the slug", err)
		}
		if team := f.team(t, a, "Same"); !strings.HasPrefix(team.Slug, "same-") {
			t.Errorf("the derived slug is %q", team.Slug)
		}
	})
}

func TestMembersOfATeamAreSetAndRemoved(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		team, other := f.team(t, as, "team"), f.member(t, as, society.Viewer, "active")
		for _, role := range []society.TeamRole{society.TeamMember, society.TeamLead, society.TeamLead} {
			m, err := f.SetTeamMember(t.Context(), as, team.ID, other.Person, role)
			if err != nil || m.Team != team.ID || m.User.ID != other.Person || m.User.Name != "人" || m.Role != role || m.JoinedAt.IsZero() {
				t.Errorf("set to %+v (%v)", m, err)
			}
		}
		list := func(p society.PageRequest) (society.Page[society.TeamMembership], error) {
			return f.TeamMembers(t.Context(), other, team.ID, p)
		}
		got := pages(t, 1, list, func(m society.TeamMembership) string { return m.User.ID.String() })
		if want := []string{as.Person.String(), other.Person.String()}; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("members %v, want %v", got, want)
		}
		if err := f.RemoveTeamMember(t.Context(), as, team.ID, other.Person); err != nil {
			t.Fatal(err)
		}
		wantError(t, f.RemoveTeamMember(t.Context(), as, team.ID, other.Person), society.ErrNotFound)
		history := f.history(t, as.Organization)
		if got, want := strings.Join(history[3:], "\n"), fmt.Sprintf(`team.member_added {"%[1]s": "member"}
team.member_changed {"%[1]s": "member"} {"%[1]s": "lead"}
team.member_removed {"%[1]s": "lead"}`, other.Person); got != want {
			t.Errorf("the audit log says\n%s\nwant\n%s", got, want)
		}
	})
}

func TestOnlyMembersOfTheOrganizationJoinItsTeams(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		a, b := f.organization(t), f.organization(t)
		team, foreign := f.team(t, a, "team"), f.team(t, b, "team")
		for what, err := range map[string]error{
			"a stranger":            second(f.SetTeamMember(t.Context(), a, team.ID, b.Person, society.TeamMember)),
			"into a foreign team":   second(f.SetTeamMember(t.Context(), a, foreign.ID, a.Person, society.TeamMember)),
			"rename a foreign team": second(f.UpdateTeam(t.Context(), a, foreign.ID, society.TeamChange{Name: text("mine")})),
			"delete a foreign team": f.DeleteTeam(t.Context(), a, foreign.ID),
			"list a foreign team":   second(f.TeamMembers(t.Context(), a, foreign.ID, society.PageRequest{Limit: 1})),
			"empty a foreign team":  f.RemoveTeamMember(t.Context(), a, foreign.ID, b.Person),
			"read a foreign team":   second(f.Team(t.Context(), a, foreign.ID)),
			"into the organization": second(f.CreateTeam(t.Context(), society.Actor{Organization: a.Organization, Person: b.Person}, society.NewTeam{Name: "x"})),
		} {
			if !errors.Is(err, society.ErrNotFound) {
				t.Errorf("%s: error is %v, want not found", what, err)
			}
		}
	})
}

func TestATeamRoleReachesThatTeamOnly(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		viewer := f.member(t, owner, society.Viewer, "active")
		mine, other := f.team(t, owner, "mine"), f.team(t, owner, "other")
		_, err := f.UpdateTeam(t.Context(), viewer, mine.ID, society.TeamChange{Name: text("x")})
		wantError(t, err, society.ErrForbidden)
		f.join(t, owner, mine.ID, viewer.Person, society.TeamLead)
		f.join(t, owner, other.ID, viewer.Person, society.TeamMember)
		if _, err := f.UpdateTeam(t.Context(), viewer, mine.ID, society.TeamChange{Description: text("x")}); err != nil {
			t.Errorf("a lead in their team: %v", err)
		}
		_, err = f.UpdateTeam(t.Context(), viewer, other.ID, society.TeamChange{Name: text("x")})
		wantError(t, err, society.ErrForbidden)
		wantError(t, f.DeleteTeam(t.Context(), viewer, mine.ID), society.ErrForbidden)
		_, err = f.UpdateTeam(t.Context(), viewer, uuid.New(), society.TeamChange{Name: text("x")})
		wantError(t, err, society.ErrNotFound)
		_, err = f.CreateTask(t.Context(), viewer, society.NewTask{Name: "in no team"})
		wantError(t, err, society.ErrForbidden)
	})
}

func TestASuspendedMemberHasNothingByTeam(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		team, lead := f.team(t, owner, "team"), f.member(t, owner, society.Member, "suspended")
		f.join(t, owner, team.ID, lead.Person, society.TeamLead)
		if _, err := f.Grant(t.Context(), owner, society.NewGrant{Person: lead.Person, Permission: society.TeamsUpdate}); err != nil {
			t.Fatal(err)
		}
		_, err := f.UpdateTeam(t.Context(), lead, team.ID, society.TeamChange{Name: text("x")})
		wantError(t, err, society.ErrNotFound)
	})
}

func TestNobodyGivesATeamRoleThatAllowsMoreThanTheyMay(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		team, viewer := f.team(t, owner, "team"), f.member(t, owner, society.Viewer, "active")
		if _, err := f.Grant(t.Context(), owner, society.NewGrant{Person: viewer.Person, Permission: society.TeamsUpdate, Team: team.ID}); err != nil {
			t.Fatal(err)
		}
		_, err := f.SetTeamMember(t.Context(), viewer, team.ID, viewer.Person, society.TeamLead)
		wantError(t, err, society.ErrForbidden)
		_, err = f.SetTeamMember(t.Context(), viewer, team.ID, viewer.Person, society.TeamMember)
		wantError(t, err, society.ErrForbidden)
		f.join(t, owner, team.ID, viewer.Person, society.TeamMember)
		_, err = f.SetTeamMember(t.Context(), viewer, team.ID, owner.Person, society.TeamMember)
		if err != nil {
			t.Errorf("gives the role they have: %v", err)
		}
	})
}

func TestInvalidTeamsAreRefused(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		_, err := f.CreateTeam(t.Context(), as, society.NewTeam{Name: " "})
		wantInvalid(t, err, "name")
		_, err = f.CreateTeam(t.Context(), as, society.NewTeam{Name: "x", Slug: "X"})
		wantInvalid(t, err, "slug")
		_, err = f.UpdateTeam(t.Context(), as, uuid.New(), society.TeamChange{Name: text("")})
		wantInvalid(t, err, "name")
		_, err = f.SetTeamMember(t.Context(), as, uuid.New(), as.Person, "owner")
		wantInvalid(t, err, "role")
		_, err = f.TeamMembers(t.Context(), as, uuid.New(), society.PageRequest{Limit: 1, Cursor: "!"})
		wantInvalid(t, err, "cursor")
	})
}

// second is the error of a call that gives two values.
func second[T any](_ T, err error) error { return err }
