package phases

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	terratest "github.com/gruntwork-io/terratest/modules/aws"
	"github.com/stretchr/testify/require"
)

// dashboardChecks are the questions about phase 3.
var dashboardChecks = []check{
	{name: "the bucket is closed to the public", ask: bucketIsPrivate},
	{name: "the bucket encrypts what it holds", ask: bucketIsEncrypted},
	{name: "only the distribution reads the bucket, and everybody over TLS only", ask: bucketPolicy},
	{name: "browsers keep hashed files for a year and ask again for pages", ask: objectCaching},
	{name: "the distribution has the bucket as its origin", ask: siteOrigin},
	{name: "the distribution signs its requests to the bucket", ask: siteOriginIsSigned},
	{name: "API, sign-in and WebSocket share the site's domain, and nothing of them is cached", ask: backendBehaviours},
	{name: "the distribution speaks TLS, HTTP/3 and IPv6, and hides no answer of an origin", ask: distributionSettings},
	{name: "every answer carries the security headers", ask: securityHeaders},
	{name: "the functions at the edge are published", ask: edgeFunctions},

	{name: "the front page is a prerendered page with a title", ask: frontPage},
	{name: "an address without a slash leads to the one with it", ask: slashRedirect},
	{name: "each organization's address gets the one prerendered page", ask: rewrittenPage},
	{name: "an unknown page is a real 404", ask: unknownPage},
	{name: "browsers are told the security headers and the caching", ask: servedHeaders},
	{name: "the API answers on the site's own domain", ask: sameOrigin},
	{name: "a WebSocket upgrade without credentials is refused", ask: webSocketUpgrade},
}

func (d *deployment) bucket(t *testing.T) (*s3.Client, string) {
	t.Helper()
	return s3.NewFromConfig(cloud(t)), d.parameter(t, "dashboard", "bucket-name")
}

func bucketIsPrivate(t *testing.T, d *deployment) {
	client, bucket := d.bucket(t)
	out, err := client.GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: &bucket})
	require.NoError(t, err)
	yes := aws.Bool(true)
	require.Equal(t, &types.PublicAccessBlockConfiguration{BlockPublicAcls: yes, BlockPublicPolicy: yes, IgnorePublicAcls: yes, RestrictPublicBuckets: yes}, out.PublicAccessBlockConfiguration)
	require.Equal(t, []string{"BucketOwnerEnforced"}, terratest.GetS3BucketOwnershipControlsContext(t, t.Context(), region, bucket))
}

func bucketIsEncrypted(t *testing.T, d *deployment) {
	_, bucket := d.bucket(t)
	terratest.AssertS3BucketServerSideEncryptionContext(t, t.Context(), region, bucket, types.ServerSideEncryptionAes256)
}

func bucketPolicy(t *testing.T, d *deployment) {
	_, bucket := d.bucket(t)
	distribution := "arn:aws:cloudfront::" + account(t) + ":distribution/" + d.parameter(t, "dashboard", "distribution-id")
	insecureDenied, readers := false, 0
	for _, s := range readPolicy(t, terratest.GetS3BucketPolicyContext(t, t.Context(), region, bucket)) {
		switch {
		case s.Effect == "Deny":
			insecureDenied = insecureDenied || s.condition("Bool", "aws:SecureTransport") == "false"
		case slices.Contains(s.services(), "cloudfront.amazonaws.com"):
			require.Equal(t, distribution, s.condition("StringEquals", "AWS:SourceArn"))
			readers++
		default: // the function that uploads the site empties the bucket when the stack goes
			require.NotContains(t, []any{"*", map[string]any{"AWS": "*"}}, s.Principal)
		}
	}
	require.True(t, insecureDenied, "the bucket answers without TLS")
	require.Positive(t, readers)
}

// hashed is the path of a file whose name changes with its content.
var hashed = regexp.MustCompile(`_next/static/[^"\\]+\.js`)

func objectCaching(t *testing.T, d *deployment) {
	client, bucket := d.bucket(t)
	page := terratest.GetS3ObjectContentsContext(t, t.Context(), region, bucket, "index.html")
	for key, want := range map[string]string{"index.html": "no-cache", hashed.FindString(page): "public, max-age=31536000, immutable"} {
		out, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
		require.NoError(t, err, key)
		require.Equal(t, want, aws.ToString(out.CacheControl), key)
	}
}

func frontPage(t *testing.T, d *deployment) {
	r := newClient(t, d.base(t)).do(t, http.MethodGet, "/", "", nil)
	require.Equal(t, http.StatusOK, r.status)
	require.Regexp(t, `<title>[^<]+</title>`, r.body)
}

// plain asks for a path without following where it leads.
func plain(t *testing.T, d *deployment, path string) response {
	t.Helper()
	c := newClient(t, d.base(t))
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c.do(t, http.MethodGet, path, "", nil)
}

func slashRedirect(t *testing.T, d *deployment) {
	r := plain(t, d, "/en/organizations?from=mail")
	require.Equal(t, http.StatusPermanentRedirect, r.status)
	require.True(t, strings.HasSuffix(r.header.Get("Location"), "/en/organizations/?from=mail"), r.header.Get("Location"))
}

func rewrittenPage(t *testing.T, d *deployment) {
	page := plain(t, d, "/ja/organizations/acme/tasks/")
	require.Equal(t, http.StatusOK, page.status)
	require.Equal(t, page.body, plain(t, d, "/ja/organizations/globex/tasks/").body)
}

func unknownPage(t *testing.T, d *deployment) {
	r := plain(t, d, "/en/nothing/")
	require.Equal(t, http.StatusNotFound, r.status)
	require.Contains(t, r.body, "<title>")
}

func servedHeaders(t *testing.T, d *deployment) {
	page := plain(t, d, "/")
	require.Equal(t, "no-cache", page.header.Get("Cache-Control"))
	file := plain(t, d, "/"+hashed.FindString(page.body))
	require.Equal(t, http.StatusOK, file.status)
	require.Contains(t, file.header.Get("Cache-Control"), "immutable")
	for _, r := range []response{page, file, plain(t, d, "/api/v1/health")} {
		require.Equal(t, "DENY", r.header.Get("X-Frame-Options"), r.url)
		require.Equal(t, "nosniff", r.header.Get("X-Content-Type-Options"), r.url)
		require.Contains(t, r.header.Get("Content-Security-Policy"), "frame-ancestors 'none'", r.url)
		require.Equal(t, "strict-origin-when-cross-origin", r.header.Get("Referrer-Policy"), r.url)
	}
}

func sameOrigin(t *testing.T, d *deployment) {
	health(t, d)
	r := plain(t, d, "/auth/login?redirect=/en/")
	require.Equal(t, http.StatusFound, r.status, "the sign-in begins on the site's domain")
}

// webSocketUpgrade asks for a connection as a browser does. It is refused for want of a signature.
func webSocketUpgrade(t *testing.T, d *deployment) {
	c := newClient(t, d.base(t))
	r := c.do(t, http.MethodGet, "/live", "", http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
	})
	require.Equal(t, http.StatusForbidden, r.status, r.body)
}
