package cloud

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/miyabi-society/platform/infra/local/cloudfront"
)

const distributionConfig = `{
	"Enabled": true,
	"DefaultRootObject": "index.html",
	"Origins": [
		{"Id": "site", "DomainName": "site.s3.us-east-1.amazonaws.com", "OriginPath": "/v1/", "OriginAccessControlId": "E1", "S3OriginConfig": {"OriginAccessIdentity": ""}},
		{"Id": "api", "DomainName": "abc.execute-api.us-east-1.amazonaws.com", "OriginCustomHeaders": [{"HeaderName": "X-A", "HeaderValue": "b"}]}
	],
	"DefaultCacheBehavior": {
		"TargetOriginId": "site", "ViewerProtocolPolicy": "redirect-to-https", "Compress": "true", "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
		"ResponseHeadersPolicyId": "headers",
		"FunctionAssociations": [{"EventType": "viewer-request", "FunctionARN": "arn:f"}]
	},
	"CacheBehaviors": [
		{"PathPattern": "/api/*", "TargetOriginId": "api", "AllowedMethods": ["GET", "HEAD", "POST"], "Compress": true,
		 "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac"}
	]
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
	"RemoveHeadersConfig": {"Items": [{"Header": "Server"}]}
}`

func object(t *testing.T, text string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func decodeText(t *testing.T, config string) (cloudfront.Distribution, error) {
	t.Helper()
	headers, err := responseHeaders(object(t, headersPolicy))
	if err != nil {
		t.Fatal(err)
	}
	return edge{functions: map[string]string{"arn:f": "code"}, headers: map[string]cloudfront.ResponseHeaders{"headers": headers}}.distribution(object(t, config))
}

func TestADistributionIsReadFromItsProperties(t *testing.T) {
	t.Parallel()
	d, err := decodeText(t, distributionConfig)
	if err != nil {
		t.Fatal(err)
	}
	want := cloudfront.Distribution{
		DefaultRootObject: "index.html",
		Origins: map[string]cloudfront.Origin{
			"site": {Domain: "site.s3.us-east-1.amazonaws.com", Path: "/v1", CustomHeaders: map[string]string{}},
			"api":  {Domain: "abc.execute-api.us-east-1.amazonaws.com", CustomHeaders: map[string]string{"X-A": "b"}},
		},
		Errors: map[int]cloudfront.ErrorResponse{},
		Default: cloudfront.Behavior{
			OriginID: "site", AllowedMethods: []string{"GET", "HEAD"}, Compress: true, Cache: cloudfront.ManagedCachePolicies["658327ea-f89d-4fab-a63d-7e88639e58f6"], ViewerRequest: cloudfront.Function{ARN: "arn:f", Code: "code"},
			ResponseHeaders: cloudfront.ResponseHeaders{Remove: []string{"Server"}, Set: []cloudfront.ResponseHeader{
				{Name: "Content-Security-Policy", Value: "frame-ancestors 'none'", Override: true},
				{Name: "X-Content-Type-Options", Value: "nosniff", Override: true},
				{Name: "X-Frame-Options", Value: "DENY", Override: false},
				{Name: "Referrer-Policy", Value: "same-origin", Override: true},
				{Name: "Strict-Transport-Security", Value: "max-age=31536000; includeSubDomains; preload", Override: true},
				{Name: "X-XSS-Protection", Value: "1; mode=block", Override: true},
				{Name: "Permissions-Policy", Value: "camera=()", Override: true},
			}},
		},
		Behaviors: []cloudfront.Behavior{{PathPattern: "/api/*", OriginID: "api", AllowedMethods: []string{"GET", "HEAD", "POST"}, Compress: true, Forward: cloudfront.ForwardAllExceptHost}},
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("distribution is %+v, want %+v", d, want)
	}
}

func TestCustomErrorResponsesAreReadByStatus(t *testing.T) {
	t.Parallel()
	d, err := decodeText(t, strings.Replace(distributionConfig, `"Enabled": true`,
		`"CustomErrorResponses": [{"ErrorCode": 404, "ResponseCode": "200", "ResponsePagePath": "/index.html", "ErrorCachingMinTTL": 0}, {"ErrorCode": 403, "ErrorCachingMinTTL": "3"}, {"ErrorCode": 500}]`, 1))
	want := map[int]cloudfront.ErrorResponse{
		404: {PagePath: "/index.html", Status: 200}, 403: {Status: 403, CachingMinTTL: 3 * time.Second}, 500: {Status: 500, CachingMinTTL: cloudfront.DefaultErrorTTL},
	}
	if err != nil || !reflect.DeepEqual(d.Errors, want) {
		t.Errorf("rules are %+v, %v", d.Errors, err)
	}
}

func TestADistributionNamesWhatCannotBeCarriedOut(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]string{
		`"Enabled": true|"CustomErrorResponses": [{"ErrorCode": 200}]`:              `ErrorCode "200" is no error status`,
		`658327ea-f89d-4fab-a63d-7e88639e58f6|00000000-f89d-4fab-a63d-7e88639e58f6`: `cache policy "00000000-f89d-4fab-a63d-7e88639e58f6" is neither`,
		`"arn:f"|"arn:other"`:            "its function arn:other is not in the assembly",
		`viewer-request|viewer-response`: "a function on viewer-response is not served",
		`b689b0a8-53d0-40ab-baf2-68738e2966ac|11111111-2222-3333-4444-555555555555`:        `behaviour "/api/*": origin request policy 11111111-2222-3333-4444-555555555555 is not served`,
		`"ResponseHeadersPolicyId": "headers"|"ResponseHeadersPolicyId": "none"`:           "default behaviour: its response headers policy none is not in the assembly",
		`"Compress": true|"ForwardedValues": {"QueryString": true}`:                        "the property ForwardedValues",
		`"Compress": true|"LambdaFunctionAssociations": [{"EventType": "viewer-request"}]`: "the property LambdaFunctionAssociations",
	} {
		from, to, _ := strings.Cut(change, "|")
		_, err := decodeText(t, strings.Replace(distributionConfig, from, to, 1))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want %q", change, err, want)
		}
	}
}

func TestACachePolicyOfTheAssembly(t *testing.T) {
	t.Parallel()
	got, err := cachePolicy(object(t, `{"MinTTL": 1, "DefaultTTL": "60", "MaxTTL": 120, "ParametersInCacheKeyAndForwardedToOrigin": {"EnableAcceptEncodingGzip": true, "EnableAcceptEncodingBrotli": "true",
		"HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": ["Origin"]}, "CookiesConfig": {"CookieBehavior": "none"}, "QueryStringsConfig": {"QueryStringBehavior": "allExcept", "QueryStrings": ["utm"]}}}`))
	want := cloudfront.CachePolicy{
		MinTTL: time.Second, DefaultTTL: time.Minute, MaxTTL: 2 * time.Minute, Brotli: true, Gzip: true,
		Headers: cloudfront.Selection{Kind: "whitelist", Names: []string{"Origin"}}, Cookies: cloudfront.Selection{Kind: "none"},
		Query: cloudfront.Selection{Kind: "allExcept", Names: []string{"utm"}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("policy is %+v, %v", got, err)
	}
	if _, err := cachePolicy(object(t, `{"MaxTTL": "long"}`)); err == nil || !strings.Contains(err.Error(), "MaxTTL") {
		t.Errorf("error is %v", err)
	}
}
