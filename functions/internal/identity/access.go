package identity

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// issuer is the `iss` of every access token; the environment is its `aud`, so that a token of one environment is
// refused by another one even if they shared a key.
const issuer = "miyabi"

// clockSkew is by how much the clocks of two functions may differ.
const clockSkew = 5 * time.Second

const (
	algorithm = "HS256"
	// longestToken bounds the work on a forged one; ours have about 350 characters.
	longestToken = 4096
)

// encoding refuses the second spellings that base64 has for the last character.
var encoding = base64.RawURLEncoding.Strict()

// claims is the payload of an access token (RFC 7519, section 4.1). Times are in seconds since 1970.
type claims struct {
	Issuer   string    `json:"iss"`
	Audience string    `json:"aud"`
	Subject  uuid.UUID `json:"sub"`
	// Session is the family of refresh tokens that the access token came from.
	Session uuid.UUID `json:"sid"`
	Issued  int64     `json:"iat"`
	Expires int64     `json:"exp"`
}

// AccessTokens signs and verifies access tokens: JWT with HS256 and the key's id in the header, so that keys can be
// rotated.
type AccessTokens struct {
	secrets     *SecretSource
	environment string
	now         func() time.Time
}

// NewAccessTokens makes the signer and verifier of one environment.
func NewAccessTokens(secrets *SecretSource, environment string) *AccessTokens {
	return &AccessTokens{secrets: secrets, environment: environment, now: time.Now}
}

// Sign makes a token for a session that is good for AccessLifetime.
func (a *AccessTokens) Sign(ctx context.Context, who society.SignedIn) (string, error) {
	secret, err := a.secrets.Get(ctx)
	if err != nil {
		return "", err
	}
	now := a.now()
	payload, err := json.Marshal(claims{
		Issuer: issuer, Audience: a.environment, Subject: who.User, Session: who.Session,
		Issued: now.Unix(), Expires: now.Add(AccessLifetime).Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("write the claims of an access token: %w", err)
	}
	return sign(payload, secret.JWTKey)
}

// header is the protected header of an access token (RFC 7515, section 4.1).
type header struct {
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
	Type      string `json:"typ,omitempty"`
}

// sign writes the compact form: header, payload and signature (RFC 7515, section 3.1). The standard library does it in
// a few lines; jwx, against which the tests check this, would add 0.5 MB to the zip of the function.
func sign(payload []byte, key string) (string, error) {
	head, err := json.Marshal(header{Algorithm: algorithm, KeyID: keyID(key), Type: "JWT"})
	if err != nil {
		return "", fmt.Errorf("write the header of an access token: %w", err)
	}
	signed := encoding.EncodeToString(head) + "." + encoding.EncodeToString(payload)
	return signed + "." + encoding.EncodeToString(signature([]byte(key), signed)), nil
}

func signature(key []byte, signed string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(signed))
	return mac.Sum(nil)
}

// errUnknownKey means that a token names a key that the secret does not hold, or did not when it was last read.
var errUnknownKey = errors.New("unknown key")

// Verify gives whose token it is. The error is society.ErrUnauthenticated for anything but a good token, and
// society.ErrUnavailable when the keys cannot be read.
func (a *AccessTokens) Verify(ctx context.Context, token string) (society.SignedIn, error) {
	secret, err := a.secrets.Get(ctx)
	if err != nil {
		return society.SignedIn{}, err
	}
	payload, err := open(secret, token)
	if errors.Is(err, errUnknownKey) {
		if secret, err = a.secrets.Renew(ctx); err != nil {
			return society.SignedIn{}, err
		}
		payload, err = open(secret, token)
	}
	if err != nil {
		return society.SignedIn{}, fmt.Errorf("%w: %w", society.ErrUnauthenticated, err)
	}
	who, err := a.check(payload)
	if err != nil {
		return society.SignedIn{}, fmt.Errorf("%w: %w", society.ErrUnauthenticated, err)
	}
	return who, nil
}

// open gives what the key signed that the token's header names. The algorithm is ours to say, not the token's
// (RFC 8725, section 3.1).
func open(secret Secret, token string) ([]byte, error) {
	if len(token) > longestToken {
		return nil, errors.New("too long for an access token")
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("an access token has three parts")
	}
	key, err := keyFor(secret, parts[0])
	if err != nil {
		return nil, err
	}
	given, err := encoding.DecodeString(parts[2])
	if err != nil || !hmac.Equal(given, signature(key, parts[0]+"."+parts[1])) {
		return nil, errors.New("the signature of an access token is wrong")
	}
	return encoding.DecodeString(parts[1])
}

func keyFor(secret Secret, encoded string) ([]byte, error) {
	text, err := encoding.DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("decode the header of an access token: %w", err)
	}
	var h header
	if err := json.Unmarshal(text, &h); err != nil {
		return nil, fmt.Errorf("read the header of an access token: %w", err)
	}
	if h.Algorithm != algorithm {
		return nil, errors.New("an access token is signed with " + algorithm)
	}
	key := secret.key(h.KeyID)
	if key == nil {
		return nil, errUnknownKey
	}
	return key, nil
}

func (a *AccessTokens) check(payload []byte) (society.SignedIn, error) {
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return society.SignedIn{}, fmt.Errorf("read the claims of an access token: %w", err)
	}
	now := a.now()
	switch {
	case c.Issuer != issuer || c.Audience != a.environment:
		return society.SignedIn{}, errors.New("an access token of another environment")
	case !now.Before(time.Unix(c.Expires, 0).Add(clockSkew)):
		return society.SignedIn{}, errors.New("an expired access token")
	case now.Before(time.Unix(c.Issued, 0).Add(-clockSkew)):
		return society.SignedIn{}, errors.New("an access token of the future")
	case c.Subject == uuid.Nil || c.Session == uuid.Nil:
		return society.SignedIn{}, errors.New("an access token of nobody")
	}
	return society.SignedIn{User: c.Subject, Session: c.Session}, nil
}
