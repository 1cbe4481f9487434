package httpapi

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/ogen-go/ogen/validate"
)

// wrapping is what the generated code puts before the reason, such as the kind of value that it validated.
var wrapping = regexp.MustCompile(`^(string|int|array|float|enum): `)

// message says in plain words which rule a value breaks.
func message(err error) string {
	if errors.Is(err, validate.ErrFieldRequired) {
		return "is required"
	}
	if e, ok := errors.AsType[*validate.MinLengthError](err); ok {
		return fmt.Sprintf("must have at least %d characters or items, has %d", e.MinLength, e.Len)
	}
	if e, ok := errors.AsType[*validate.MaxLengthError](err); ok {
		return fmt.Sprintf("must have at most %d characters or items, has %d", e.MaxLength, e.Len)
	}
	if e, ok := errors.AsType[*validate.NoRegexMatchError](err); ok {
		_ = e
		return "has characters that are not allowed here, or in the wrong place"
	}
	text := wrapping.ReplaceAllString(err.Error(), "")
	switch {
	case strings.Contains(text, "invalid UUID"):
		return "must be a UUID"
	case strings.Contains(text, "invalid syntax"):
		return "must be a whole number"
	}
	return text
}
