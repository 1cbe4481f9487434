package construct

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/environment"
)

// The CloudFront functions, by the names of their source files.
const (
	// ViewerRequest turns the site's clean paths into the paths of exported files.
	ViewerRequest = "viewer-request"
	// ForwardedHost tells an origin the host that the viewer asked for.
	ForwardedHost = "forwarded-host"
)

// Backend is an origin for the paths that are not the site's.
type Backend struct {
	// Patterns are the path patterns of its behaviours, such as /api/*.
	Patterns []string
	// Host is the origin's host name; requests go there over TLS with the viewer's path.
	Host *string
	// Stream marks a WebSocket origin, whose bytes CloudFront must not compress.
	Stream bool
}

// StaticSiteProps describes a site.
type StaticSiteProps struct {
	Settings environment.Settings
	Folders  environment.Folders
	Backends []Backend
}

// StaticSite is an exported site in a private bucket behind CloudFront, on one domain with its backends.
type StaticSite struct {
	Bucket       awss3.Bucket
	Distribution awscloudfront.Distribution
}

// Host is the name under which people reach the site: the environment's own, or the one that CloudFront gave it.
func (s StaticSite) Host(settings environment.Settings) *string {
	if name := settings.Site.Domain.Name; name != "" {
		return jsii.String(name)
	}
	return s.Distribution.DistributionDomainName()
}

// NewStaticSite makes the bucket, the distribution and the deployment of the files. A path that does not exist answers
// 404: CloudFront may list the bucket, and no custom error response hides the origins' own answers.
func NewStaticSite(scope constructs.Construct, id string, props StaticSiteProps) StaticSite {
	scope = constructs.NewConstruct(scope, jsii.String(id))
	bucket := newSiteBucket(scope)
	site := StaticSite{Bucket: bucket, Distribution: newDistribution(scope, props, bucket)}
	deploySite(scope, props, bucket)
	return site
}

func newSiteBucket(scope constructs.Construct) awss3.Bucket {
	return awss3.NewBucket(scope, jsii.String("Bucket"), &awss3.BucketProps{
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		EnforceSSL:        jsii.Bool(true),
		LifecycleRules: &[]*awss3.LifecycleRule{{
			Id:                                  jsii.String("abandoned-uploads"),
			AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(7)),
		}},
	})
}

func newDistribution(scope constructs.Construct, props StaticSiteProps, bucket awss3.Bucket) awscloudfront.Distribution {
	headers := newSecurityHeaders(scope)
	forwardedHost := newEdgeFunction(scope, props.Folders, "ForwardedHost", ForwardedHost)
	backends := map[string]*awscloudfront.BehaviorOptions{}
	for _, backend := range props.Backends {
		behaviour := backendBehaviour(backend, forwardedHost, headers)
		for _, pattern := range backend.Patterns {
			backends[pattern] = behaviour
		}
	}
	config := &awscloudfront.DistributionProps{
		Comment:             jsii.String("Miyabi Society " + props.Settings.Name),
		PriceClass:          awscloudfront.PriceClass("PRICE_CLASS_" + strings.ToUpper(props.Settings.Site.PriceClass)),
		DefaultRootObject:   jsii.String("index.html"),
		HttpVersion:         awscloudfront.HttpVersion_HTTP2_AND_3,
		EnableIpv6:          jsii.Bool(true),
		AdditionalBehaviors: &backends,
		DefaultBehavior: &awscloudfront.BehaviorOptions{
			Origin: awscloudfrontorigins.S3BucketOrigin_WithOriginAccessControl(bucket, &awscloudfrontorigins.S3BucketOriginWithOACProps{
				OriginAccessLevels: &[]awscloudfront.AccessLevel{awscloudfront.AccessLevel_READ, awscloudfront.AccessLevel_LIST},
			}),
			CachePolicy:           awscloudfront.CachePolicy_CACHING_OPTIMIZED(),
			ViewerProtocolPolicy:  awscloudfront.ViewerProtocolPolicy_REDIRECT_TO_HTTPS,
			ResponseHeadersPolicy: headers,
			FunctionAssociations:  onViewerRequest(newEdgeFunction(scope, props.Folders, "ViewerRequest", ViewerRequest)),
		},
	}
	if domain := props.Settings.Site.Domain; domain.Name != "" {
		config.DomainNames = jsii.Strings(domain.Name)
		config.Certificate = awscertificatemanager.Certificate_FromCertificateArn(scope, jsii.String("Certificate"), jsii.String(domain.CertificateARN))
		config.MinimumProtocolVersion = awscloudfront.SecurityPolicyProtocol_TLS_V1_2_2021
		config.SslSupportMethod = awscloudfront.SSLMethod_SNI
	}
	distribution := awscloudfront.NewDistribution(scope, jsii.String("Distribution"), config)
	awscdk.Annotations_Of(distribution).AcknowledgeWarning(
		jsii.String("@aws-cdk/aws-cloudfront-origins:listBucketSecurityRisk"),
		jsii.String("the default root object and the viewer-request function keep / from listing the bucket"))
	return distribution
}

// backendBehaviour passes everything but the Host header on and caches nothing.
func backendBehaviour(backend Backend, forwardedHost awscloudfront.IFunction, headers awscloudfront.ResponseHeadersPolicy) *awscloudfront.BehaviorOptions {
	return &awscloudfront.BehaviorOptions{
		Origin: awscloudfrontorigins.NewHttpOrigin(backend.Host, &awscloudfrontorigins.HttpOriginProps{
			ProtocolPolicy: awscloudfront.OriginProtocolPolicy_HTTPS_ONLY,
		}),
		AllowedMethods:        awscloudfront.AllowedMethods_ALLOW_ALL(),
		CachePolicy:           awscloudfront.CachePolicy_CACHING_DISABLED(),
		OriginRequestPolicy:   awscloudfront.OriginRequestPolicy_ALL_VIEWER_EXCEPT_HOST_HEADER(),
		ViewerProtocolPolicy:  awscloudfront.ViewerProtocolPolicy_HTTPS_ONLY,
		ResponseHeadersPolicy: headers,
		Compress:              jsii.Bool(!backend.Stream),
		FunctionAssociations:  onViewerRequest(forwardedHost),
	}
}

func newEdgeFunction(scope constructs.Construct, folders environment.Folders, id, name string) awscloudfront.Function {
	return awscloudfront.NewFunction(scope, jsii.String(id), &awscloudfront.FunctionProps{
		Runtime: awscloudfront.FunctionRuntime_JS_2_0(),
		Code: awscloudfront.FunctionCode_FromFile(&awscloudfront.FileCodeOptions{
			FilePath: jsii.String(folders.EdgeFunction(name)),
		}),
	})
}

func onViewerRequest(function awscloudfront.IFunction) *[]*awscloudfront.FunctionAssociation {
	return &[]*awscloudfront.FunctionAssociation{{
		EventType: awscloudfront.FunctionEventType_VIEWER_REQUEST,
		Function:  function,
	}}
}

// newSecurityHeaders adds what a browser needs to hear with every answer of the domain.
// https://owasp.org/www-project-secure-headers/
func newSecurityHeaders(scope constructs.Construct) awscloudfront.ResponseHeadersPolicy {
	override := jsii.Bool(true)
	return awscloudfront.NewResponseHeadersPolicy(scope, jsii.String("SecurityHeaders"), &awscloudfront.ResponseHeadersPolicyProps{
		Comment: jsii.String("Security headers of every answer"),
		SecurityHeadersBehavior: &awscloudfront.ResponseSecurityHeadersBehavior{
			ContentSecurityPolicy: &awscloudfront.ResponseHeadersContentSecurityPolicy{
				ContentSecurityPolicy: jsii.String("frame-ancestors 'none'; base-uri 'self'; object-src 'none'"),
				Override:              override,
			},
			ContentTypeOptions: &awscloudfront.ResponseHeadersContentTypeOptions{Override: override},
			FrameOptions: &awscloudfront.ResponseHeadersFrameOptions{
				FrameOption: awscloudfront.HeadersFrameOption_DENY,
				Override:    override,
			},
			ReferrerPolicy: &awscloudfront.ResponseHeadersReferrerPolicy{
				ReferrerPolicy: awscloudfront.HeadersReferrerPolicy_STRICT_ORIGIN_WHEN_CROSS_ORIGIN,
				Override:       override,
			},
			StrictTransportSecurity: &awscloudfront.ResponseHeadersStrictTransportSecurity{
				AccessControlMaxAge: awscdk.Duration_Days(jsii.Number(365)),
				IncludeSubdomains:   jsii.Bool(true),
				Override:            override,
			},
		},
	})
}
