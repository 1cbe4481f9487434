package society

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// checker collects what is wrong with an input.
type checker struct{ fields []FieldError }

func (c *checker) refuse(field, message string) {
	c.fields = append(c.fields, FieldError{Field: field, Message: message})
}

func (c *checker) err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return &ValidationError{Fields: c.fields}
}

// line trims and checks a text of one line that must say something.
func (c *checker) line(field, value string, longest int) string {
	value = strings.TrimSpace(value)
	switch {
	case value == "":
		c.refuse(field, "must not be blank")
	case strings.ContainsFunc(value, unicode.IsControl):
		c.refuse(field, "must be one line without control characters")
	default:
		c.size(field, value, longest)
	}
	return value
}

// text checks a text of any number of lines, which may be empty.
func (c *checker) text(field, value string, longest int) string {
	if strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }) {
		c.refuse(field, "must not hold control characters other than tabs and line ends")
		return value
	}
	c.size(field, value, longest)
	return value
}

func (c *checker) slug(field, value string) {
	if !ValidSlug(value) {
		c.refuse(field, "must be 2 to 63 characters: groups of a-z and 0-9 joined by single hyphens")
	}
}

// size counts characters, not bytes.
func (c *checker) size(field, value string, longest int) {
	switch {
	case !utf8.ValidString(value):
		c.refuse(field, "must be valid UTF-8")
	case utf8.RuneCountInString(value) > longest:
		c.refuse(field, fmt.Sprintf("must have at most %d characters", longest))
	}
}
