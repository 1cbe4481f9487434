package cloudfront

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/miyabi-society/platform/infra/local/wildcard"
)

// corsConfig is the part of a ResponseHeadersPolicy about requests from other origins (page
// understanding-response-headers-policies, "CORS headers").
type corsConfig struct {
	AccessControlAllowOrigins, AccessControlAllowHeaders, AccessControlAllowMethods, AccessControlExposeHeaders struct{ Items []string }
	AccessControlAllowCredentials, OriginOverride                                                               Flag
	AccessControlMaxAgeSec                                                                                      *Integer
}

// headers are what the answer to r gets, by name: nothing without an Origin that is allowed, and more for a preflight.
func (c *corsConfig) headers(r *http.Request) map[string]string {
	origin := r.Header.Get("Origin")
	covers := func(pattern string) bool { return allowsOrigin(pattern, origin) }
	if c == nil || origin == "" || !slices.ContainsFunc(c.AccessControlAllowOrigins.Items, covers) {
		return nil
	}
	if slices.Contains(c.AccessControlAllowOrigins.Items, "*") {
		origin = "*"
	}
	h := map[string]string{"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": strings.Join(c.AccessControlExposeHeaders.Items, ", ")}
	if c.AccessControlAllowCredentials {
		h["Access-Control-Allow-Credentials"] = "true"
	}
	if r.Method != http.MethodOptions {
		return h
	}
	h["Access-Control-Allow-Headers"] = strings.Join(c.AccessControlAllowHeaders.Items, ", ")
	h["Access-Control-Allow-Methods"] = strings.Join(c.AccessControlAllowMethods.Items, ", ")
	if slices.Contains(c.AccessControlAllowMethods.Items, "ALL") {
		h["Access-Control-Allow-Methods"] = everyMethod
	}
	if c.AccessControlMaxAgeSec != nil {
		h["Access-Control-Max-Age"] = strconv.Itoa(int(*c.AccessControlMaxAgeSec))
	}
	return h
}

// everyMethod is what ALL stands for among the allowed methods.
const everyMethod = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"

// allowsOrigin reports whether a pattern, with or without a scheme, covers the origin.
func allowsOrigin(pattern, origin string) bool {
	_, host, _ := strings.Cut(origin, "://")
	return wildcard.Match(pattern, origin) || wildcard.Match(pattern, host)
}

// anyOrigin is the CORS part of managed policies; methods are for preflight requests, if any.
func anyOrigin(methods string) *corsConfig {
	c := &corsConfig{}
	c.AccessControlAllowOrigins.Items = []string{"*"}
	if methods != "" {
		c.AccessControlAllowMethods.Items, c.AccessControlExposeHeaders.Items = []string{methods}, []string{"*"}
	}
	return c
}
