package cloudfront

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

const distributionConfig = `{
	"Enabled": true, "HttpVersion": "http2and3", "DefaultRootObject": "/index.html",
	"Origins": [
		{"Id": "site", "DomainName": "site.s3.us-east-1.amazonaws.com", "OriginPath": "/v1/", "OriginAccessControlId": "E1", "S3OriginConfig": {"OriginAccessIdentity": ""}},
		{"Id": "api", "DomainName": "abc123.execute-api.us-east-1.amazonaws.com", "CustomOriginConfig": {"OriginProtocolPolicy": "https-only"}, "OriginCustomHeaders": [{"HeaderName": "X-A", "HeaderValue": "b"}]}
	],
	"DefaultCacheBehavior": {
		"TargetOriginId": "site", "ViewerProtocolPolicy": "redirect-to-https", "Compress": "true", "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
		"ResponseHeadersPolicyId": "headers", "RealtimeLogConfigArn": "arn:l",
		"FunctionAssociations": [{"EventType": "viewer-request", "FunctionARN": "arn:f"}]
	},
	"CacheBehaviors": [
		{"PathPattern": "/api/*", "TargetOriginId": "api", "AllowedMethods": ["GET", "HEAD", "POST"], "Compress": true,
		 "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac"}
	],
	"CustomErrorResponses": [{"ErrorCode": 404, "ResponseCode": "200", "ResponsePagePath": "/index.html", "ErrorCachingMinTTL": 0}, {"ErrorCode": 403, "ErrorCachingMinTTL": "3"}, {"ErrorCode": 500}]
}`

const headersPolicy = `{
	"Name": "headers",
	"SecurityHeadersConfig": {
		"ContentSecurityPolicy": {"ContentSecurityPolicy": "frame-ancestors 'none'", "Override": true},
		"ContentTypeOptions": {"Override": true},
		"FrameOptions": {"FrameOption": "DENY", "Override": false},
		"ReferrerPolicy": {"ReferrerPolicy": "same-origin", "Override": true},
		"StrictTransportSecurity": {"AccessControlMaxAgeSec": 31536000, "IncludeSubdomains": true, "Preload": "true", "Override": true},
		"XSSProtection": {"Protection": true, "ModeBlock": true, "Override": true}
	},
	"CustomHeadersConfig": {"Items": [{"Header": "Permissions-Policy", "Value": "camera=()", "Override": true}]},
	"RemoveHeadersConfig": {"Items": [{"Header": "X-Origin"}]}
}`

// fromTemplate makes the distribution of a template's properties.
func fromTemplate(t *testing.T, config string) (*edge, error) {
	t.Helper()
	e := newEdge()
	p := ManagedPolicies()
	var headers ResponseHeadersPolicy
	decode(t, headersPolicy, &headers)
	p.Responses["headers"], p.Functions["arn:f"] = headers, `function handler(event) { return event.request; }`
	var properties map[string]any
	if err := json.Unmarshal([]byte(config), &properties); err != nil {
		t.Fatal(err)
	}
	var c Config
	if err := Decode(properties, &c); err != nil {
		return nil, err
	}
	var err error
	e.handler, err = New("E", "d.cloudfront.net", c, p, func(host string) (http.Handler, bool) {
		h, ok := map[string]http.Handler{siteHost: e.site, apiHost: e.api}[host]
		return h, ok
	})
	return e, err
}

func TestADistributionIsReadFromItsProperties(t *testing.T) {
	t.Parallel()
	e, err := fromTemplate(t, distributionConfig)
	if err != nil {
		t.Fatal(err)
	}
	h := e.do(t, get("/")).Header()
	wantEqual(t, "path", e.site.request.URL.Path, "/v1/index.html")
	for name, want := range map[string]string{
		"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
		"Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload", "X-Xss-Protection": "1; mode=block", "Permissions-Policy": "camera=()", "X-Origin": "",
	} {
		wantEqual(t, name, h.Get(name), want)
	}
	e.do(t, get("/api/x?a=1", "X-Own", "1"))
	r := e.api.request
	wantEqual(t, "custom header, forwarded header, query, host", []string{r.Header.Get("X-A"), r.Header.Get("X-Own"), r.URL.RawQuery, r.Host}, []string{"b", "1", "a=1", apiHost})
	for status, want := range map[int]time.Duration{404: 0, 403: 3 * time.Second, 500: defaultErrorTTL, 502: defaultErrorTTL} {
		wantEqual(t, "error caching", e.handler.errorTTL(status), want)
	}
}

func TestADistributionNamesWhatCannotBeCarriedOut(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]string{
		`"ErrorCode": 404|"ErrorCode": 412`:                                                "no error responses for the status 412",
		`658327ea-f89d-4fab-a63d-7e88639e58f6|00000000-f89d-4fab-a63d-7e88639e58f6`:        `behaviour "": its cache policy 00000000-f89d-4fab-a63d-7e88639e58f6 is neither`,
		`"arn:f"|"arn:other"`:                                                              "its function arn:other is neither in the assembly",
		`b689b0a8-53d0-40ab-baf2-68738e2966ac|11111111-2222-3333-4444-555555555555`:        `behaviour "/api/*": its origin request policy 11111111-2222-3333-4444-555555555555 is neither`,
		`"ResponseHeadersPolicyId": "headers"|"ResponseHeadersPolicyId": "none"`:           "its response headers policy none is neither",
		`"TargetOriginId": "api"|"TargetOriginId": "none"`:                                 `names the origin "none"`,
		`"Compress": true|"ForwardedValues": {"QueryString": true}`:                        `the property "ForwardedValues"`,
		`"Compress": true|"TrustedKeyGroups": ["k"]`:                                       `the property "TrustedKeyGroups"`,
		`"Compress": true|"LambdaFunctionAssociations": [{"EventType": "viewer-request"}]`: `the property "LambdaFunctionAssociations"`,
		`"Enabled": true|"OriginGroups": {"Items": []}`:                                    `the property "OriginGroups"`,
		`"ErrorCachingMinTTL": 0|"ErrorCachingMinTTL": -1`:                                 "must not be negative",
		`"ErrorCachingMinTTL": 0|"ErrorCachingMinTTL": "long"`:                             "invalid character 'l'",
	} {
		from, to, _ := strings.Cut(change, "|")
		if _, err := fromTemplate(t, strings.Replace(distributionConfig, from, to, 1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want %q", change, err, want)
		}
	}
}

func TestPoliciesNameWhatCannotBeCarriedOut(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"CookiesConfig": {"CookieBehavior": "some"}}`: `the behavior "some"`,
		`{"CorsConfig": {}}`:                            `the property "CorsConfig"`,
	} {
		var p OriginRequestPolicy
		if err := strictly([]byte(text), &p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v", text, err)
		}
	}
	var h ResponseHeadersPolicy
	for text, want := range map[string]string{`{"CorsConfig": {"Other": 1}}`: "Other", `{"SecurityHeadersConfig": {"Other": {}}}`: "Other", `{"ServerTimingHeadersConfig": {"Enabled": true}}`: "ServerTiming"} {
		if err := strictly([]byte(text), &h); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v", text, err)
		}
	}
}

func TestPoliciesOfTheAssembly(t *testing.T) {
	t.Parallel()
	e := newEdge()
	decode(t, `{"Name": "p", "MinTTL": 1, "DefaultTTL": "60", "MaxTTL": 120, "ParametersInCacheKeyAndForwardedToOrigin": {"EnableAcceptEncodingGzip": true, "EnableAcceptEncodingBrotli": "false",
		"HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": ["accept-language"]}, "CookiesConfig": {"CookieBehavior": "none"}, "QueryStringsConfig": {"QueryStringBehavior": "allExcept", "QueryStrings": ["utm"]}}}`, &e.Default.Cache)
	decode(t, `{"Name": "r", "HeadersConfig": {"HeaderBehavior": "allExcept", "Headers": ["x-no"]}, "CookiesConfig": {"CookieBehavior": "whitelist", "Cookies": ["sid"]}, "QueryStringsConfig": {"QueryStringBehavior": "none"}}`, &e.Default.Forward)
	e.do(t, get("/?a=1&utm=2", "Accept-Language", "ja", "X-Own", "1", "X-No", "1", "Cookie", "sid=1; other=2", "Accept-Encoding", "br, gzip"))
	r := e.site.request
	for name, want := range map[string]string{"Accept-Language": "ja", "X-Own": "1", "X-No": "", "Cookie": "sid=1", "Accept-Encoding": "gzip"} {
		wantEqual(t, name, r.Header.Get(name), want)
	}
	wantEqual(t, "query and host", r.URL.RawQuery+" "+r.Host, "a=1 example.com")
}
