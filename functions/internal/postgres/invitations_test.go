package postgres

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// named signs a person in with a login.
func (f fixture) named(t *testing.T, login string) uuid.UUID {
	t.Helper()
	in, err := f.SignIn(t.Context(), society.GitHubAccount{ID: accounts.Add(1), Login: login, Name: login}, token(t))
	if err != nil {
		t.Fatal(err)
	}
	return in.User
}

func (f fixture) invite(t *testing.T, as society.Actor, login string, role society.Role) society.Invitation {
	t.Helper()
	i, err := f.Invite(t.Context(), as, society.NewInvitation{Login: login, Role: role})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func (f fixture) received(t *testing.T, person uuid.UUID) []society.ReceivedInvitation {
	t.Helper()
	page, err := f.MyInvitations(t.Context(), person, society.PageRequest{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	return page.Items
}

func TestAnInvitationIsAccepted(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		made := f.invite(t, owner, " @Hana ", "")
		if made.Login != "hana" || made.Role != society.Member || made.Status != society.InvitationPending || made.InvitedBy != owner.Person ||
			made.ExpiresAt.Sub(made.CreatedAt) != society.InvitationLifetime {
			t.Errorf("made %+v", made)
		}
		hana, other := f.named(t, "Hana"), f.named(t, "Other")
		got := f.received(t, hana)
		want := society.ReceivedInvitation{
			ID: made.ID, Organization: owner.Organization, OrganizationName: "雅", Role: society.Member, Inviter: "人",
			CreatedAt: made.CreatedAt, ExpiresAt: made.ExpiresAt,
		}
		if len(got) != 1 || !strings.HasPrefix(got[0].OrganizationSlug, "org-") {
			t.Fatalf("received %+v", got)
		}
		want.OrganizationSlug = got[0].OrganizationSlug
		if got[0] != want {
			t.Errorf("received %+v, want %+v", got[0], want)
		}
		if len(f.received(t, other)) != 0 {
			t.Error("somebody else sees it")
		}
		wantError(t, f.AcceptInvitation(t.Context(), other, owner.Organization, made.ID), society.ErrNotFound)
		if err := f.AcceptInvitation(t.Context(), hana, owner.Organization, made.ID); err != nil {
			t.Fatal(err)
		}
		as := society.Actor{Organization: owner.Organization, Person: hana}
		if o, err := f.Organization(t.Context(), as); err != nil || o.Role != society.Member {
			t.Errorf("the new member sees %+v (%v)", o, err)
		}
		wantError(t, f.AcceptInvitation(t.Context(), hana, owner.Organization, made.ID), society.ErrNotFound)
		wantConflictOf(t, second(f.Invite(t.Context(), owner, society.NewInvitation{Login: "HANA"})), "login")
		var actions []string
		for _, line := range f.history(t, owner.Organization)[1:] {
			actions = append(actions, strings.Fields(line)[0])
		}
		if fmt.Sprint(actions) != "[invitation.created invitation.accepted member.joined]" {
			t.Errorf("the audit log says %v", actions)
		}
	})
}

func TestAnInvitationIsDeclinedRevokedOrExpires(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		hana := f.named(t, "hana")
		declined := f.invite(t, owner, "hana", society.Viewer)
		wantConflictOf(t, second(f.Invite(t.Context(), owner, society.NewInvitation{Login: "hana"})), "login")
		if err := f.DeclineInvitation(t.Context(), hana, owner.Organization, declined.ID); err != nil {
			t.Error(err)
		}
		revoked := f.invite(t, owner, "hana", society.Admin)
		if err := f.RevokeInvitation(t.Context(), owner, revoked.ID); err != nil {
			t.Error(err)
		}
		wantError(t, f.RevokeInvitation(t.Context(), owner, revoked.ID), society.ErrNotFound)
		expired := f.invite(t, owner, "hana", society.Member)
		if _, err := f.db.Superuser(t).Exec(t.Context(), "UPDATE invitations SET created_at = now() - interval '8 days', expires_at = now() WHERE status = 'pending'"); err != nil {
			t.Fatal(err)
		}
		for _, one := range []society.Invitation{declined, revoked, expired} {
			wantError(t, f.AcceptInvitation(t.Context(), hana, owner.Organization, one.ID), society.ErrNotFound)
		}
		states := func() []string {
			return pages(t, 2, func(p society.PageRequest) (society.Page[society.Invitation], error) {
				return f.Invitations(t.Context(), owner, p)
			}, func(i society.Invitation) string { return string(i.Status) })
		}
		if got := states(); fmt.Sprint(got) != "[expired revoked declined]" || len(f.received(t, hana)) != 0 {
			t.Errorf("the invitations are %v", got)
		}
		f.invite(t, owner, "hana", society.Member)
		if got := states(); fmt.Sprint(got) != "[pending expired revoked declined]" {
			t.Errorf("the invitations are %v", got)
		}
		_, err := f.Invitations(t.Context(), owner, society.PageRequest{Limit: 1, Cursor: "!"})
		wantInvalid(t, err, "cursor")
		_, err = f.MyInvitations(t.Context(), hana, society.PageRequest{Limit: 1, Cursor: "!"})
		wantInvalid(t, err, "cursor")
	})
}

func TestAnInvitationIsForTheAccountThatHadTheLogin(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		invited := society.GitHubAccount{ID: accounts.Add(1), Login: "hana", Name: "hana"}
		if _, err := f.SignIn(t.Context(), invited, token(t)); err != nil {
			t.Fatal(err)
		}
		i := f.invite(t, owner, "hana", society.Member)
		invited.Login = "renamed"
		if _, err := f.SignIn(t.Context(), invited, token(t)); err != nil {
			t.Fatal(err)
		}
		taker := f.named(t, "hana")
		if len(f.received(t, taker)) != 0 {
			t.Error("the account that took the login over sees the invitation")
		}
		wantError(t, f.AcceptInvitation(t.Context(), taker, owner.Organization, i.ID), society.ErrNotFound)
	})
}

func TestWhoIsSuspendedOrRemovedHasNobodyComeInOnTheirWord(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		for i, end := range []func(uuid.UUID) error{
			func(p uuid.UUID) error { return second(f.SuspendMember(t.Context(), owner, p)) },
			func(p uuid.UUID) error { return f.RemoveMember(t.Context(), owner, p) },
		} {
			admin := f.member(t, owner, society.Admin, "active")
			hana := f.named(t, fmt.Sprintf("hana-%d", i))
			sent := f.invite(t, admin, fmt.Sprintf("hana-%d", i), society.Admin)
			if err := end(admin.Person); err != nil {
				t.Fatal(err)
			}
			wantError(t, f.AcceptInvitation(t.Context(), hana, owner.Organization, sent.ID), society.ErrNotFound)
		}
	})
}

func TestThePlanLimitsMembersAlsoWhenManyComeAtOnce(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		f.onPlan(t, owner, "pro")
		const comers = 8
		people, sent := make([]uuid.UUID, comers), make([]society.Invitation, comers)
		for i := range comers {
			login := fmt.Sprintf("comer-%d", i)
			people[i], sent[i] = f.named(t, login), f.invite(t, owner, login, society.Member)
		}
		f.onPlan(t, owner, "free")
		full := func(err error) bool {
			limit, ok := errors.AsType[*society.LimitError](err)
			return ok && limit.Resource == "members" && limit.Limit == 5
		}
		if _, err := f.Invite(t.Context(), owner, society.NewInvitation{Login: "one-more"}); !full(err) {
			t.Errorf("invited one more: %v", err)
		}
		errs := make([]error, comers)
		var all sync.WaitGroup
		for i := range comers {
			all.Go(func() { errs[i] = f.AcceptInvitation(t.Context(), people[i], owner.Organization, sent[i].ID) })
		}
		all.Wait()
		var in int
		for _, err := range errs {
			switch {
			case err == nil:
				in++
			case !full(err):
				t.Errorf("error is %v, want the limit", err)
			}
		}
		members := column(t, f.db, "SELECT user_id::text FROM organization_members WHERE organization_id = $1", owner.Organization)
		if in != 4 || len(members) != 5 {
			t.Errorf("%d came in and %d are members, want 4 and 5", in, len(members))
		}
	})
}

func TestOpenInvitationsCountAsMembersAlsoWhenManyAreSentAtOnce(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		var all sync.WaitGroup
		var mu sync.Mutex
		var sent int
		for i := range 8 {
			all.Go(func() {
				_, err := f.Invite(t.Context(), owner, society.NewInvitation{Login: fmt.Sprintf("guest-%d", i)})
				mu.Lock()
				defer mu.Unlock()
				if _, limited := errors.AsType[*society.LimitError](err); err == nil {
					sent++
				} else if !limited {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if sent != 4 {
			t.Errorf("%d were sent, want 4", sent)
		}
	})
}

func TestOfTwoInvitationsOfOneAccountAtOnceOneIsMade(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		errs := make([]error, 2)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() { _, errs[i] = f.Invite(t.Context(), owner, society.NewInvitation{Login: "hana"}) })
		}
		all.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("both ended as %v", errs)
		}
		wantConflictOf(t, errors.Join(errs...), "login")
	})
}

func TestReceivedInvitationsComeNewestFirstPageByPage(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		hana := f.named(t, "hana")
		var want []string
		for range 3 {
			want = append([]string{f.invite(t, f.organization(t), "hana", society.Member).ID.String()}, want...)
		}
		got := pages(t, 2, func(p society.PageRequest) (society.Page[society.ReceivedInvitation], error) {
			return f.MyInvitations(t.Context(), hana, p)
		}, func(i society.ReceivedInvitation) string { return i.ID.String() })
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestInvalidInvitationsAreRefused(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		_, err := f.Invite(t.Context(), owner, society.NewInvitation{Login: "a b"})
		wantInvalid(t, err, "login")
		_, err = f.Invite(t.Context(), owner, society.NewInvitation{Login: "hana", Role: society.Owner})
		wantInvalid(t, err, "role")
	})
}

func TestForeignInvitationsAreNotFound(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		a, b := f.organization(t), f.organization(t)
		hana := f.named(t, "hana")
		sent := f.invite(t, a, "hana", society.Member)
		wantError(t, f.RevokeInvitation(t.Context(), b, sent.ID), society.ErrNotFound)
		wantError(t, f.AcceptInvitation(t.Context(), hana, b.Organization, sent.ID), society.ErrNotFound)
		wantError(t, f.DeclineInvitation(t.Context(), b.Person, a.Organization, sent.ID), society.ErrNotFound)
		if page, err := f.Invitations(t.Context(), b, society.PageRequest{Limit: 1}); err != nil || len(page.Items) != 0 {
			t.Errorf("the other tenant sees %v (%v)", page.Items, err)
		}
		if got := f.received(t, hana); len(got) != 1 || got[0].ExpiresAt.Before(time.Now()) {
			t.Errorf("received %v", got)
		}
	})
}
