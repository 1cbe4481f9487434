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
	unit := "characters"
	if strings.HasPrefix(err.Error(), "array: ") {
		unit = "items"
	}
	if e, ok := errors.AsType[*validate.MinLengthError](err); ok && e.MinLength == 1 {
		return "must not be empty"
	} else if ok {
		return fmt.Sprintf("must have at least %d %s, has %d", e.MinLength, unit, e.Len)
	}
	if e, ok := errors.AsType[*validate.MaxLengthError](err); ok {
		return fmt.Sprintf("must have at most %d %s, has %d", e.MaxLength, unit, e.Len)
	}
	if _, ok := errors.AsType[*validate.NoRegexMatchError](err); ok {
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
