package society

import (
	"errors"
	"fmt"
	"strings"
)

// The kinds of failure that callers tell apart. None of them says anything about another tenant.
var (
	// ErrUnauthenticated means that nobody is signed in, or no longer.
	ErrUnauthenticated = errors.New("not signed in")
	// ErrForbidden means that the person's role lacks the permission.
	ErrForbidden = errors.New("not permitted")
	// ErrNotFound means that the thing does not exist for this person, whether or not it exists for others.
	ErrNotFound = errors.New("not found")
	// ErrUnavailable means that a system which the answer needs does not answer now. The same request can succeed later.
	ErrUnavailable = errors.New("temporarily unavailable")
)

// FieldError says what is wrong with one field of the input.
type FieldError struct {
	// Field is the field's name as the input spells it.
	Field string
	// Message says what is wrong and what would be right.
	Message string
}

// ValidationError means that the input breaks a rule.
type ValidationError struct{ Fields []FieldError }

// Error names the fields.
func (e *ValidationError) Error() string {
	parts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		parts[i] = f.Field + " " + f.Message
	}
	return "invalid input: " + strings.Join(parts, "; ")
}

// ConflictError means that the input clashes with what is there.
type ConflictError struct {
	// Field is the field whose value is taken, or the name of the rule that the thing's present state breaks.
	Field string
	// Message says what to do.
	Message string
}

// Error says what clashes.
func (e *ConflictError) Error() string { return "conflict: " + e.Field + " " + e.Message }

// LimitError means that the organization's plan allows no more of something.
type LimitError struct {
	// Resource is what is limited, such as members.
	Resource string
	// Limit is how many the plan allows.
	Limit int
}

// Error names the resource and the limit.
func (e *LimitError) Error() string {
	return fmt.Sprintf("limit reached: the plan allows %d %s", e.Limit, e.Resource)
}
