package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jws"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

// Limits of JWT authorizers (page http-api-quotas).
const (
	maxAudiences = 50
	maxScopes    = 10
	maxToken     = 10_240 // the header that carries it cannot be longer
)

// JWTAuthorizer is an AWS::ApiGatewayV2::Authorizer of type JWT (page http-api-jwt-authorizer).
type JWTAuthorizer struct {
	Issuer         string
	Audience       []string
	IdentitySource string // such as $request.header.Authorization

	keys keyCache
}

func (a *JWTAuthorizer) check() error {
	switch {
	case a.Issuer == "":
		return errors.New("the JWT authorizer has no issuer")
	case len(a.Audience) == 0 || len(a.Audience) > maxAudiences:
		return fmt.Errorf("the JWT authorizer has %d audiences: API Gateway allows 1 to %d", len(a.Audience), maxAudiences)
	case !strings.HasPrefix(a.IdentitySource, "$request.header.") && !strings.HasPrefix(a.IdentitySource, "$request.querystring."):
		return fmt.Errorf("identity source %q: use $request.header.NAME or $request.querystring.NAME", a.IdentitySource)
	}
	return nil
}

var (
	errNoToken = errors.New("the request has no token")
	errFormat  = errors.New("the token is not a JWT")
)

// token is what a function learns of a verified token.
type token struct {
	claims map[string]string
	scopes []string
}

// hasOneOf reports whether the token has one of the scopes, or whether none is asked for.
func (t token) hasOneOf(scopes []string) bool {
	return len(scopes) == 0 || slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(t.scopes, s) })
}

// verify follows the steps of "Authorizing API requests". The identity source holds the token alone or after "Bearer ".
func (a *JWTAuthorizer) verify(source string, now time.Time) (token, error) {
	if len(source) > 7 && strings.EqualFold(source[:7], "Bearer ") {
		source = source[7:]
	}
	if source = strings.TrimSpace(source); source == "" {
		return token{}, errNoToken
	}
	message, err := jws.ParseString(source, jws.WithCompact())
	claims := map[string]any{}
	if err != nil || len(source) > maxToken || decodeNumbers(message.Payload(), &claims) != nil {
		return token{}, errFormat
	}
	if err := a.checkSignature(message, source); err != nil {
		return token{}, err
	}
	if err := a.checkClaims(claims, now); err != nil {
		return token{}, err
	}
	return describeToken(claims), nil
}

// decodeNumbers keeps the digits of numbers.
func decodeNumbers(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(into)
}

// algorithms are those that API Gateway supports: RSA only.
var algorithms = []jwa.SignatureAlgorithm{jwa.RS256(), jwa.RS384(), jwa.RS512()}

func (a *JWTAuthorizer) checkSignature(m *jws.Message, compact string) error {
	header := m.Signatures()[0].ProtectedHeaders()
	alg, _ := header.Algorithm()
	if !slices.Contains(algorithms, alg) {
		return fmt.Errorf("signing method %s is invalid", alg)
	}
	kid, _ := header.KeyID()
	key, err := a.keys.find(a.Issuer, kid)
	if err != nil {
		return err
	}
	if _, err := jws.VerifyCompactFast(key, []byte(compact), alg); err != nil {
		return errors.New("the token has an invalid signature")
	}
	return nil
}

// checkClaims checks iss, aud or client_id, exp, nbf and iat. client_id counts only where aud is absent.
func (a *JWTAuthorizer) checkClaims(claims map[string]any, now time.Time) error {
	if claims["iss"] != a.Issuer {
		return errors.New("the token does not have a valid issuer")
	}
	audience := claims["aud"]
	if audience == nil {
		audience = claims["client_id"]
	}
	if !slices.ContainsFunc(texts(audience), func(x string) bool { return slices.Contains(a.Audience, x) }) {
		return errors.New("the token does not have a valid audience")
	}
	seconds := float64(now.UnixMilli()) / 1000
	exp, ok := number(claims["exp"])
	if !ok || exp <= seconds {
		return errors.New("the token has expired")
	}
	for _, name := range []string{"nbf", "iat"} {
		if claims[name] == nil {
			continue
		}
		if v, ok := number(claims[name]); !ok || v > seconds+1 { // a whole second may be rounded up
			return fmt.Errorf("the token is used before %s", name)
		}
	}
	return nil
}

func number(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}

// texts takes a text or a list of them.
func texts(v any) []string {
	switch x := v.(type) {
	case string:
		return []string{x}
	case []any:
		var list []string
		for _, e := range x {
			if s, ok := e.(string); ok {
				list = append(list, s)
			}
		}
		return list
	}
	return nil
}

// describeToken turns claims into text, as functions get them: numbers as digits, lists as "[a b]", objects as JSON. A
// claim that is null is left out. The guide shows plain claims only; the rest is what live APIs deliver.
func describeToken(claims map[string]any) token {
	t := token{claims: map[string]string{}}
	for name, value := range claims {
		if value != nil {
			t.claims[name] = claimText(value)
		}
	}
	for _, text := range append(texts(claims["scope"]), texts(claims["scp"])...) {
		t.scopes = append(t.scopes, strings.Fields(text)...)
	}
	return t
}

func claimText(value any) string {
	switch x := value.(type) {
	case []any:
		parts := make([]string, len(x))
		for i, e := range x {
			parts[i] = claimText(e)
		}
		return "[" + strings.Join(parts, " ") + "]"
	case map[string]any:
		return string(gateway.MustMarshal(x))
	}
	return fmt.Sprint(value)
}
