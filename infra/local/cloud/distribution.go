package cloud

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/local/cloudfront"
)

// edge is what a distribution refers to.
type edge struct {
	functions map[string]string // code by ARN
	headers   map[string]cloudfront.ResponseHeaders
	caches    map[string]cloudfront.CachePolicy
}

// distribution reads a DistributionConfig. What cannot be carried out is an error that names it.
func (e edge) distribution(p properties) (cloudfront.Distribution, error) {
	d := cloudfront.Distribution{DefaultRootObject: strings.TrimPrefix(p.text("DefaultRootObject"), "/"), Origins: map[string]cloudfront.Origin{}}
	for _, o := range p.objects("Origins") {
		d.Origins[o.text("Id")] = origin(o)
	}
	var err error
	if d.Errors, err = errorResponses(p.objects("CustomErrorResponses")); err != nil {
		return d, fmt.Errorf("CustomErrorResponses: %w", err)
	}
	if d.Default, err = e.behavior(p.object("DefaultCacheBehavior")); err != nil {
		return d, fmt.Errorf("default behaviour: %w", err)
	}
	for _, b := range p.objects("CacheBehaviors") {
		behavior, err := e.behavior(b)
		if err != nil {
			return d, fmt.Errorf("behaviour %q: %w", b.text("PathPattern"), err)
		}
		d.Behaviors = append(d.Behaviors, behavior)
	}
	return d, nil
}

func origin(p properties) cloudfront.Origin {
	o := cloudfront.Origin{Domain: p.text("DomainName"), Path: strings.TrimSuffix(p.text("OriginPath"), "/"), CustomHeaders: map[string]string{}}
	for _, h := range p.objects("OriginCustomHeaders") {
		o.CustomHeaders[h.text("HeaderName")] = h.text("HeaderValue")
	}
	return o
}

func (e edge) behavior(p properties) (cloudfront.Behavior, error) {
	b := cloudfront.Behavior{PathPattern: p.text("PathPattern"), OriginID: p.text("TargetOriginId"), AllowedMethods: p.texts("AllowedMethods"), Compress: p.boolean("Compress")}
	if err := p.refuse("LambdaFunctionAssociations", "ForwardedValues"); err != nil {
		return b, err
	}
	if len(b.AllowedMethods) == 0 {
		b.AllowedMethods = []string{"GET", "HEAD"}
	}
	var known bool
	if b.Forward, known = cloudfront.ManagedForwards[p.text("OriginRequestPolicyId")]; !known {
		return b, fmt.Errorf("origin request policy %s is not served: use AllViewer, AllViewerExceptHostHeader, CORS-S3Origin or UserAgentRefererHeaders", p.text("OriginRequestPolicyId"))
	}
	id := p.text("CachePolicyId")
	if b.Cache, known = cloudfront.ManagedCachePolicies[id]; !known {
		if b.Cache, known = e.caches[id]; !known {
			return b, fmt.Errorf("cache policy %q is neither in the assembly nor a managed one that is served", id)
		}
	}
	if id := p.text("ResponseHeadersPolicyId"); id != "" {
		if b.ResponseHeaders, known = e.headers[id]; !known {
			return b, fmt.Errorf("its response headers policy %s is not in the assembly", id)
		}
	}
	var err error
	b.ViewerRequest, err = e.viewerRequest(p)
	return b, err
}

func (e edge) viewerRequest(p properties) (cloudfront.Function, error) {
	var f cloudfront.Function
	for _, a := range p.objects("FunctionAssociations") {
		if event := a.text("EventType"); event != "viewer-request" {
			return f, fmt.Errorf("a function on %s is not served: only viewer-request is", event)
		}
		f.ARN = a.text("FunctionARN")
		code, ok := e.functions[f.ARN]
		if !ok {
			return f, fmt.Errorf("its function %s is not in the assembly", f.ARN)
		}
		f.Code = code
	}
	return f, nil
}

// cachePolicy reads a CachePolicyConfig.
func cachePolicy(p properties) (cloudfront.CachePolicy, error) {
	key := p.object("ParametersInCacheKeyAndForwardedToOrigin")
	policy := cloudfront.CachePolicy{
		Headers: selection(key.object("HeadersConfig"), "Header", "Headers"),
		Cookies: selection(key.object("CookiesConfig"), "Cookie", "Cookies"),
		Query:   selection(key.object("QueryStringsConfig"), "QueryString", "QueryStrings"),
		Brotli:  key.boolean("EnableAcceptEncodingBrotli"),
		Gzip:    key.boolean("EnableAcceptEncodingGzip"),
	}
	for name, ttl := range map[string]*time.Duration{"MinTTL": &policy.MinTTL, "DefaultTTL": &policy.DefaultTTL, "MaxTTL": &policy.MaxTTL} {
		var err error
		if *ttl, err = seconds(p, name); err != nil {
			return policy, err
		}
	}
	return policy, nil
}

func selection(p properties, kind, names string) cloudfront.Selection {
	return cloudfront.Selection{Kind: p.text(kind + "Behavior"), Names: p.texts(names)}
}

func seconds(p properties, name string) (time.Duration, error) {
	n, err := p.number(name)
	if err == nil && n < 0 {
		err = fmt.Errorf("%s must be a number of seconds, not %s", name, p.text(name))
	}
	return time.Duration(n * float64(time.Second)), err
}

// errorResponses reads CustomErrorResponses by status.
func errorResponses(list []properties) (map[int]cloudfront.ErrorResponse, error) {
	out := map[int]cloudfront.ErrorResponse{}
	for _, p := range list {
		code, err := p.integer("ErrorCode")
		if err != nil || code < 400 || code > 599 {
			return nil, fmt.Errorf("ErrorCode %q is no error status", p.text("ErrorCode"))
		}
		e := cloudfront.ErrorResponse{PagePath: p.text("ResponsePagePath"), Status: code, CachingMinTTL: cloudfront.DefaultErrorTTL}
		if p["ResponseCode"] != nil {
			if e.Status, err = p.integer("ResponseCode"); err != nil || e.Status < 200 || e.Status > 599 {
				return nil, fmt.Errorf("ResponseCode %q is no status", p.text("ResponseCode"))
			}
		}
		if p["ErrorCachingMinTTL"] != nil {
			if e.CachingMinTTL, err = seconds(p, "ErrorCachingMinTTL"); err != nil {
				return nil, err
			}
		}
		out[code] = e
	}
	return out, nil
}

// responseHeaders reads a ResponseHeadersPolicyConfig.
//
// Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
func responseHeaders(p properties) (cloudfront.ResponseHeaders, error) {
	if p["CorsConfig"] != nil {
		return cloudfront.ResponseHeaders{}, errors.New("CorsConfig in a response headers policy is not served: site and API share one domain")
	}
	h := cloudfront.ResponseHeaders{Set: securityHeaders(p.object("SecurityHeadersConfig"))}
	for _, c := range p.object("CustomHeadersConfig").objects("Items") {
		h.Set = append(h.Set, cloudfront.ResponseHeader{Name: c.text("Header"), Value: c.text("Value"), Override: c.boolean("Override")})
	}
	for _, r := range p.object("RemoveHeadersConfig").objects("Items") {
		h.Remove = append(h.Remove, r.text("Header"))
	}
	return h, nil
}

func securityHeaders(p properties) []cloudfront.ResponseHeader {
	var set []cloudfront.ResponseHeader
	add := func(key, name string, value func(properties) string) {
		if p[key] != nil {
			o := p.object(key)
			set = append(set, cloudfront.ResponseHeader{Name: name, Value: value(o), Override: o.boolean("Override")})
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
