package postgres

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// key makes an API key and gives it with who acts by it.
func (f fixture) key(t *testing.T, as society.Actor, scopes ...society.Permission) (society.APIKey, string, society.Actor) {
	t.Helper()
	k, secret, err := f.CreateAPIKey(t.Context(), as, society.NewAPIKey{Name: "ci", Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	in, err := f.Authenticate(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return k, secret, in.Actor
}

func TestAKeyActsForItsMakerWithinItsScopes(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		until := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
		k, secret, err := f.CreateAPIKey(t.Context(), owner, society.NewAPIKey{
			Name: " CI ", Scopes: []society.Permission{society.TasksRead, society.TasksCreate, society.TasksRead}, ExpiresAt: until,
		})
		want := society.APIKey{
			ID: k.ID, Name: "CI", Prefix: k.Prefix, Scopes: []society.Permission{society.TasksCreate, society.TasksRead},
			CreatedBy: owner.Person, CreatedAt: k.CreatedAt, ExpiresAt: until,
		}
		if err != nil || fmt.Sprint(k) != fmt.Sprint(want) || !strings.HasPrefix(secret, k.Prefix+"_") || !strings.HasPrefix(secret, society.KeyScheme) {
			t.Fatalf("made %+v (%v), want %+v", k, err, want)
		}
		in, err := f.Authenticate(t.Context(), secret)
		if err != nil || in.Actor != (society.Actor{Organization: owner.Organization, Person: owner.Person, Key: k.ID}) || !slices.Equal(in.Scopes, want.Scopes) {
			t.Fatalf("authenticated %+v (%v)", in, err)
		}
		task := f.task(t, in.Actor, "by key")
		if task.CreatedBy != owner.Person {
			t.Errorf("made by %v", task.CreatedBy)
		}
		_, err = f.Organization(t.Context(), in.Actor)
		wantError(t, err, society.ErrForbidden)
		_, err = f.UpdateTeam(t.Context(), in.Actor, uuid.New(), society.TeamChange{Name: text("x")})
		wantError(t, err, society.ErrForbidden)
		page, err := f.AuditLog(t.Context(), owner, society.AuditFilter{Target: task.ID}, society.PageRequest{Limit: 1})
		if err != nil || len(page.Items) != 1 || page.Items[0].Key != k.ID || page.Items[0].Person != owner.Person {
			t.Errorf("the audit log says %+v (%v)", page.Items, err)
		}
	})
}

func TestAKeyAllowsNoMoreThanItsMakerMay(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		admin := f.member(t, owner, society.Admin, "active")
		_, _, as := f.key(t, admin, society.TasksCreate, society.TasksRead, society.MembersManage, society.OrganizationRead)
		held, err := f.Permissions(t.Context(), as)
		if err != nil {
			t.Fatal(err)
		}
		wantSet(t, "a key holds", held.Everywhere, []society.Permission{society.TasksCreate, society.TasksRead, society.MembersManage, society.OrganizationRead})
		viewer := f.member(t, owner, society.Viewer, "active")
		_, err = f.ChangeMemberRole(t.Context(), as, viewer.Person, society.Member)
		wantError(t, err, society.ErrForbidden)
		if _, err := f.Grant(t.Context(), as, society.NewGrant{Person: viewer.Person, Permission: society.AuditRead}); err == nil {
			t.Error("a key gives what is in none of its scopes")
		}
		if _, err := f.ChangeMemberRole(t.Context(), owner, admin.Person, society.Viewer); err != nil {
			t.Fatal(err)
		}
		_, err = f.CreateTask(t.Context(), as, society.NewTask{Name: "x"})
		wantError(t, err, society.ErrForbidden)
		if _, err := f.Tasks(t.Context(), as, society.TaskFilter{}, society.PageRequest{Limit: 1}); err != nil {
			t.Errorf("reads: %v", err)
		}
	})
}

func TestAKeyEndsWithItsTimeItsRevocationAndItsMakersMembership(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		ends := map[string]func(k society.APIKey, maker society.Actor) error{
			"revoked": func(k society.APIKey, _ society.Actor) error { return f.RevokeAPIKey(t.Context(), owner, k.ID) },
			"expired": func(k society.APIKey, _ society.Actor) error {
				_, err := f.db.Superuser(t).Exec(t.Context(), "UPDATE api_keys SET created_at = now() - interval '1 day', expires_at = now() WHERE id = $1", k.ID)
				return err
			},
			"suspended": func(_ society.APIKey, maker society.Actor) error {
				return second(f.SuspendMember(t.Context(), owner, maker.Person))
			},
			"left": func(_ society.APIKey, maker society.Actor) error { return f.Leave(t.Context(), maker) },
		}
		for how, end := range ends {
			maker := f.member(t, owner, society.Admin, "active")
			k, secret, as := f.key(t, maker, society.TasksRead)
			if err := end(k, maker); err != nil {
				t.Fatalf("%s: %v", how, err)
			}
			_, err := f.Authenticate(t.Context(), secret)
			wantError(t, err, society.ErrUnauthenticated)
			_, err = f.Tasks(t.Context(), as, society.TaskFilter{}, society.PageRequest{Limit: 1})
			switch how {
			case "suspended":
				wantError(t, err, society.ErrNotFound)
			default:
				wantError(t, err, society.ErrUnauthenticated)
			}
			if how == "revoked" {
				wantError(t, f.RevokeAPIKey(t.Context(), owner, k.ID), society.ErrNotFound)
			}
			if how != "left" {
				if err := f.RemoveMember(t.Context(), owner, maker.Person); err != nil {
					t.Fatal(err)
				}
			}
		}
		if live := column(t, f.db, "SELECT id::text FROM api_keys WHERE revoked_at IS NULL"); len(live) != 0 {
			t.Errorf("%d keys of people who left are live", len(live))
		}
		var revoked int
		for _, line := range f.history(t, owner.Organization) {
			if strings.HasPrefix(line, "api_key.revoked ") {
				revoked++
			}
		}
		if revoked != len(ends) {
			t.Errorf("%d revocations are audited, want %d", revoked, len(ends))
		}
	})
}

func TestKeysAreListedWithTheirLastUseAndWithoutTheirHash(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		used, secret, _ := f.key(t, owner, society.TasksRead)
		unused, _, err := f.CreateAPIKey(t.Context(), owner, society.NewAPIKey{Name: "unused", Scopes: []society.Permission{society.TasksRead}})
		if err != nil {
			t.Fatal(err)
		}
		read := func() string {
			return fmt.Sprint(pages(t, 1, func(p society.PageRequest) (society.Page[society.APIKey], error) {
				return f.APIKeys(t.Context(), owner, p)
			},
				func(k society.APIKey) string { return fmt.Sprint(k.ID, k.LastUsedAt) }))
		}
		first := read()
		if !strings.HasPrefix(first, fmt.Sprintf("[%v %v %v ", unused.ID, time.Time{}, used.ID)) || strings.Count(first, fmt.Sprint(time.Time{})) != 1 {
			t.Errorf("listed %s", first)
		}
		if _, err := f.Authenticate(t.Context(), secret); err != nil || read() != first {
			t.Errorf("a second use within the minute is noted as %s (%v)", read(), err)
		}
		for _, line := range f.history(t, owner.Organization) {
			if strings.Contains(line, "hash") {
				t.Errorf("the audit log says %s", line)
			}
		}
		_, err = f.APIKeys(t.Context(), owner, society.PageRequest{Limit: 1, Cursor: "!"})
		wantInvalid(t, err, "cursor")
		_, err = app(t, f.db, "SELECT hash FROM api_keys")
		wantState(t, "read a hash", err, insufficientPrivilege)
	})
}

func TestKeysThatAllowTooMuchAreRefused(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		admin := f.member(t, owner, society.Admin, "active")
		for field, n := range map[string]society.NewAPIKey{
			"name":       {Scopes: []society.Permission{society.TasksRead}},
			"scopes":     {Name: "x", Scopes: []society.Permission{society.APIKeysManage}},
			"expires_at": {Name: "x", Scopes: []society.Permission{society.TasksRead}, ExpiresAt: time.Now().Add(-time.Minute)},
		} {
			_, _, err := f.CreateAPIKey(t.Context(), owner, n)
			wantInvalid(t, err, field)
		}
		for _, scopes := range [][]society.Permission{nil, {"tasks.fly"}} {
			_, _, err := f.CreateAPIKey(t.Context(), owner, society.NewAPIKey{Name: "x", Scopes: scopes})
			wantInvalid(t, err, "scopes")
		}
		_, _, err := f.CreateAPIKey(t.Context(), admin, society.NewAPIKey{Name: "x", Scopes: []society.Permission{society.OrganizationDelete}})
		wantError(t, err, society.ErrForbidden)
		_, _, as := f.key(t, owner, society.TasksRead)
		_, _, err = f.CreateAPIKey(t.Context(), as, society.NewAPIKey{Name: "x", Scopes: []society.Permission{society.TasksRead}})
		wantError(t, err, society.ErrForbidden)
		_, err = f.Authenticate(t.Context(), "mby_nobody")
		wantError(t, err, society.ErrUnauthenticated)
	})
}

func TestAKeyOpensItsOwnOrganizationOnly(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		a, b := f.organization(t), f.organization(t)
		k, _, as := f.key(t, a, society.TasksRead)
		for _, forged := range []society.Actor{
			{Organization: b.Organization, Person: a.Person, Key: k.ID},
			{Organization: b.Organization, Person: b.Person, Key: k.ID},
			{Organization: a.Organization, Person: b.Person, Key: k.ID},
			{Organization: a.Organization, Person: a.Person, Key: uuid.New()},
		} {
			_, err := f.Tasks(t.Context(), forged, society.TaskFilter{}, society.PageRequest{Limit: 1})
			wantError(t, err, society.ErrUnauthenticated)
		}
		wantError(t, f.RevokeAPIKey(t.Context(), b, k.ID), society.ErrNotFound)
		if _, err := f.Tasks(t.Context(), as, society.TaskFilter{}, society.PageRequest{Limit: 1}); err != nil {
			t.Error(err)
		}
	})
}
