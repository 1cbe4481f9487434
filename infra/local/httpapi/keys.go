package httpapi

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Limits of an issuer's documents (page http-api-quotas) and how long keys are kept (page http-api-jwt-authorizer).
const (
	issuerTimeout = 1500 * time.Millisecond
	maxIssuerBody = 150_000 // bytes
	keysLifetime  = 2 * time.Hour
	keysRetry     = 5 * time.Second // between two questions for a key that is not there
)

// keyCache holds the public keys of one issuer by kid.
type keyCache struct {
	mu    sync.Mutex
	keys  map[string]*rsa.PublicKey
	asked time.Time
}

// find returns the key with the id. An unknown id asks the issuer again, as after a rotation, but not for every token.
func (c *keyCache) find(issuer, kid string) (*rsa.PublicKey, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	age := time.Since(c.asked)
	if key := c.keys[kid]; key != nil && age < keysLifetime {
		return key, nil
	}
	if c.asked.IsZero() || age > keysRetry {
		c.asked = time.Now()
		keys, err := fetchKeys(issuer)
		if err != nil {
			return nil, fmt.Errorf("asking the issuer for its keys: %w", err)
		}
		c.keys = keys
	}
	if key := c.keys[kid]; key != nil {
		return key, nil
	}
	return nil, errors.New("the token's kid is not among the issuer's keys")
}

// fetchKeys reads the issuer's discovery document and the key set that it names.
func fetchKeys(issuer string) (map[string]*rsa.PublicKey, error) {
	var discovery struct {
		JWKS string `json:"jwks_uri"`
	}
	if err := fetch(strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", &discovery); err != nil {
		return nil, err
	}
	var set struct {
		Keys []struct{ Kty, Kid, N, E string }
	}
	if err := fetch(discovery.JWKS, &set); err != nil {
		return nil, err
	}
	keys := map[string]*rsa.PublicKey{}
	for _, k := range set.Keys {
		if k.Kty != "RSA" {
			continue
		}
		n, nErr := base64.RawURLEncoding.DecodeString(k.N)
		e, eErr := base64.RawURLEncoding.DecodeString(k.E)
		if nErr != nil || eErr != nil || len(e) == 0 || len(e) > 4 {
			return nil, fmt.Errorf("the key %q is malformed", k.Kid)
		}
		keys[k.Kid] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	}
	return keys, nil
}

func fetch(url string, into any) error {
	client := http.Client{Timeout: issuerTimeout, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxIssuerBody+1))
	switch {
	case err != nil:
		return fmt.Errorf("reading %s: %w", url, err)
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("%s answered %s", url, resp.Status)
	case len(body) > maxIssuerBody:
		return fmt.Errorf("%s has more than %d bytes", url, maxIssuerBody)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("reading %s: %w", url, err)
	}
	return nil
}
