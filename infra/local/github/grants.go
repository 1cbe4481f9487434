package github

import (
	"crypto/rand"
	"strings"
	"sync"
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
	expires     time.Time
}

// scopes are separated by spaces or commas.
func (g grant) scopes() []string {
	return strings.FieldsFunc(g.scope, func(r rune) bool { return r == ' ' || r == ',' })
}

// grants keeps codes until they are used and tokens until the stand-in stops.
type grants struct {
	now    func() time.Time
	mu     sync.Mutex
	codes  map[string]grant
	tokens map[string]grant
}

func newGrants() *grants {
	return &grants{now: time.Now, codes: map[string]grant{}, tokens: map[string]grant{}}
}

// addCode returns a code for the grant and forgets those that expired.
func (g *grants) addCode(given grant) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	for code, old := range g.codes {
		if now.After(old.expires) {
			delete(g.codes, code)
		}
	}
	given.expires = now.Add(codeLifetime)
	code := strings.ToLower(rand.Text())[:20]
	g.codes[code] = given
	return code
}

// takeCode returns the grant of a code; a code works once.
func (g *grants) takeCode(code string) (grant, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	given, ok := g.codes[code]
	delete(g.codes, code)
	return given, ok && g.now().Before(given.expires)
}

func (g *grants) addToken(given grant) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	token := "gho_" + rand.Text() + rand.Text()[:10]
	g.tokens[token] = given
	return token
}

func (g *grants) byToken(token string) (grant, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	given, ok := g.tokens[token]
	return given, ok
}
