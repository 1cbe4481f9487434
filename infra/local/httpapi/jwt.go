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

	"github.com/miyabi-society/platform/infra/local/iam"
)

// Limits of JWT authorizers (page http-api-quotas).
const (
	maxAudiences = 50
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
	case a == nil:
		return nil
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

// registered are the claims that are checked. Times are seconds since 1970.
type registered struct {
	Issuer    string           `json:"iss"`
	Audience  iam.List[string] `json:"aud"`
	ClientID  string           `json:"client_id"`
	Expires   float64          `json:"exp"`
	NotBefore float64          `json:"nbf"`
	IssuedAt  float64          `json:"iat"`
	Scope     iam.List[string] `json:"scope"`
	Scp       iam.List[string] `json:"scp"`
}

// verify follows the steps of "Authorizing API requests" and gives the token's claims as functions get them, and its
// scopes. The identity source holds the token alone or after "Bearer ".
func (a *JWTAuthorizer) verify(source string, now time.Time) (claims map[string]string, scopes []string, err error) {
	if len(source) > 7 && strings.EqualFold(source[:7], "Bearer ") {
		source = source[7:]
	}
	if source = strings.TrimSpace(source); source == "" {
		return nil, nil, errNoToken
	}
	message, err := jws.ParseString(source, jws.WithCompact())
	if err != nil || len(source) > maxToken {
		return nil, nil, errFormat
	}
	var c registered
	claims, err = describe(message.Payload())
	if err != nil || json.Unmarshal(message.Payload(), &c) != nil {
		return nil, nil, errFormat
	}
	if err := a.checkSignature(message, source); err != nil {
		return nil, nil, err
	}
	return claims, strings.Fields(strings.Join(append(c.Scope, c.Scp...), " ")), a.checkClaims(c, now)
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
func (a *JWTAuthorizer) checkClaims(c registered, now time.Time) error {
	if c.Audience == nil {
		c.Audience = iam.List[string]{c.ClientID}
	}
	seconds := float64(now.UnixMilli()) / 1000
	switch {
	case c.Issuer != a.Issuer:
		return errors.New("the token does not have a valid issuer")
	case !intersect(c.Audience, a.Audience):
		return errors.New("the token does not have a valid audience")
	case c.Expires <= seconds:
		return errors.New("the token has expired")
	case max(c.NotBefore, c.IssuedAt) > seconds+1: // a whole second may be rounded up
		return errors.New("the token is used before it is valid")
	}
	return nil
}

func intersect(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// describe turns claims into text, as functions get them: numbers as digits, lists as "[a b]", objects as
// "map[name:value]". A claim that is null is left out. The guide shows plain claims only; the rest is what live APIs
// deliver.
func describe(payload []byte) (map[string]string, error) {
	var all map[string]any
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber() // keeps the digits
	if err := d.Decode(&all); err != nil {
		return nil, err
	}
	claims := map[string]string{}
	for name, value := range all {
		if value != nil {
			claims[name] = fmt.Sprint(value)
		}
	}
	return claims, nil
}
