package stacks_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/environment"
)

// The ids of CloudFront's managed policies.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
const (
	cachingDisabled           = `"4135ea2d-6df8-44a3-9df3-4b5a84be39ad"`
	cachingOptimized          = `"658327ea-f89d-4fab-a63d-7e88639e58f6"`
	allViewerExceptHostHeader = `"b689b0a8-53d0-40ab-baf2-68738e2966ac"`
)

func TestTheSitesBucketIsPrivateAndOnlyTheDistributionReadsAndListsIt(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Dashboard")
	bucket := s.only("AWS::S3::Bucket")
	s.want(bucket, "PublicAccessBlockConfiguration", `{"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true}`)
	s.want(bucket, "BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault.SSEAlgorithm", `"AES256"`)
	policy := s.only("AWS::S3::BucketPolicy")
	s.want(policy, "PolicyDocument.Statement.0.Effect", `"Deny"`)
	s.want(policy, "PolicyDocument.Statement.0.Condition", `{"Bool": {"aws:SecureTransport": "false"}}`)
	s.want(policy, "PolicyDocument.Statement.1.Principal", `{"Service": "cloudfront.amazonaws.com"}`)
	s.want(policy, "PolicyDocument.Statement.1.Action", `["s3:GetObject", "s3:ListBucket"]`)
	if condition := s.text(policy); !strings.Contains(condition, s.only("AWS::CloudFront::Distribution")) {
		t.Errorf("the policy does not name the distribution: %s", condition)
	}
	s.want(policy, "PolicyDocument.Statement.2", `null`)
}

func TestTheSiteIsServedWithRewritingAndSecurityHeaders(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Dashboard")
	distribution := s.only("AWS::CloudFront::Distribution")
	const behaviour = "DistributionConfig.DefaultCacheBehavior"
	s.want(distribution, behaviour+".CachePolicyId", cachingOptimized)
	s.want(distribution, behaviour+".ViewerProtocolPolicy", `"redirect-to-https"`)
	s.want(distribution, behaviour+".ResponseHeadersPolicyId", `{"Ref": "`+s.only("AWS::CloudFront::ResponseHeadersPolicy")+`"}`)
	s.want(distribution, behaviour+".FunctionAssociations.0.FunctionARN", `{"Fn::GetAtt": ["`+s.starting("AWS::CloudFront::Function", "SiteViewerRequest")+`", "FunctionARN"]}`)
	s.want(distribution, "DistributionConfig.CustomErrorResponses", `null`)
	s.want(distribution, "DistributionConfig.DefaultRootObject", `"index.html"`)
	s.want(distribution, "DistributionConfig.Origins.0.OriginAccessControlId", `{"Fn::GetAtt": ["`+s.only("AWS::CloudFront::OriginAccessControl")+`", "Id"]}`)
}

func TestTheBackendsShareTheDomainUncached(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Dashboard")
	distribution := s.only("AWS::CloudFront::Distribution")
	hosts := map[string]string{}
	for _, value := range s.property(distribution, "DistributionConfig.Origins").([]any) {
		origin := value.(map[string]any)
		if join, ok := origin["DomainName"].(map[string]any)["Fn::Join"].([]any); ok {
			parts := join[1].([]any)
			if parts[1] != ".execute-api.us-east-1.amazonaws.com" || origin["OriginPath"] != nil {
				t.Errorf("origin %v", origin)
			}
			hosts[origin["Id"].(string)] = parts[0].(map[string]any)["Ref"].(string)
		}
	}
	for i, want := range []struct{ pattern, host, compress string }{
		{"/api/*", "ApiHttpApiId", "true"}, {"/auth/*", "ApiHttpApiId", "true"}, {"/live", "ApiWebsocketApiId", "false"},
	} {
		behaviour := "DistributionConfig.CacheBehaviors." + string(rune('0'+i))
		s.want(distribution, behaviour+".PathPattern", `"`+want.pattern+`"`)
		s.want(distribution, behaviour+".CachePolicyId", cachingDisabled)
		s.want(distribution, behaviour+".OriginRequestPolicyId", allViewerExceptHostHeader)
		s.want(distribution, behaviour+".Compress", want.compress)
		s.want(distribution, behaviour+".ViewerProtocolPolicy", `"https-only"`)
		s.want(distribution, behaviour+".FunctionAssociations.0.FunctionARN", `{"Fn::GetAtt": ["`+s.starting("AWS::CloudFront::Function", "SiteForwardedHost")+`", "FunctionARN"]}`)
		if id, _ := s.property(distribution, behaviour+".TargetOriginId").(string); hosts[id] != want.host {
			t.Errorf("%s leads to %q, want %s", want.pattern, hosts[id], want.host)
		}
	}
	s.want(distribution, "DistributionConfig.CacheBehaviors.3", `null`)
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Dashboard")
	s.want(s.only("AWS::CloudFront::ResponseHeadersPolicy"), "ResponseHeadersPolicyConfig.SecurityHeadersConfig", `{
		"ContentSecurityPolicy": {"ContentSecurityPolicy": "frame-ancestors 'none'; base-uri 'self'; object-src 'none'", "Override": true},
		"ContentTypeOptions": {"Override": true},
		"FrameOptions": {"FrameOption": "DENY", "Override": true},
		"ReferrerPolicy": {"ReferrerPolicy": "strict-origin-when-cross-origin", "Override": true},
		"StrictTransportSecurity": {"AccessControlMaxAgeSec": 31536000, "IncludeSubdomains": true, "Override": true}}`)
}

func TestHashedAssetsAreUploadedFirstAndPagesLast(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Dashboard")
	hashed := s.starting("Custom::CDKBucketDeployment", "SiteHashedAssets")
	pages := s.starting("Custom::CDKBucketDeployment", "SitePages")
	if dependsOn, _ := s.attribute(pages, "DependsOn").([]any); !slices.Contains(dependsOn, any(hashed)) {
		t.Errorf("the pages depend on %v, want %s", dependsOn, hashed)
	}
	s.want(hashed, "DestinationBucketKeyPrefix", `"_next/static"`)
	s.want(hashed, "SystemMetadata", `{"cache-control": "public, max-age=31536000, immutable"}`)
	s.want(pages, "DestinationBucketKeyPrefix", `null`)
	s.want(pages, "SystemMetadata", `{"cache-control": "no-cache"}`)
	for _, id := range []string{hashed, pages} {
		s.want(id, "Prune", `false`)
		s.want(id, "RetainOnDelete", `true`)
	}
	development := stackOf(t, environment.Dev, "Dashboard")
	development.want(development.starting("Custom::CDKBucketDeployment", "SitePages"), "RetainOnDelete", `false`)
}

func TestADomainNeedsItsCertificateAndTheCNAMEIsToldTo(t *testing.T) {
	t.Parallel()
	s := stackOf(t, withEverything, "Dashboard")
	distribution := s.only("AWS::CloudFront::Distribution")
	s.want(distribution, "DistributionConfig.Aliases", `["`+domain+`"]`)
	s.want(distribution, "DistributionConfig.ViewerCertificate", `{"AcmCertificateArn": "`+certificate+`", "MinimumProtocolVersion": "TLSv1.2_2021", "SslSupportMethod": "sni-only"}`)
	outputs := s.Document["Outputs"].(map[string]any)
	name := `{"Fn::GetAtt":["` + distribution + `","DomainName"]}`
	for output, want := range map[string]string{"SiteUrl": `"https://` + domain + `"`, "SiteCname": `{"Fn::Join":["",["` + domain + ` CNAME ",` + name + `]]}`} {
		text, err := json.Marshal(outputs[output].(map[string]any)["Value"])
		if err != nil || string(text) != want {
			t.Errorf("the output %s is %s (%v), want %s", output, text, err, want)
		}
	}
	published := s.published()
	if published["/miyabi/prod/dashboard/domain"] != `"`+domain+`"` || published["/miyabi/prod/dashboard/distribution-domain"] != name {
		t.Errorf("published is %v", published)
	}
	without := stackOf(t, environment.Prod, "Dashboard")
	if _, ok := without.Document["Outputs"].(map[string]any)["SiteCname"]; ok {
		t.Error("a CNAME is asked for without a domain")
	}
	without.want(without.only("AWS::CloudFront::Distribution"), "DistributionConfig.Aliases", `null`)
}
