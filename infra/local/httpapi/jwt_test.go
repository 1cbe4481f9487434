package httpapi

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

var signingKey = func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
}()

// issuer is an OpenID Connect issuer with one RSA key named k1 and one that is no RSA key.
type issuer struct {
	*httptest.Server
	asked atomic.Int64
	slow  time.Duration
	pad   string
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		i.asked.Add(1)
		time.Sleep(i.slow)
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":"%s/keys"}`, i.URL, i.URL)
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		n := base64.RawURLEncoding.EncodeToString(signingKey.N.Bytes())
		e := base64.RawURLEncoding.EncodeToString(big.NewInt(int64(signingKey.E)).Bytes())
		fmt.Fprintf(w, `{"keys":[{"kty":"EC","kid":"k0","crv":"P-256"},{"kty":"RSA","kid":"k1","n":%q,"e":%q,"alg":"RS256"}],"pad":%q}`, n, e, i.pad)
	})
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

// sign makes a token; a header or claim that is nil is left out.
func sign(header, claims map[string]any) string {
	part := func(m map[string]any) string {
		for k, v := range m {
			if v == nil {
				delete(m, k)
			}
		}
		b, _ := json.Marshal(m)
		return base64.RawURLEncoding.EncodeToString(b)
	}
	signed := part(header) + "." + part(claims)
	hash := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, signingKey, crypto.SHA256, hash[:])
	if err != nil {
		panic(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func (i *issuer) claims(change map[string]any) map[string]any {
	now := time.Now().Unix()
	c := map[string]any{"iss": i.URL, "aud": []string{"other", "app"}, "sub": "me", "exp": now + 60, "iat": now, "nbf": now}
	for k, v := range change {
		c[k] = v
	}
	return c
}

func header(change map[string]any) map[string]any {
	h := map[string]any{"alg": "RS256", "kid": "k1", "typ": "JWT"}
	for k, v := range change {
		h[k] = v
	}
	return h
}

func (i *issuer) api(t *testing.T, b *backend, scopes ...string) API {
	t.Helper()
	a := b.api(t, "GET /me")
	a.Routes[0].JWT = &JWTAuthorizer{Issuer: i.URL, Audience: []string{"app", "two"}, IdentitySource: "$request.header.Authorization"}
	a.Routes[0].Scopes = scopes
	return a
}

func withToken(token string) *http.Request {
	r := get("/me")
	if token != "" {
		r.Header.Set("Authorization", token)
	}
	return r
}

func TestClaimsOfATokenReachTheFunctionAsText(t *testing.T) {
	t.Parallel()
	i, b := newIssuer(t), &backend{}
	token := sign(header(nil), i.claims(map[string]any{"exp": 4102444800, "n": 1.5, "big": json.Number("12345678901234567890"), "ok": true, "nothing": json.RawMessage("null"), "groups": []string{"a", "b"}, "address": map[string]any{"city": "Kyoto"}}))
	for _, prefix := range []string{"Bearer ", "bearer ", ""} {
		wantEqual(t, "status", serve(t, i.api(t, b), withToken(prefix+token)).StatusCode, 204)
	}
	for name, want := range map[string]string{"sub": "me", "exp": "4102444800", "n": "1.5", "big": "12345678901234567890", "ok": "true", "groups": "[a b]", "aud": "[other app]", "address": "map[city:Kyoto]"} {
		wantEqual(t, name, b.at("requestContext", "authorizer", "jwt", "claims", name), want)
	}
	if claims, _ := b.at("requestContext", "authorizer", "jwt", "claims").(map[string]any); claims["nothing"] != nil {
		t.Error("a claim that is null was passed")
	}
	wantEqual(t, "scopes", b.at("requestContext", "authorizer", "jwt", "scopes"), nil)
}

func TestTokensThatAreNotValidAre401(t *testing.T) {
	t.Parallel()
	i, b := newIssuer(t), &backend{}
	now := time.Now().Unix()
	good := sign(header(nil), i.claims(nil))
	for token, want := range map[string]string{
		"":                                  `Bearer`,
		"x":                                 `the token is not a JWT`,
		"a.b.c":                             `the token is not a JWT`,
		`{"payload":"e30","signatures":[]}`: `the token is not a JWT`,
		good[:len(good)-8] + "AAAAAAAA":     `the token has an invalid signature`,
		sign(header(map[string]any{"alg": "HS256"}), i.claims(nil)):                 `signing method HS256 is invalid`,
		sign(header(map[string]any{"alg": "none"}), i.claims(nil)):                  `signing method none is invalid`,
		sign(header(map[string]any{"kid": "k0"}), i.claims(nil)):                    `kid`,
		sign(header(map[string]any{"kid": nil}), i.claims(nil)):                     `kid`,
		sign(header(nil), i.claims(map[string]any{"iss": "https://evil"})):          `the token does not have a valid issuer`,
		sign(header(nil), i.claims(map[string]any{"aud": "x"})):                     `the token does not have a valid audience`,
		sign(header(nil), i.claims(map[string]any{"aud": nil})):                     `the token does not have a valid audience`,
		sign(header(nil), i.claims(map[string]any{"aud": "x", "client_id": "app"})): `the token does not have a valid audience`,
		sign(header(nil), i.claims(map[string]any{"exp": now - 1})):                 `the token has expired`,
		sign(header(nil), i.claims(map[string]any{"exp": nil})):                     `the token has expired`,
		sign(header(nil), i.claims(map[string]any{"exp": "soon"})):                  `the token is not a JWT`,
		sign(header(nil), i.claims(map[string]any{"nbf": now + 60})):                `the token is used before it is valid`,
		sign(header(nil), i.claims(map[string]any{"iat": now + 60})):                `the token is used before it is valid`,
		strings.Repeat("a", 9000) + "." + good:                                      `the token is not a JWT`,
	} {
		res := serve(t, i.api(t, b), withToken(token))
		wantEqual(t, want, res.StatusCode, 401)
		if challenge := res.Header.Get("Www-Authenticate"); !strings.Contains(challenge, want) || !strings.HasPrefix(challenge, "Bearer") {
			t.Errorf("challenge %q, want %q", challenge, want)
		}
		wantEqual(t, "body", body(t, res), `{"message":"Unauthorized"}`)
	}
	wantEqual(t, "function", b.called, "")
}

func TestClientIDCountsWhereTheTokenHasNoAudience(t *testing.T) {
	t.Parallel()
	i, b := newIssuer(t), &backend{}
	token := sign(header(nil), i.claims(map[string]any{"aud": nil, "client_id": "two"}))
	wantEqual(t, "status", serve(t, i.api(t, b), withToken(token)).StatusCode, 204)
}

func TestOneOfTheRoutesScopesIsNeeded(t *testing.T) {
	t.Parallel()
	i, b := newIssuer(t), &backend{}
	for claim, value := range map[string]any{"scope": "read write", "scp": []string{"read", "write"}} {
		token := sign(header(nil), i.claims(map[string]any{claim: value}))
		wantEqual(t, claim, serve(t, i.api(t, b, "admin", "write"), withToken(token)).StatusCode, 204)
		wantEqual(t, "scopes", b.at("requestContext", "authorizer", "jwt", "scopes"), []string{"read", "write"})
		res := serve(t, i.api(t, b, "admin", "rea"), withToken(token))
		wantEqual(t, "status", res.StatusCode, 403)
		wantEqual(t, "body", body(t, res), `{"message":"Forbidden"}`)
		wantEqual(t, "challenge", res.Header.Get("Www-Authenticate"), `Bearer scope="admin rea" error="insufficient_scope"`)
	}
}

func TestTheTokenMayBeAQueryParameter(t *testing.T) {
	t.Parallel()
	i, b := newIssuer(t), &backend{}
	a := i.api(t, b)
	a.Routes[0].JWT.IdentitySource = "$request.querystring.token"
	wantEqual(t, "status", serve(t, a, get("/me?token="+sign(header(nil), i.claims(nil)))).StatusCode, 204)
}

func TestTheIssuersKeysAreAskedForOnce(t *testing.T) {
	t.Parallel()
	i, b := newIssuer(t), &backend{}
	a := i.api(t, b)
	for range 5 {
		serve(t, a, withToken(sign(header(nil), i.claims(nil))))
		serve(t, a, withToken(sign(header(map[string]any{"kid": "unknown"}), i.claims(nil))))
	}
	wantEqual(t, "asked", i.asked.Load(), 1)
}

func TestKeysAreKeptForTheirTimeAlthoughTheIssuerIsGone(t *testing.T) {
	t.Parallel()
	i, b := newIssuer(t), &backend{}
	a := i.api(t, b)
	keys := &a.Routes[0].JWT.keys
	valid := func(want int) {
		t.Helper()
		wantEqual(t, "status", serve(t, a, withToken(sign(header(nil), i.claims(nil)))).StatusCode, want)
	}
	valid(204)
	i.Close()
	keys.asked = keys.asked.Add(-2 * keysRetry)
	serve(t, a, withToken(sign(header(map[string]any{"kid": "unknown"}), i.claims(nil))))
	valid(204)
	keys.asked = keys.asked.Add(-keysLifetime)
	valid(401)
	valid(401)
}

func TestAnIssuerThatIsSlowOrSaysTooMuchGivesNoKeys(t *testing.T) {
	t.Parallel()
	slow, long, gone := newIssuer(t), newIssuer(t), newIssuer(t)
	slow.slow = issuerTimeout + 200*time.Millisecond
	long.pad = strings.Repeat("x", maxIssuerBody)
	gone.Close()
	for name, i := range map[string]*issuer{"slow": slow, "long": long, "gone": gone} {
		within(t, 10*time.Second, func() {
			res := serve(t, i.api(t, &backend{}), withToken(sign(header(nil), i.claims(nil))))
			wantEqual(t, name, res.StatusCode, 401)
		})
	}
}
