package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// refreshBytes is the length of a refresh token: 256 random bits, which nobody guesses, so that a plain hash of it is
// safe to keep.
const refreshBytes = 32

// NewRefreshToken makes a token for the browser and the hash that stands for it everywhere else.
func NewRefreshToken() (string, society.TokenHash) {
	b := make([]byte, refreshBytes)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(b), sha256.Sum256(b)
}

// HashRefreshToken gives the hash of a token that a browser sent; false when it cannot be one.
func HashRefreshToken(token string) (society.TokenHash, bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != refreshBytes {
		return society.TokenHash{}, false
	}
	return sha256.Sum256(b), true
}
