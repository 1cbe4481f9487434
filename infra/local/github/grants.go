package github

import (
	"strings"
	"time"
)

// codeLifetime is how long a code may be exchanged (the flow: "The code expires after 10 minutes").
const codeLifetime = 10 * time.Minute

// grant is what a person allowed the app.
type grant struct {
	person      Person
	scope       string
	redirectURI string
	challenge   string
	expires     time.Time // of its code
}

// scopes are separated by spaces or commas.
func (g grant) scopes() []string {
	return strings.FieldsFunc(g.scope, func(r rune) bool { return r == ' ' || r == ',' })
}
