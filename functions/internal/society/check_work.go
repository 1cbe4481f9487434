package society

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// number checks a whole number.
func (c *checker) number(field string, value, least, most int) {
	if value < least || value > most {
		c.refuse(field, fmt.Sprintf("must be %d to %d", least, most))
	}
}

// object checks a JSON object and gives it without insignificant space; empty stays empty.
func (c *checker) object(field, value string, longest int) string {
	if value == "" {
		return ""
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(value)); err != nil || compact.Bytes()[0] != '{' {
		c.refuse(field, "must be a JSON object")
		return value
	}
	if bytes.Contains(compact.Bytes(), []byte(`\u0000`)) {
		c.refuse(field, "must not hold the character \\u0000")
	}
	if compact.Len() > longest {
		c.refuse(field, fmt.Sprintf("must have at most %d bytes", longest))
	}
	return compact.String()
}
