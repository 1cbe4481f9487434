package identity

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/miyabi-society/platform/functions/internal/society"
)

const (
	oldKey = "old-key-old-key-old-key-old-key-old-key-"
	newKey = "new-key-new-key-new-key-new-key-new-key-"
)

func secretText(current, previous string) string {
	return `{"github_client_id":"","github_client_secret":"","jwt_key":"` + current + `","jwt_key_previous":"` + previous + `"}`
}

// source gives a source whose text can be changed.
func source(text *string) *SecretSource {
	return NewSecretSource(func(context.Context) (string, error) { return *text, nil })
}

func somebody() society.SignedIn { return society.SignedIn{User: uuid.New(), Session: uuid.New()} }

func TestATokenTellsWhoseItIs(t *testing.T) {
	t.Parallel()
	text := secretText(newKey, "")
	a := NewAccessTokens(source(&text), "dev")
	who := somebody()
	token, err := a.Sign(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := a.Verify(t.Context(), token); err != nil || got != who {
		t.Errorf("got %v (%v), want %v", got, err, who)
	}
}

func TestTokensAreStandardJWT(t *testing.T) {
	t.Parallel()
	text := secretText(newKey, "")
	a := NewAccessTokens(source(&text), "dev")
	who := somebody()
	ours, err := a.Sign(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jwt.ParseString(ours, jwt.WithKey(jwa.HS256(), []byte(newKey)), jwt.WithIssuer("miyabi"), jwt.WithAudience("dev"))
	if err != nil {
		t.Fatalf("jwx refuses our token: %v", err)
	}
	if subject, _ := parsed.Subject(); subject != who.User.String() {
		t.Errorf("jwx reads the subject %s", subject)
	}
	theirs := signed(t, payload(who, time.Now()), newKey, jwa.HS256(), keyID(newKey))
	if got, err := a.Verify(t.Context(), theirs); err != nil || got != who {
		t.Errorf("we read jwx's token as %v (%v)", got, err)
	}
}

// payload is the claims of a good token.
func payload(who society.SignedIn, at time.Time) string {
	token, err := jwt.NewBuilder().Issuer("miyabi").Subject(who.User.String()).IssuedAt(at).Expiration(at.Add(AccessLifetime)).
		Claim("aud", "dev").Claim("sid", who.Session.String()).Build()
	if err != nil {
		panic(err)
	}
	text, err := jwt.NewSerializer().Serialize(token)
	if err != nil {
		panic(err)
	}
	return strings.ReplaceAll(string(text), `"aud":["dev"]`, `"aud":"dev"`)
}

func signed(t *testing.T, payload, key string, algorithm jwa.SignatureAlgorithm, kid string) string {
	t.Helper()
	h := jws.NewHeaders()
	if err := h.Set(jws.KeyIDKey, kid); err != nil {
		t.Fatal(err)
	}
	out, err := jws.Sign([]byte(payload), jws.WithKey(algorithm, []byte(key), jws.WithProtectedHeaders(h)))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestForgedTokensAreRefused(t *testing.T) {
	t.Parallel()
	text := secretText(newKey, "")
	a := NewAccessTokens(source(&text), "dev")
	who := somebody()
	good := signed(t, payload(who, time.Now()), newKey, jwa.HS256(), keyID(newKey))
	parts := strings.Split(good, ".")
	encode := base64.RawURLEncoding.EncodeToString
	other := payload(somebody(), time.Now())
	for name, token := range map[string]string{
		"empty":                "",
		"no token":             "abc",
		"two parts":            parts[0] + "." + parts[1],
		"another payload":      parts[0] + "." + encode([]byte(other)) + "." + parts[2],
		"no signature":         parts[0] + "." + parts[1] + ".",
		"algorithm none":       encode([]byte(`{"alg":"none","kid":"`+keyID(newKey)+`"}`)) + "." + parts[1] + ".",
		"another algorithm":    signed(t, payload(who, time.Now()), newKey, jwa.HS512(), keyID(newKey)),
		"another key":          signed(t, payload(who, time.Now()), oldKey, jwa.HS256(), keyID(newKey)),
		"an unknown key":       signed(t, payload(who, time.Now()), oldKey, jwa.HS256(), keyID(oldKey)),
		"expired":              signed(t, payload(who, time.Now().Add(-AccessLifetime-time.Minute)), newKey, jwa.HS256(), keyID(newKey)),
		"of the future":        signed(t, payload(who, time.Now().Add(time.Hour)), newKey, jwa.HS256(), keyID(newKey)),
		"another environment":  signed(t, strings.Replace(payload(who, time.Now()), `"aud":"dev"`, `"aud":"prod"`, 1), newKey, jwa.HS256(), keyID(newKey)),
		"another issuer":       signed(t, strings.Replace(payload(who, time.Now()), `"iss":"miyabi"`, `"iss":"x"`, 1), newKey, jwa.HS256(), keyID(newKey)),
		"nobody":               signed(t, payload(society.SignedIn{}, time.Now()), newKey, jwa.HS256(), keyID(newKey)),
		"no claims":            signed(t, `[]`, newKey, jwa.HS256(), keyID(newKey)),
		"too long":             good + strings.Repeat("a", longestToken),
		"header is not JSON":   encode([]byte("x")) + "." + parts[1] + "." + parts[2],
		"header is not base64": "!." + parts[1] + "." + parts[2],
	} {
		if _, err := a.Verify(t.Context(), token); !errors.Is(err, society.ErrUnauthenticated) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

func TestAfterARotationBothKeysAreAccepted(t *testing.T) {
	t.Parallel()
	text := secretText(oldKey, "")
	secrets := source(&text)
	clock := time.Now()
	secrets.now = func() time.Time { return clock }
	a := NewAccessTokens(secrets, "dev")
	who := somebody()
	before, err := a.Sign(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	text = secretText(newKey, oldKey)
	after := signed(t, payload(who, clock), newKey, jwa.HS256(), keyID(newKey))
	if _, err := a.Verify(t.Context(), after); !errors.Is(err, society.ErrUnauthenticated) {
		t.Errorf("within the pause the secret is not read again, error is %v", err)
	}
	clock = clock.Add(secretPause)
	for name, token := range map[string]string{"new": after, "old": before} {
		if _, err := a.Verify(t.Context(), token); err != nil {
			t.Errorf("%s key: %v", name, err)
		}
	}
	text = secretText(newKey, "")
	clock = clock.Add(secretAge)
	a.now = func() time.Time { return clock }
	if _, err := a.Verify(t.Context(), before); !errors.Is(err, society.ErrUnauthenticated) {
		t.Errorf("a key that is gone: error is %v", err)
	}
}

func TestASecretThatCannotBeReadIsUnavailableUntilItWasReadOnce(t *testing.T) {
	t.Parallel()
	broken := true
	secrets := NewSecretSource(func(context.Context) (string, error) {
		if broken {
			return "", errors.New("no answer")
		}
		return secretText(newKey, ""), nil
	})
	clock := time.Now()
	secrets.now = func() time.Time { return clock }
	a := NewAccessTokens(secrets, "dev")
	if _, err := a.Sign(t.Context(), somebody()); !errors.Is(err, society.ErrUnavailable) {
		t.Errorf("sign: %v", err)
	}
	if _, err := a.Verify(t.Context(), "x"); !errors.Is(err, society.ErrUnavailable) {
		t.Errorf("verify: %v", err)
	}
	broken = false
	if _, err := a.Sign(t.Context(), somebody()); err != nil {
		t.Fatal(err)
	}
	broken, clock = true, clock.Add(2*secretAge)
	if _, err := a.Sign(t.Context(), somebody()); err != nil {
		t.Errorf("with the secret known: %v", err)
	}
}

func TestAWrongSecretIsRefusedWithoutQuotingIt(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"geheim", `{"jwt_key":"geheim"}`, `{"jwt_key":"` + newKey + `","jwt_key_previous":"geheim"}`} {
		if _, err := ParseSecret(text); err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: error is %v", text, err)
		}
	}
}

func TestARefreshTokenHashesToTheSameValue(t *testing.T) {
	t.Parallel()
	token, hash := NewRefreshToken()
	other, _ := NewRefreshToken()
	if got, ok := HashRefreshToken(token); !ok || got != hash || token == other {
		t.Errorf("token %s, hash %x, got %x", token, hash, got)
	}
	for _, bad := range []string{"", "abc", token + "a", token[:42] + "!"} {
		if _, ok := HashRefreshToken(bad); ok {
			t.Errorf("%q is taken for a token", bad)
		}
	}
}
