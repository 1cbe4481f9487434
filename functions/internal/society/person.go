package society

import (
	"crypto/sha256"
	"time"

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
