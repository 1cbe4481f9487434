package cloud

import (
	"context"
	"errors"
	"strings"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/cloudfront"
)

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-function.html
func createEdgeFunction(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	functionARN := "arn:aws:cloudfront::" + c.here.Account + ":function/" + r.properties.text("Name")
	c.draft.edge.Functions[functionARN] = r.properties.text("FunctionCode")
	r.properties.object("FunctionConfig").refuse("KeyValueStoreAssociations")
	return assembly.Values{Ref: functionARN, Attributes: map[string]any{"FunctionARN": functionARN, "Stage": "LIVE"}}, nil
}

// edgePolicy makes a policy of a distribution's behaviours from the property that describes it.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_CloudFront.html
func edgePolicy[T any](config string, of func(cloudfront.Policies) map[string]T) create {
	return func(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
		var policy T
		err := cloudfront.Decode(r.properties.object(config).all, &policy)
		id := r.uuid()
		of(c.draft.edge)[id] = policy
		return assembly.Values{Ref: id, Attributes: map[string]any{"Id": id}}, err
	}
}

var (
	createCachePolicy = edgePolicy("CachePolicyConfig", func(p cloudfront.Policies) map[string]cloudfront.CachePolicy {
		return p.Caches
	})
	createOriginRequestPolicy = edgePolicy("OriginRequestPolicyConfig", func(p cloudfront.Policies) map[string]cloudfront.OriginRequestPolicy {
		return p.Requests
	})
	createResponseHeadersPolicy = edgePolicy("ResponseHeadersPolicyConfig", func(p cloudfront.Policies) map[string]cloudfront.ResponseHeadersPolicy {
		return p.Responses
	})
)

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-distribution.html
func createDistribution(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	if c.site != nil {
		return assembly.Values{}, errors.New("the local cloud serves one distribution, and the assembly has a second")
	}
	var config cloudfront.Config
	if err := cloudfront.Decode(r.properties.object("DistributionConfig").all, &config); err != nil {
		return assembly.Values{}, err
	}
	id, domain := "E"+strings.ToUpper(r.hash()[:13]), "d"+r.hash()[:13]+".cloudfront.net"
	c.draft.distribution = "arn:aws:cloudfront::" + c.here.Account + ":distribution/" + id
	var err error
	c.site, err = cloudfront.New(id, domain, config, c.draft.edge, c.Origin)
	return assembly.Values{Ref: id, Attributes: map[string]any{"Id": id, "DomainName": domain}}, err
}
