package society

import (
	"crypto/sha256"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// RefreshLifetime is how long a refresh token can be used once.
const RefreshLifetime = 30 * 24 * time.Hour

// User is a person who signed in.
type User struct {
	ID uuid.UUID
	// Login is the GitHub login.
	Login string
	// Name is the name to show.
	Name string
	// Email is the public address at GitHub; empty when the person shows none.
	Email     string
	AvatarURL string
}

// GitHubAccount is what GitHub says about a person.
type GitHubAccount struct {
	// ID is GitHub's number of the account, which outlives a change of the login.
	ID        int64  `json:"id"`
	Login     string `json:"login"`
	Name      string `json:"name"`
	Email     string `json:"email,omitempty"`
	AvatarURL string `json:"avatar_url"`
}

// SignedIn says whose session it is.
type SignedIn struct {
	User    uuid.UUID `json:"user"`
	Session uuid.UUID `json:"session"`
}

// TokenHash is the SHA-256 hash of a refresh token.
type TokenHash [sha256.Size]byte

const (
	maxLogin     = 100
	maxName      = 255
	minEmail     = 3
	maxEmail     = 320
	maxAvatarURL = 2048
)

// Tidy makes what GitHub says fit: control characters go, a name that is too long is cut, a missing one becomes the
// login, and an address or picture that cannot be one is left out. Signing in must not fail on a strange profile.
func (a GitHubAccount) Tidy() GitHubAccount {
	a.Login = clean(a.Login, maxLogin)
	if a.Name = clean(a.Name, maxName); a.Name == "" {
		a.Name = a.Login
	}
	if email := clean(a.Email, maxEmail+1); email != a.Email || utf8.RuneCountInString(email) < minEmail || utf8.RuneCountInString(email) > maxEmail {
		a.Email = ""
	}
	if avatar := clean(a.AvatarURL, maxAvatarURL+1); avatar != a.AvatarURL || len(avatar) > maxAvatarURL || !strings.HasPrefix(avatar, "http") {
		a.AvatarURL = ""
	}
	return a
}

// clean gives valid text without control characters, of at most so many characters.
func clean(s string, longest int) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "")))
	if runes := []rune(s); len(runes) > longest {
		s = strings.TrimSpace(string(runes[:longest]))
	}
	return s
}
