package postgres

import (
	"github.com/miyabi-society/platform/functions/internal/society"
)

// slugTries is how many slugs are tried for one name; each but the first ends in 30 random bits.
const slugTries = 4

// withSlug makes something with a slug. One that was asked for and violates the unique key is a conflict; one that is
// derived from the name is varied until it is free.
func withSlug[T any](asked, name, key string, make func(slug string) (T, error)) (T, error) {
	if asked != "" {
		made, err := make(asked)
		if violates(err, uniqueViolation, key) {
			return made, &society.ConflictError{Field: "slug", Message: "is taken; choose another one"}
		}
		return made, err
	}
	derived := society.DeriveSlug(name)
	slug := derived
	for try := 1; ; try++ {
		made, err := make(slug)
		if !violates(err, uniqueViolation, key) || try == slugTries {
			return made, err
		}
		slug = society.VarySlug(derived)
	}
}
