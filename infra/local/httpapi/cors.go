package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// CORS is the CorsConfiguration of an API (page http-api-cors).
type CORS struct {
	AllowOrigins, AllowMethods, AllowHeaders, ExposeHeaders []string
	MaxAge                                                  string // seconds; "" for none
	AllowCredentials                                        bool
}

var wildcardOrigins = []string{"*", "http://*", "https://*"}

func (c *CORS) check() error {
	if c == nil {
		return nil
	}
	for _, o := range c.AllowOrigins {
		if strings.Contains(o, "*") && !slices.Contains(wildcardOrigins, o) {
			return fmt.Errorf("CORS: origin %q: a wildcard stands alone, as in *, http://* and https://*", o)
		}
	}
	if c.AllowCredentials && slices.Contains(c.AllowOrigins, "*") {
		return errors.New("CORS: credentials are not possible with the origin *; list the origins")
	}
	return nil
}

// answers reports whether r is a preflight, which API Gateway answers itself also where no OPTIONS route exists. A route
// with an authorizer that covers OPTIONS asks the authorizer first ("Configuring CORS for an HTTP API with a $default
// route and an authorizer").
func (c *CORS) answers(r *http.Request) bool {
	return c != nil && r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

// allow sets the headers that r's origin is to get: none for an origin that is not allowed, and none for OPTIONS that
// is no preflight.
func (c *CORS) allow(h http.Header, r *http.Request) {
	preflight := c.answers(r)
	if c == nil || r.Method == http.MethodOptions && !preflight {
		return
	}
	allowed := c.allowOrigin(r.Header.Get("Origin"))
	if allowed == "" {
		return
	}
	set := func(name string, values ...string) {
		if len(values) > 0 {
			h.Set("Access-Control-"+name, strings.Join(values, ","))
		}
	}
	set("Allow-Origin", allowed)
	set("Expose-Headers", c.ExposeHeaders...)
	if c.AllowCredentials {
		set("Allow-Credentials", "true")
	}
	if !preflight {
		return
	}
	set("Allow-Methods", c.AllowMethods...)
	set("Allow-Headers", c.AllowHeaders...)
	if c.MaxAge != "" {
		set("Max-Age", c.MaxAge)
	}
}

// allowOrigin returns the value of Access-Control-Allow-Origin, "" for none: *, http://* and https://* cover more than
// one origin.
func (c *CORS) allowOrigin(origin string) string {
	for _, o := range c.AllowOrigins {
		scheme, all := strings.CutSuffix(o, "*")
		switch {
		case origin == "":
			return ""
		case o == "*":
			return "*"
		case all && strings.HasPrefix(origin, scheme), strings.EqualFold(o, origin):
			return origin
		}
	}
	return ""
}

// dropCORS removes the headers of a function: with CORS configured API Gateway ignores them.
func dropCORS(h http.Header) {
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") {
			delete(h, name)
		}
	}
}
