package postgres

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/functions/internal/society"
)

func TestTheFounderOwnsTheOrganization(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		person := f.person(t)
		made, err := f.CreateOrganization(t.Context(), person, society.NewOrganization{Name: " Miyabi Society ", Description: "雅"})
		if err != nil {
			t.Fatal(err)
		}
		want := society.Organization{
			ID: made.ID, Name: "Miyabi Society", Slug: "miyabi-society", Description: "雅", Role: society.Owner,
			CreatedAt: made.CreatedAt, UpdatedAt: made.CreatedAt,
		}
		if made != want {
			t.Errorf("made %+v, want %+v", made, want)
		}
		read, err := f.Organization(t.Context(), society.Actor{Organization: made.ID, Person: person})
		if err != nil || read != made {
			t.Errorf("read %+v (%v), want %+v", read, err, made)
		}
		me, err := f.Me(t.Context(), person)
		if err != nil || me.User.ID != person || len(me.Organizations) != 1 || me.Organizations[0] != made {
			t.Errorf("me is %+v (%v)", me, err)
		}
	})
}

func TestASlugThatWasAskedForAndIsTakenIsAConflict(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		person := f.person(t)
		for i := range 2 {
			_, err := f.CreateOrganization(t.Context(), person, society.NewOrganization{Name: "x", Slug: "taken"})
			conflict, ok := errors.AsType[*society.ConflictError](err)
			if i == 0 && err != nil || i == 1 && (!ok || conflict.Field != "slug") {
				t.Errorf("time %d: error is %v", i+1, err)
			}
		}
	})
}

func TestADerivedSlugThatIsTakenGetsASuffix(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		person := f.person(t)
		seen := map[string]bool{}
		for range 3 {
			o, err := f.CreateOrganization(t.Context(), person, society.NewOrganization{Name: "Same"})
			if err != nil || !strings.HasPrefix(o.Slug, "same") || seen[o.Slug] {
				t.Fatalf("slug %q (%v) after %v", o.Slug, err, seen)
			}
			seen[o.Slug] = true
		}
	})
}

func TestOrganizationsComeByNamePageByPage(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		person := f.person(t)
		for _, name := range []string{"beta", "Alpha", "雅", "alpha", "gamma"} {
			if _, err := f.CreateOrganization(t.Context(), person, society.NewOrganization{Name: name}); err != nil {
				t.Fatal(err)
			}
		}
		f.organization(t)
		var got []string
		for cursor, first := "", true; first || cursor != ""; first = false {
			page, err := f.Organizations(t.Context(), person, society.PageRequest{Limit: 2, Cursor: cursor})
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range page.Items {
				got = append(got, o.Name)
			}
			cursor = page.Next
		}
		if fmt.Sprint(got) != "[Alpha alpha beta gamma 雅]" {
			t.Errorf("got %v", got)
		}
	})
}

func TestAnInvalidOrganizationIsRefused(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		_, err := f.CreateOrganization(t.Context(), f.person(t), society.NewOrganization{Name: "a\x00"})
		wantInvalid(t, err, "name")
	})
}

func TestAPersonWhoIsGoneIsNotSignedIn(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		_, err := f.Me(t.Context(), uuid.New())
		wantError(t, err, society.ErrUnauthenticated)
		_, err = f.CreateOrganization(t.Context(), uuid.New(), society.NewOrganization{Name: "x"})
		wantError(t, err, society.ErrUnauthenticated)
	})
}
