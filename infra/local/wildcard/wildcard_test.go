package wildcard

import (
	"strings"
	"testing"
	"time"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"?", "", false},
		{"a*c", "abbc", true},
		{"a*c", "abbd", false},
		{"*b*b", "abab", true},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"**", "x", true},
		{"a*", "ba", false},
	} {
		if got := Match(c.pattern, c.s); got != c.want {
			t.Errorf("%q on %q: %v", c.pattern, c.s, got)
		}
	}
}

func TestAPatternOfManyStarsEndsSoon(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	if Match(strings.Repeat("*a", 120)+"b", strings.Repeat("a", 8000)) || time.Since(begun) > time.Second {
		t.Errorf("took %s", time.Since(begun))
	}
}
