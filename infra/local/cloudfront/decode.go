package cloudfront

import (
	"errors"
	"fmt"
	"strings"
)

// Identifiers of managed policies (page using-managed-origin-request-policies).
var originRequestPolicies = map[string]Forward{
	"":                                     ForwardNothing,
	"216adef6-5c7f-47e4-b989-5492eafa07d3": ForwardAll,
	"b689b0a8-53d0-40ab-baf2-68738e2966ac": ForwardAllExceptHost,
	"88a5eaf4-2fd4-4709-b370-b4c650ea3fcf": ForwardCORSHeaders,
	"acba4595-bd28-49b8-b9fe-13317c0390fa": ForwardUserAgentReferer,
}

// Resources are what a distribution refers to.
type Resources struct {
	Functions      map[string]string         // code of CloudFront functions by ARN
	HeaderPolicies map[string]map[string]any // ResponseHeadersPolicyConfig by id
	CachePolicies  map[string]map[string]any // CachePolicyConfig by id
}

// Decode reads a DistributionConfig whose intrinsics are resolved. What cannot be carried out is an error that names it.
func Decode(config map[string]any, r Resources) (Distribution, error) {
	dist, err := decoder{r}.distribution(properties(config))
	if err != nil {
		return Distribution{}, fmt.Errorf("distribution: %w", err)
	}
	return dist, nil
}

type decoder struct{ Resources }

func (d decoder) distribution(p properties) (Distribution, error) {
	dist := Distribution{DefaultRootObject: strings.TrimPrefix(p.text("DefaultRootObject"), "/"), Origins: map[string]Origin{}}
	for _, o := range p.list("Origins") {
		dist.Origins[o.text("Id")] = origin(o)
	}
	var err error
	if dist.Errors, err = errorResponses(p.list("CustomErrorResponses")); err != nil {
		return Distribution{}, err
	}
	if dist.Default, err = d.behavior(p.object("DefaultCacheBehavior")); err != nil {
		return Distribution{}, fmt.Errorf("default behaviour: %w", err)
	}
	for _, b := range p.list("CacheBehaviors") {
		behavior, err := d.behavior(b)
		if err != nil {
			return Distribution{}, fmt.Errorf("behaviour %q: %w", b.text("PathPattern"), err)
		}
		dist.Behaviors = append(dist.Behaviors, behavior)
	}
	return dist, nil
}

func origin(p properties) Origin {
	o := Origin{Domain: p.text("DomainName"), Path: strings.TrimSuffix(p.text("OriginPath"), "/"), CustomHeaders: map[string]string{}}
	for _, h := range p.list("OriginCustomHeaders") {
		o.CustomHeaders[h.text("HeaderName")] = h.text("HeaderValue")
	}
	return o
}

func (d decoder) behavior(p properties) (Behavior, error) {
	if len(p.list("LambdaFunctionAssociations")) > 0 {
		return Behavior{}, errors.New("LambdaFunctionAssociations is not served: use a CloudFront function")
	}
	if p["ForwardedValues"] != nil {
		return Behavior{}, errors.New("ForwardedValues is not served: use a cache policy and an origin request policy")
	}
	forward, known := originRequestPolicies[p.text("OriginRequestPolicyId")]
	if !known {
		return Behavior{}, fmt.Errorf("origin request policy %s is not served: use AllViewer, AllViewerExceptHostHeader, CORS-S3Origin or UserAgentRefererHeaders", p.text("OriginRequestPolicyId"))
	}
	cached, err := d.cachePolicy(p.text("CachePolicyId"))
	if err != nil {
		return Behavior{}, err
	}
	b := Behavior{
		PathPattern:    p.text("PathPattern"),
		OriginID:       p.text("TargetOriginId"),
		AllowedMethods: p.texts("AllowedMethods"),
		Compress:       p.boolean("Compress") && cached.caches(), // page ServingCompressedFiles
		Cache:          cached,
		Forward:        forward,
	}
	if len(b.AllowedMethods) == 0 {
		b.AllowedMethods = []string{"GET", "HEAD"}
	}
	if b.ViewerRequest, err = d.viewerRequest(p); err != nil {
		return Behavior{}, err
	}
	b.ResponseHeaders, err = d.responseHeaders(p.text("ResponseHeadersPolicyId"))
	return b, err
}

func (d decoder) viewerRequest(p properties) (Function, error) {
	var f Function
	for _, a := range p.list("FunctionAssociations") {
		if event := a.text("EventType"); event != "viewer-request" {
			return f, fmt.Errorf("a function on %s is not served: only viewer-request is", event)
		}
		f.ARN = a.text("FunctionARN")
		code, ok := d.Functions[f.ARN]
		if !ok {
			return f, fmt.Errorf("its function %s is not in the assembly", f.ARN)
		}
		f.Code = code
	}
	return f, nil
}

// responseHeaders reads a ResponseHeadersPolicyConfig (page understanding-response-headers-policies).
func (d decoder) responseHeaders(id string) (ResponseHeaders, error) {
	var h ResponseHeaders
	if id == "" {
		return h, nil
	}
	config, ok := d.HeaderPolicies[id]
	if !ok {
		return h, fmt.Errorf("its response headers policy %s is not in the assembly", id)
	}
	p := properties(config)
	if p["CorsConfig"] != nil {
		return h, errors.New("CorsConfig in a response headers policy is not served: site and API share one domain")
	}
	h.Set = securityHeaders(p.object("SecurityHeadersConfig"))
	for _, c := range p.object("CustomHeadersConfig").list("Items") {
		h.Set = append(h.Set, ResponseHeader{c.text("Header"), c.text("Value"), c.boolean("Override")})
	}
	for _, r := range p.object("RemoveHeadersConfig").list("Items") {
		h.Remove = append(h.Remove, r.text("Header"))
	}
	return h, nil
}

func securityHeaders(p properties) []ResponseHeader {
	var set []ResponseHeader
	add := func(key, name string, value func(properties) string) {
		if p[key] != nil {
			o := p.object(key)
			set = append(set, ResponseHeader{name, value(o), o.boolean("Override")})
		}
	}
	field := func(key string) func(properties) string {
		return func(o properties) string { return o.text(key) }
	}
	add("ContentSecurityPolicy", "Content-Security-Policy", field("ContentSecurityPolicy"))
	add("ContentTypeOptions", "X-Content-Type-Options", func(properties) string { return "nosniff" })
	add("FrameOptions", "X-Frame-Options", field("FrameOption"))
	add("ReferrerPolicy", "Referrer-Policy", field("ReferrerPolicy"))
	add("StrictTransportSecurity", "Strict-Transport-Security", transportSecurity)
	add("XSSProtection", "X-XSS-Protection", xssProtection)
	return set
}

func transportSecurity(o properties) string {
	value := "max-age=" + o.text("AccessControlMaxAgeSec")
	if o.boolean("IncludeSubdomains") {
		value += "; includeSubDomains"
	}
	if o.boolean("Preload") {
		value += "; preload"
	}
	return value
}

func xssProtection(o properties) string {
	switch {
	case !o.boolean("Protection"):
		return "0"
	case o.boolean("ModeBlock"):
		return "1; mode=block"
	case o.text("ReportUri") != "":
		return "1; report=" + o.text("ReportUri")
	default:
		return "1"
	}
}
