// Package identity knows who a request comes from: short access tokens, rotating refresh tokens, and the keys that
// sign the former.
package identity

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// The cookies of a signed-in browser. The prefixes make browsers refuse them unless they are Secure, and the first
// one unless it is for the whole of this very host (RFC 6265bis, section 4.1.3).
const (
	AccessCookie  = "__Host-miyabi-access"
	RefreshCookie = "__Secure-miyabi-refresh"
	OAuthCookie   = "__Host-miyabi-oauth"
	// RefreshPath is the only path that the refresh cookie is sent to.
	RefreshPath = "/auth"
)

// AccessLifetime is how long an access token is good. A revoked session ends when its last access token does.
const AccessLifetime = 15 * time.Minute

// shortestKey is the shortest key that HS256 may have, in bytes (RFC 7518 section 3.2).
const shortestKey = 32

// Secret is the content of the identity secret.
type Secret struct {
	GitHubClientID     string `json:"github_client_id"`
	GitHubClientSecret string `json:"github_client_secret"`
	// JWTKey signs access tokens.
	JWTKey string `json:"jwt_key"`
	// JWTKeyPrevious still verifies them after a rotation; empty when there was none.
	JWTKeyPrevious string `json:"jwt_key_previous"`
}

// ParseSecret reads the text of the identity secret.
func ParseSecret(text string) (Secret, error) {
	var s Secret
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return Secret{}, errors.New("the identity secret is not a JSON object of texts") // the cause would quote the secret
	}
	if len(s.JWTKey) < shortestKey {
		return Secret{}, fmt.Errorf("jwt_key in the identity secret has %d characters; it needs at least %d", len(s.JWTKey), shortestKey)
	}
	if n := len(s.JWTKeyPrevious); n > 0 && n < shortestKey {
		return Secret{}, fmt.Errorf("jwt_key_previous in the identity secret has %d characters; it needs at least %d, or none", n, shortestKey)
	}
	return s, nil
}

// key gives the key of this id, nil for an unknown one.
func (s Secret) key(id string) []byte {
	for _, k := range []string{s.JWTKey, s.JWTKeyPrevious} {
		if k != "" && keyID(k) == id {
			return []byte(k)
		}
	}
	return nil
}

// keyID names a key without telling it: the first 16 hex digits of its SHA-256 hash.
func keyID(key string) string {
	h := sha256.Sum256([]byte(key))
	return hex.EncodeToString(h[:8])
}
