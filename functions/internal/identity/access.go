package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// issuer is the `iss` of every access token; the environment is its `aud`, so that a token of one environment is
// refused by another one even if they shared a key.
const issuer = "miyabi"

// sessionClaim names the family of refresh tokens that the access token came from.
const sessionClaim = "sid"

// clockSkew is by how much the clocks of two functions may differ.
const clockSkew = 5 * time.Second

// AccessTokens signs and verifies access tokens: JWT (RFC 7519) with HS256 and the key's id in the header, so that
// keys can be rotated.
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
	token, err := jwt.NewBuilder().Issuer(issuer).Audience([]string{a.environment}).Subject(who.User.String()).
		IssuedAt(now).Expiration(now.Add(AccessLifetime)).Claim(sessionClaim, who.Session.String()).Build()
	if err != nil {
		return "", fmt.Errorf("build an access token: %w", err)
	}
	headers := jws.NewHeaders()
	if err := headers.Set(jws.KeyIDKey, keyID(secret.JWTKey)); err != nil {
		return "", fmt.Errorf("name the key of an access token: %w", err)
	}
	signed, err := jwt.Sign(token, jwt.WithKey(jwa.HS256(), []byte(secret.JWTKey), jws.WithProtectedHeaders(headers)))
	if err != nil {
		return "", fmt.Errorf("sign an access token: %w", err)
	}
	return string(signed), nil
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
	who, err := a.verifyWith(secret, token)
	if errors.Is(err, errUnknownKey) {
		if secret, err = a.secrets.Renew(ctx); err != nil {
			return society.SignedIn{}, err
		}
		who, err = a.verifyWith(secret, token)
	}
	if err != nil {
		return society.SignedIn{}, fmt.Errorf("%w: %w", society.ErrUnauthenticated, err)
	}
	return who, nil
}

func (a *AccessTokens) verifyWith(secret Secret, token string) (society.SignedIn, error) {
	key, err := keyFor(secret, token)
	if err != nil {
		return society.SignedIn{}, err
	}
	parsed, err := jwt.ParseString(token, jwt.WithKey(jwa.HS256(), key), jwt.WithIssuer(issuer), jwt.WithAudience(a.environment),
		jwt.WithRequiredClaim(jwt.ExpirationKey), jwt.WithClock(jwt.ClockFunc(a.now)), jwt.WithAcceptableSkew(clockSkew))
	if err != nil {
		return society.SignedIn{}, fmt.Errorf("verify an access token: %w", err)
	}
	return claimsOf(parsed)
}

// keyFor finds the key that the token's header names. The algorithm is ours to say, not the token's.
func keyFor(secret Secret, token string) ([]byte, error) {
	message, err := jws.ParseString(token)
	if err != nil {
		return nil, fmt.Errorf("parse an access token: %w", err)
	}
	signatures := message.Signatures()
	if len(signatures) != 1 {
		return nil, errors.New("an access token has one signature")
	}
	id, _ := signatures[0].ProtectedHeaders().KeyID()
	key := secret.key(id)
	if key == nil {
		return nil, errUnknownKey
	}
	return key, nil
}

func claimsOf(t jwt.Token) (society.SignedIn, error) {
	subject, _ := t.Subject()
	user, err := uuid.Parse(subject)
	if err != nil {
		return society.SignedIn{}, fmt.Errorf("read the subject of an access token: %w", err)
	}
	var session string
	if err := t.Get(sessionClaim, &session); err != nil {
		return society.SignedIn{}, fmt.Errorf("read the session of an access token: %w", err)
	}
	id, err := uuid.Parse(session)
	if err != nil {
		return society.SignedIn{}, fmt.Errorf("read the session of an access token: %w", err)
	}
	return society.SignedIn{User: user, Session: id}, nil
}
