package phases

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/stretchr/testify/require"
)

// The ids of CloudFront's own policies.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
const (
	cachingDisabled           = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
	allViewerExceptHostHeader = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
)

func (d *deployment) distribution(t *testing.T) *types.DistributionConfig {
	t.Helper()
	out, err := cloudfront.NewFromConfig(cloud(t)).GetDistributionConfig(t.Context(), &cloudfront.GetDistributionConfigInput{Id: aws.String(d.parameter(t, "dashboard", "distribution-id"))})
	require.NoError(t, err)
	return out.DistributionConfig
}

// origin is the origin of this id.
func origin(t *testing.T, c *types.DistributionConfig, id *string) types.Origin {
	t.Helper()
	for _, o := range c.Origins.Items {
		if aws.ToString(o.Id) == aws.ToString(id) {
			return o
		}
	}
	t.Fatalf("there is no origin %s", aws.ToString(id))
	return types.Origin{}
}

func siteOrigin(t *testing.T, d *deployment) {
	c := d.distribution(t)
	o := origin(t, c, c.DefaultCacheBehavior.TargetOriginId)
	require.Contains(t, aws.ToString(o.DomainName), d.parameter(t, "dashboard", "bucket-name")+".s3.")
	require.Equal(t, types.ViewerProtocolPolicyRedirectToHttps, c.DefaultCacheBehavior.ViewerProtocolPolicy)
	require.Equal(t, "index.html", aws.ToString(c.DefaultRootObject))
}

func siteOriginIsSigned(t *testing.T, d *deployment) {
	c := d.distribution(t)
	id := origin(t, c, c.DefaultCacheBehavior.TargetOriginId).OriginAccessControlId
	out, err := cloudfront.NewFromConfig(cloud(t)).GetOriginAccessControl(t.Context(), &cloudfront.GetOriginAccessControlInput{Id: id})
	require.NoError(t, err)
	signing := out.OriginAccessControl.OriginAccessControlConfig
	require.Equal(t, types.OriginAccessControlSigningBehaviorsAlways, signing.SigningBehavior)
	require.Equal(t, types.OriginAccessControlOriginTypesS3, signing.OriginAccessControlOriginType)
}

func backendBehaviours(t *testing.T, d *deployment) {
	c := d.distribution(t)
	host := func(parameter string) string {
		return d.parameter(t, "api", parameter) + ".execute-api." + region + ".amazonaws.com"
	}
	want := map[string]string{"/api/*": host("http-api-id"), "/auth/*": host("http-api-id"), "/live": host("websocket-api-id")}
	require.Len(t, c.CacheBehaviors.Items, len(want))
	for _, b := range c.CacheBehaviors.Items {
		path := aws.ToString(b.PathPattern)
		o := origin(t, c, b.TargetOriginId)
		require.Equal(t, want[path], aws.ToString(o.DomainName), path)
		require.Empty(t, aws.ToString(o.OriginPath), path)
		require.Equal(t, types.OriginProtocolPolicyHttpsOnly, o.CustomOriginConfig.OriginProtocolPolicy, path)
		require.Equal(t, cachingDisabled, aws.ToString(b.CachePolicyId), path)
		require.Equal(t, allViewerExceptHostHeader, aws.ToString(b.OriginRequestPolicyId), path)
		require.Equal(t, path != "/live", aws.ToBool(b.Compress), path)
		require.Equal(t, types.ViewerProtocolPolicyHttpsOnly, b.ViewerProtocolPolicy, path)
		require.Len(t, b.AllowedMethods.Items, 7, path)
	}
}

func distributionSettings(t *testing.T, d *deployment) {
	c := d.distribution(t)
	require.True(t, aws.ToBool(c.Enabled))
	require.True(t, aws.ToBool(c.IsIPV6Enabled))
	require.Equal(t, types.HttpVersionHttp2and3, c.HttpVersion)
	require.True(t, c.CustomErrorResponses == nil || len(c.CustomErrorResponses.Items) == 0)
}

func securityHeaders(t *testing.T, d *deployment) {
	c := d.distribution(t)
	policies := []*string{c.DefaultCacheBehavior.ResponseHeadersPolicyId}
	for _, b := range c.CacheBehaviors.Items {
		policies = append(policies, b.ResponseHeadersPolicyId)
	}
	for _, id := range policies {
		require.NotEmpty(t, aws.ToString(id))
		out, err := cloudfront.NewFromConfig(cloud(t)).GetResponseHeadersPolicy(t.Context(), &cloudfront.GetResponseHeadersPolicyInput{Id: id})
		require.NoError(t, err)
		h := out.ResponseHeadersPolicy.ResponseHeadersPolicyConfig.SecurityHeadersConfig
		require.Equal(t, types.FrameOptionsListDeny, h.FrameOptions.FrameOption)
		require.True(t, aws.ToBool(h.ContentTypeOptions.Override))
		require.Contains(t, aws.ToString(h.ContentSecurityPolicy.ContentSecurityPolicy), "frame-ancestors 'none'")
		require.GreaterOrEqual(t, aws.ToInt32(h.StrictTransportSecurity.AccessControlMaxAgeSec), int32(365*24*60*60))
	}
}

func edgeFunctions(t *testing.T, d *deployment) {
	c := d.distribution(t)
	associations := []*types.FunctionAssociations{c.DefaultCacheBehavior.FunctionAssociations}
	for _, b := range c.CacheBehaviors.Items {
		associations = append(associations, b.FunctionAssociations)
	}
	for _, a := range associations {
		require.NotNil(t, a)
		require.Len(t, a.Items, 1)
		require.Equal(t, types.EventTypeViewerRequest, a.Items[0].EventType)
		_, name, found := strings.Cut(aws.ToString(a.Items[0].FunctionARN), ":function/")
		require.True(t, found)
		out, err := cloudfront.NewFromConfig(cloud(t)).DescribeFunction(t.Context(), &cloudfront.DescribeFunctionInput{Name: &name, Stage: types.FunctionStageLive})
		require.NoError(t, err, "%s is not published", name)
		require.Equal(t, types.FunctionRuntimeCloudfrontJs20, out.FunctionSummary.FunctionConfig.Runtime)
	}
}
