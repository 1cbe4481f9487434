package society

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/google/uuid"
)

// APIKeys keeps what machines sign their requests with. A key acts for the person who made it: it allows what is in its
// scopes and what that person may do at that moment, and it stops when they are suspended or leave. Of the lists and
// changes every error may be ErrNotFound, when the actor is no active member of the organization, and ErrForbidden, when
// they lack APIKeysManage.
type APIKeys interface {
	// APIKeys lists an organization's keys, newest first, the revoked and expired ones as well.
	APIKeys(ctx context.Context, as Actor, page PageRequest) (Page[APIKey], error)
	// CreateAPIKey makes a key and gives its secret, which is kept nowhere. The actor must hold every scope in the whole
	// organization. The error can be a *ValidationError.
	CreateAPIKey(ctx context.Context, as Actor, n NewAPIKey) (APIKey, string, error)
	// RevokeAPIKey ends a key for good. The error is ErrNotFound when the organization has no such live key.
	RevokeAPIKey(ctx context.Context, as Actor, id uuid.UUID) error
	// Authenticate finds who acts by a secret. The error is ErrUnauthenticated when it is no live key's.
	Authenticate(ctx context.Context, secret string) (Authenticated, error)
}

// Authenticated says who acts by an API key.
type Authenticated struct {
	// Actor acts in the key's organization, for its maker, by the key.
	Actor  Actor
	Scopes []Permission
}

// APIKey is a key without its secret.
type APIKey struct {
	ID   uuid.UUID
	Name string
	// Prefix is the beginning of the secret, to tell keys apart.
	Prefix    string
	Scopes    []Permission
	CreatedBy uuid.UUID
	CreatedAt time.Time
	// ExpiresAt is zero when it never does.
	ExpiresAt time.Time
	// LastUsedAt is zero before the first use; it is at most a minute late.
	LastUsedAt time.Time
	// RevokedAt is zero while the key is not revoked.
	RevokedAt time.Time
}

// NewAPIKey is what a person gives to make a key.
type NewAPIKey struct {
	Name string
	// Scopes are the permissions that the key allows; APIKeysManage cannot be one.
	Scopes []Permission
	// ExpiresAt is zero for never.
	ExpiresAt time.Time
}

const maxAPIKeyName = 100

// Normalize trims the name, sorts the scopes without repetitions and checks both. The error is a *ValidationError.
func (n NewAPIKey) Normalize() (NewAPIKey, error) {
	var c checker
	n.Name = c.line("name", n.Name, maxAPIKeyName)
	n.Scopes = slices.Clone(n.Scopes)
	slices.Sort(n.Scopes)
	n.Scopes = slices.Compact(n.Scopes)
	switch known := Permissions(); {
	case len(n.Scopes) == 0:
		c.refuse("scopes", "must name at least one permission")
	case slices.Contains(n.Scopes, APIKeysManage):
		c.refuse("scopes", "must not hold api_keys.manage: a key cannot make keys")
	case slices.ContainsFunc(n.Scopes, func(p Permission) bool { return !slices.Contains(known, p) }):
		c.refuse("scopes", "must be permissions of the catalogue")
	}
	return n, c.err()
}

// KeyScheme begins every secret, so that scanners for leaked secrets know one when they see it.
const KeyScheme = "mby_"

// keyPrefixLength is how much of a secret is shown afterwards, in characters of 5 bits after the scheme.
const keyPrefixLength = 6

// NewKeySecret makes a secret of 130 random bits beside its prefix.
func NewKeySecret() (secret, prefix string) {
	prefix = KeyScheme + rand.Text()[:keyPrefixLength]
	return prefix + "_" + rand.Text(), prefix
}

// HashKeySecret is what is kept of a secret. It has too many random bits for guessing, so a fast hash will do.
func HashKeySecret(secret string) TokenHash { return sha256.Sum256([]byte(secret)) }
