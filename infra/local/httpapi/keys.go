package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
)

// Limits of an issuer's documents (page http-api-quotas) and how long keys are kept (page http-api-jwt-authorizer).
const (
	issuerTimeout = 1500 * time.Millisecond
	maxIssuerBody = 150_000 // bytes
	keysLifetime  = 2 * time.Hour
	keysRetry     = 5 * time.Second // between two questions for a key that is not there
)

// keyCache holds the RSA keys of one issuer by their ids.
type keyCache struct {
	mu    sync.Mutex
	keys  map[string]jwk.Key
	asked time.Time
}

// find returns the key with the id. An unknown id asks the issuer again, as after a rotation, but not for every token.
func (c *keyCache) find(issuer, kid string) (jwk.Key, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if age := time.Since(c.asked); age > keysLifetime || c.keys[kid] == nil && age > keysRetry {
		c.asked = time.Now()
		keys, err := fetchKeys(issuer)
		if err == nil || age > keysLifetime {
			c.keys = keys
		}
		if err != nil {
			return nil, fmt.Errorf("asking the issuer for its keys: %w", err)
		}
	}
	if key := c.keys[kid]; key != nil {
		return key, nil
	}
	return nil, errors.New("the token's kid is not among the issuer's keys")
}

// fetchKeys reads the issuer's discovery document and the key set that it names.
func fetchKeys(issuer string) (map[string]jwk.Key, error) {
	var discovery struct {
		JWKS string `json:"jwks_uri"`
	}
	if err := fetch(strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", &discovery); err != nil {
		return nil, err
	}
	var set struct{ Keys []json.RawMessage }
	if err := fetch(discovery.JWKS, &set); err != nil {
		return nil, err
	}
	keys := map[string]jwk.Key{}
	for _, raw := range set.Keys {
		key, err := jwk.ParseKey(raw)
		if err != nil || key.KeyType() != jwa.RSA() {
			continue // keys of other kinds are passed over
		}
		if kid, ok := key.KeyID(); ok {
			keys[kid] = key
		}
	}
	return keys, nil
}

// fetch reads a JSON document.
func fetch(url string, into any) error {
	client := http.Client{Timeout: issuerTimeout, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", url, resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxIssuerBody+1))
	if err == nil && len(body) > maxIssuerBody {
		err = fmt.Errorf("it has more than %d bytes", maxIssuerBody)
	}
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", url, err)
	}
	return nil
}
