package httpapi

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// CORS is the CorsConfiguration of an API (page http-api-cors).
type CORS struct {
	AllowOrigins, AllowMethods, AllowHeaders, ExposeHeaders []string
	MaxAge                                                  *int // seconds
	AllowCredentials                                        bool
}

func (c *CORS) check() error {
	if c != nil && c.AllowCredentials && slices.Contains(c.AllowOrigins, "*") {
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
	origin := r.Header.Get("Origin")
	if c == nil || origin == "" || r.Method == http.MethodOptions && !c.answers(r) {
		return
	}
	allowed := c.allowOrigin(origin)
	if allowed == "" {
		return
	}
	h.Set("Access-Control-Allow-Origin", allowed)
	set := func(name string, values []string) {
		if len(values) > 0 {
			h.Set(name, strings.Join(values, ","))
		}
	}
	if c.AllowCredentials {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	set("Access-Control-Expose-Headers", c.ExposeHeaders)
	if !c.answers(r) {
		return
	}
	set("Access-Control-Allow-Methods", c.AllowMethods)
	set("Access-Control-Allow-Headers", c.AllowHeaders)
	if c.MaxAge != nil {
		h.Set("Access-Control-Max-Age", strconv.Itoa(*c.MaxAge))
	}
}

// allowOrigin returns the value of Access-Control-Allow-Origin, "" for none: *, http://* and https://* cover more than
// one origin.
func (c *CORS) allowOrigin(origin string) string {
	for _, o := range c.AllowOrigins {
		scheme := strings.TrimSuffix(o, "*")
		switch {
		case o == "*":
			return "*"
		case (o == "http://*" || o == "https://*") && strings.HasPrefix(origin, scheme), strings.EqualFold(o, origin):
			return origin
		}
	}
	return ""
}

// dropCORS removes the headers of a function: with CORS configured API Gateway ignores them.
func dropCORS(h http.Header) {
	for name := range h {
		if strings.HasPrefix(http.CanonicalHeaderKey(name), "Access-Control-") {
			delete(h, name)
		}
	}
}
