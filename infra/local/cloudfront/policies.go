package cloudfront

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// Policies are what behaviours refer to, by id and functions by ARN.
type Policies struct {
	Functions map[string]string // JavaScript with a function handler(event)
	Caches    map[string]CachePolicy
	Requests  map[string]OriginRequestPolicy
	Responses map[string]ResponseHeadersPolicy
}

// ManagedPolicies returns the policies that every account has.
func ManagedPolicies() Policies {
	return Policies{
		Functions: map[string]string{}, Caches: maps.Clone(managedCaches), Requests: maps.Clone(managedRequests), Responses: maps.Clone(managedResponses),
	}
}

const day = 24 * time.Hour

func cachePolicy(least, usual, most time.Duration, compresses bool, key Selections) CachePolicy {
	p := CachePolicy{MinTTL: Seconds(least), DefaultTTL: Seconds(usual), MaxTTL: Seconds(most)}
	p.Key.Selections, p.Key.EnableAcceptEncodingBrotli, p.Key.EnableAcceptEncodingGzip = key, Flag(compresses), Flag(compresses)
	return p
}

func only(names ...string) Selection { return Selection{"whitelist", names} }

var (
	all         = Selection{Kind: "all"}
	originFirst = only("Host", "Origin", "X-Http-Method", "X-Http-Method-Override", "X-Method-Override")
)

// managedCaches is on page using-managed-cache-policies.
var managedCaches = map[string]CachePolicy{
	// CachingDisabled
	"4135ea2d-6df8-44a3-9df3-4b5a84be39ad": {},
	// CachingOptimized
	"658327ea-f89d-4fab-a63d-7e88639e58f6": cachePolicy(time.Second, day, 365*day, true, Selections{}),
	// CachingOptimizedForUncompressedObjects
	"b2884449-e4de-46a7-ac36-70bc7f1ddd6d": cachePolicy(time.Second, day, 365*day, false, Selections{}),
	// UseOriginCacheControlHeaders, and the same with QueryStrings
	"83da9c7e-98b4-4e11-a168-04f0df8e2c65": cachePolicy(0, 0, 365*day, true, Selections{Headers: originFirst, Cookies: all}),
	"4cc15a8a-d715-48a4-82b8-cc0b614638fe": cachePolicy(0, 0, 365*day, true, Selections{Headers: originFirst, Cookies: all, Query: all}),
	// Amplify
	"2e54312d-136d-493c-8eb9-b001f22f67d2": cachePolicy(2*time.Second, 2*time.Second, 10*time.Minute, true,
		Selections{Headers: only("Authorization", "Cloudfront-Viewer-Country", "Host"), Cookies: all, Query: all}),
}

var madeNames = slices.Collect(maps.Keys(madeHeaders(&http.Request{})))

func requestHeaders(names ...string) OriginRequestPolicy {
	return OriginRequestPolicy{Selections: Selections{Headers: only(names...)}}
}

// managedRequests is on page using-managed-origin-request-policies.
var managedRequests = map[string]OriginRequestPolicy{
	// AllViewer
	"216adef6-5c7f-47e4-b989-5492eafa07d3": {Selections: Selections{all, all, all}},
	// AllViewerExceptHostHeader
	"b689b0a8-53d0-40ab-baf2-68738e2966ac": {Selections: Selections{Selection{"allExcept", []string{"Host"}}, all, all}},
	// AllViewerAndCloudFrontHeaders-2022-06
	"33f36d7e-f396-46d9-90e0-52428a34d9dc": {Selections: Selections{Selection{allViewerAndMade, madeNames}, all, all}},
	// CORS-S3Origin
	"88a5eaf4-2fd4-4709-b370-b4c650ea3fcf": requestHeaders("Access-Control-Request-Headers", "Access-Control-Request-Method", "Origin"),
	// CORS-CustomOrigin
	"59781a5b-3903-41f3-afcb-af62929ccde1": requestHeaders("Origin"),
	// UserAgentRefererHeaders
	"acba4595-bd28-49b8-b9fe-13317c0390fa": requestHeaders("Referer", "User-Agent"),
	// HostHeaderOnly
	"bf0718e1-ba1e-49d1-88b1-f726733018ae": requestHeaders("Host"),
}

// managedResponses is on page using-managed-response-headers-policies.
var managedResponses = map[string]ResponseHeadersPolicy{
	// SecurityHeadersPolicy
	"67f7725c-6f97-4210-82d7-5512b31e9d03": {SecurityHeadersConfig: managedSecurity},
	// SimpleCORS, and the same with SecurityHeadersPolicy
	"60669652-455b-4ae9-85a4-c4c02393f86c": {CorsConfig: anyOrigin("")},
	"e61eb60c-9c35-4d20-a928-2b84e02af89c": {CorsConfig: anyOrigin(""), SecurityHeadersConfig: managedSecurity},
	// CORS-With-Preflight, and the same with SecurityHeadersPolicy
	"5cc3b908-e619-4b99-88e5-2cf7f45965bd": {CorsConfig: anyOrigin("ALL")},
	"eaab4381-ed33-4a86-88ca-d9558dc6cd63": {CorsConfig: anyOrigin("ALL"), SecurityHeadersConfig: managedSecurity},
}

var managedSecurity = map[securityProperty]securityHeader{
	"ContentTypeOptions":      {Override: true},
	"FrameOptions":            {FrameOption: "SAMEORIGIN"},
	"ReferrerPolicy":          {ReferrerPolicy: "strict-origin-when-cross-origin"},
	"StrictTransportSecurity": {AccessControlMaxAgeSec: 31_536_000},
	"XSSProtection":           {Protection: true, ModeBlock: true},
}

// find looks up what a behaviour refers to; without an id it is the zero value.
func find[T any](known map[string]T, kind, id string) (T, error) {
	v, ok := known[id]
	if !ok && id != "" {
		return v, fmt.Errorf("its %s %s is neither in the assembly nor a managed one that is served", kind, id)
	}
	return v, nil
}
