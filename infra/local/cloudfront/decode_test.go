package cloudfront

import (
	"encoding/json"
	"strings"
	"testing"
)

const template = `{
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

func decodeText(t *testing.T, config string) (Distribution, error) {
	t.Helper()
	return Decode(object(t, config), Resources{Functions: map[string]string{"arn:f": "code"}, HeaderPolicies: map[string]map[string]any{"headers": object(t, headersPolicy)}})
}

func TestDecodeReadsTheResourcesProperties(t *testing.T) {
	t.Parallel()
	d, err := decodeText(t, template)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "distribution", d, Distribution{
		DefaultRootObject: "index.html",
		Origins: map[string]Origin{
			"site": {Domain: "site.s3.us-east-1.amazonaws.com", Path: "/v1", CustomHeaders: map[string]string{}},
			"api":  {Domain: "abc.execute-api.us-east-1.amazonaws.com", CustomHeaders: map[string]string{"X-A": "b"}},
		},
		Errors: map[int]ErrorResponse{},
		Default: Behavior{
			OriginID: "site", AllowedMethods: []string{"GET", "HEAD"}, Compress: true, Cache: managedCachePolicies["658327ea-f89d-4fab-a63d-7e88639e58f6"], ViewerRequest: Function{"arn:f", "code"},
			ResponseHeaders: ResponseHeaders{Remove: []string{"Server"}, Set: []ResponseHeader{
				{"Content-Security-Policy", "frame-ancestors 'none'", true},
				{"X-Content-Type-Options", "nosniff", true},
				{"X-Frame-Options", "DENY", false},
				{"Referrer-Policy", "same-origin", true},
				{"Strict-Transport-Security", "max-age=31536000; includeSubDomains; preload", true},
				{"X-XSS-Protection", "1; mode=block", true},
				{"Permissions-Policy", "camera=()", true},
			}},
		},
		// CachingDisabled: nothing is compressed although Compress is true.
		Behaviors: []Behavior{{PathPattern: "/api/*", OriginID: "api", AllowedMethods: []string{"GET", "HEAD", "POST"}, Forward: ForwardAllExceptHost}},
	})
}

func TestDecodeNamesWhatItCannotCarryOut(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]string{
		`"Enabled": true|"CustomErrorResponses": [{"ErrorCode": 200}]`:              `ErrorCode "200" is no error status`,
		`658327ea-f89d-4fab-a63d-7e88639e58f6|00000000-f89d-4fab-a63d-7e88639e58f6`: `cache policy "00000000-f89d-4fab-a63d-7e88639e58f6" is neither`,
		`"arn:f"|"arn:other"`:            "its function arn:other is not in the assembly",
		`viewer-request|viewer-response`: "a function on viewer-response is not served",
		`b689b0a8-53d0-40ab-baf2-68738e2966ac|11111111-2222-3333-4444-555555555555`:        `behaviour "/api/*": origin request policy 11111111-2222-3333-4444-555555555555 is not served`,
		`"ResponseHeadersPolicyId": "headers"|"ResponseHeadersPolicyId": "none"`:           "default behaviour: its response headers policy none is not in the assembly",
		`"Compress": true|"ForwardedValues": {"QueryString": true}`:                        "ForwardedValues is not served",
		`"Compress": true|"LambdaFunctionAssociations": [{"EventType": "viewer-request"}]`: "LambdaFunctionAssociations is not served",
	} {
		from, to, _ := strings.Cut(change, "|")
		_, err := decodeText(t, strings.Replace(template, from, to, 1))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want %q", change, err, want)
		}
	}
}
