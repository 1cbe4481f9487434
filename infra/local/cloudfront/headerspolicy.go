package cloudfront

import (
	"fmt"
	"net/http"
)

// ResponseHeadersPolicy is what is removed from answers and added to them (page understanding-response-headers-policies).
type ResponseHeadersPolicy struct {
	CorsConfig            *corsConfig
	SecurityHeadersConfig map[securityProperty]securityHeader
	CustomHeadersConfig   struct {
		Items []struct {
			Header, Value string
			Override      Flag
		}
	}
	RemoveHeadersConfig struct{ Items []struct{ Header string } }

	Name, Comment any
}

// securityHeader has the fields of every kind of security header.
type securityHeader struct {
	Override                                                      Flag
	ContentSecurityPolicy, FrameOption, ReferrerPolicy, ReportURI string
	AccessControlMaxAgeSec                                        Integer
	IncludeSubdomains, Preload, Protection, ModeBlock             Flag
}

// securityProperty is a key of securityHeaders.
type securityProperty string

// UnmarshalText knows the security headers that can be added.
func (p *securityProperty) UnmarshalText(text []byte) error {
	*p = securityProperty(text)
	if _, known := securityHeaders[*p]; !known {
		return fmt.Errorf("the local cloud does not carry out the property %q", text)
	}
	return nil
}

// securityHeaders are the header and its value by property.
var securityHeaders = map[securityProperty]struct {
	name  string
	value func(securityHeader) string
}{
	"ContentSecurityPolicy":   {"Content-Security-Policy", func(h securityHeader) string { return h.ContentSecurityPolicy }},
	"ContentTypeOptions":      {"X-Content-Type-Options", func(securityHeader) string { return "nosniff" }},
	"FrameOptions":            {"X-Frame-Options", func(h securityHeader) string { return h.FrameOption }},
	"ReferrerPolicy":          {"Referrer-Policy", func(h securityHeader) string { return h.ReferrerPolicy }},
	"StrictTransportSecurity": {"Strict-Transport-Security", securityHeader.transport},
	"XSSProtection":           {"X-Xss-Protection", securityHeader.xss},
}

func (h securityHeader) transport() string {
	value := fmt.Sprintf("max-age=%d", h.AccessControlMaxAgeSec)
	if h.IncludeSubdomains {
		value += "; includeSubDomains"
	}
	if h.Preload {
		value += "; preload"
	}
	return value
}

func (h securityHeader) xss() string {
	switch {
	case !bool(h.Protection):
		return "0"
	case bool(h.ModeBlock):
		return "1; mode=block"
	case h.ReportURI != "":
		return "1; report=" + h.ReportURI
	}
	return "1"
}

// apply removes headers of the answer to r and adds others; what the policy removes it can add again.
func (p ResponseHeadersPolicy) apply(h http.Header, r *http.Request) {
	for _, removed := range p.RemoveHeadersConfig.Items {
		h.Del(removed.Header)
	}
	add := func(name, value string, override Flag) {
		if _, there := h[http.CanonicalHeaderKey(name)]; bool(override) || !there {
			h.Set(name, value)
		}
	}
	for name, value := range p.CorsConfig.headers(r) {
		if value != "" {
			add(name, value, p.CorsConfig.OriginOverride)
		}
	}
	for property, security := range p.SecurityHeadersConfig {
		add(securityHeaders[property].name, securityHeaders[property].value(security), security.Override)
	}
	for _, custom := range p.CustomHeadersConfig.Items {
		add(custom.Header, custom.Value, custom.Override)
	}
}
