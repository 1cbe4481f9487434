package society

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestDeriveSlugKeepsAsciiWords(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Miyabi Society":               "miyabi-society",
		"  A & B -- c ":                "a-b-c",
		"ACME 雅 2":                     "acme-2",
		strings.Repeat("ab ", 40):      strings.TrimRight(strings.Repeat("ab-", 21), "-"),
		strings.Repeat("a", 62) + " b": strings.Repeat("a", 62),
	} {
		if got := DeriveSlug(name); got != want {
			t.Errorf("DeriveSlug(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestDeriveSlugOfAJapaneseNameIsRandom(t *testing.T) {
	t.Parallel()
	a, b := DeriveSlug("雅の会"), DeriveSlug("雅の会")
	if !strings.HasPrefix(a, "org-") || a == b {
		t.Errorf("slugs %q and %q, want two different ones that start with org-", a, b)
	}
}

func TestEverySlugThatIsMadeIsValid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		slug := DeriveSlug(rapid.String().Draw(t, "name"))
		if !ValidSlug(slug) {
			t.Fatalf("derived slug %q is not valid", slug)
		}
		if varied := VarySlug(slug); !ValidSlug(varied) || varied == slug {
			t.Fatalf("varied slug %q of %q is not valid or the same", varied, slug)
		}
	})
}

func TestNormalizeRefusesAndNamesTheField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		err   func() error
		field string
	}{
		{"blank task name", func() error { _, err := NewTask{Name: " \t　"}.Normalize(); return err }, "name"},
		{"task name of two lines", func() error { _, err := NewTask{Name: "a\nb"}.Normalize(); return err }, "name"},
		{"task name too long", func() error { _, err := NewTask{Name: strings.Repeat("雅", 256)}.Normalize(); return err }, "name"},
		{"invalid UTF-8", func() error { _, err := NewTask{Name: "a\xff"}.Normalize(); return err }, "name"},
		{"NUL in description", func() error { _, err := NewTask{Name: "a", Description: "b\x00"}.Normalize(); return err }, "description"},
		{"description too long", func() error {
			_, err := NewTask{Name: "a", Description: strings.Repeat("b", 10001)}.Normalize()
			return err
		}, "description"},
		{"unknown priority", func() error { _, err := NewTask{Name: "a", Priority: "P9"}.Normalize(); return err }, "priority"},
		{"blank agent type", func() error { _, err := NewTask{Name: "a", AgentType: " "}.Normalize(); return err }, "agent_type"},
		{"blank organization name", func() error { _, err := NewOrganization{}.Normalize(); return err }, "name"},
		{"slug with capitals", func() error { _, err := NewOrganization{Name: "a", Slug: "Abc"}.Normalize(); return err }, "slug"},
		{"slug of one character", func() error { _, err := NewOrganization{Name: "a", Slug: "a"}.Normalize(); return err }, "slug"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			invalid, ok := errors.AsType[*ValidationError](c.err())
			if !ok || len(invalid.Fields) != 1 || invalid.Fields[0].Field != c.field {
				t.Fatalf("error is %v, want one about %s", c.err(), c.field)
			}
			if !strings.Contains(invalid.Error(), c.field) {
				t.Errorf("text %q does not name %s", invalid.Error(), c.field)
			}
		})
	}
}

func TestNormalizeTrimsAndFillsIn(t *testing.T) {
	t.Parallel()
	got, err := NewTask{Name: "  雅  ", Description: " kept\n\tas it is "}.Normalize()
	if err != nil {
		t.Fatal(err)
	}
	want := NewTask{Name: "雅", Description: " kept\n\tas it is ", Priority: DefaultPriority, Timeout: DefaultTimeout, MaxRetries: got.MaxRetries}
	if got != want || *got.MaxRetries != DefaultRetries {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestEachRoleHoldsWhatTheWeakerOneHolds(t *testing.T) {
	t.Parallel()
	all := RolePermissions()
	order := []Role{Viewer, Member, Admin, Owner}
	for i := 1; i < len(order); i++ {
		held := map[Permission]bool{}
		for _, p := range all[order[i]] {
			held[p] = true
		}
		for _, p := range all[order[i-1]] {
			if !held[p] {
				t.Errorf("%s lacks %s, which %s has", order[i], p, order[i-1])
			}
		}
	}
}
