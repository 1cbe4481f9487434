package cloud

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/cloudfront"
	"github.com/miyabi-society/platform/infra/local/s3"
)

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
func createBucket(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	name := strings.ToLower(r.name("BucketName", 63))
	global, regional := name+".s3.amazonaws.com", name+".s3."+here.Region+".amazonaws.com"
	bucket := c.buckets.Bucket(name)
	c.origins[global], c.origins[regional] = bucket, bucket
	return assembly.Values{Ref: name, Attributes: map[string]any{
		"Arn": "arn:aws:s3:::" + name, "DomainName": global, "RegionalDomainName": regional,
		"DualStackDomainName": name + ".s3.dualstack." + here.Region + ".amazonaws.com",
	}}, nil
}

// createBucketDeployment does the work of CDK's function: it copies the source assets into the bucket and invalidates
// DistributionPaths, which without a value are all.
//
// Source: https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_s3_deployment-readme.html
func createBucketDeployment(ctx context.Context, c *Cloud, r request) (assembly.Values, error) {
	p := r.properties
	if err := p.refuse("SourceMarkers", "UserMetadata", "Exclude", "Include"); err != nil {
		return assembly.Values{}, err
	}
	if p["Extract"] != nil && !p.boolean("Extract") {
		return assembly.Values{}, errors.New("the local cloud deploys extracted sources only")
	}
	buckets, keys := p.texts("SourceBucketNames"), p.texts("SourceObjectKeys")
	if len(buckets) != len(keys) {
		return assembly.Values{}, errors.New("SourceBucketNames and SourceObjectKeys differ in length")
	}
	d := s3.Deployment{
		Bucket: p.text("DestinationBucketName"), Prefix: p.text("DestinationBucketKeyPrefix"), Prune: p["Prune"] == nil || p.boolean("Prune"),
		Metadata: p.textMap("SystemMetadata"),
	}
	for i, key := range keys {
		asset, err := c.config.Assembly.Asset(here, buckets[i], key)
		if err != nil {
			return assembly.Values{}, err
		}
		d.Sources = append(d.Sources, asset.Path)
	}
	if err := c.buckets.Deploy(ctx, d); err != nil {
		return assembly.Values{}, err
	}
	if p.text("DistributionId") != "" {
		c.invalidate(p.texts("DistributionPaths"))
	}
	bucketARN := "arn:aws:s3:::" + d.Bucket
	return assembly.Values{Ref: r.name("", 128), Attributes: map[string]any{"DestinationBucketArn": bucketARN}}, nil
}

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-function.html
func createEdgeFunction(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	functionARN := "arn:aws:cloudfront::" + here.Account + ":function/" + r.properties.text("Name")
	c.draft.edge.functions[functionARN] = r.properties.text("FunctionCode")
	return assembly.Values{Ref: functionARN, Attributes: map[string]any{"FunctionARN": functionARN, "Stage": "LIVE"}}, nil
}

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-responseheaderspolicy.html
func createHeadersPolicy(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	id := r.uuid()
	h, err := responseHeaders(r.properties.object("ResponseHeadersPolicyConfig"))
	c.draft.edge.headers[id] = h
	return assembly.Values{Ref: id, Attributes: map[string]any{"Id": id}}, err
}

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-cachepolicy.html
func createCachePolicy(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	id := r.uuid()
	p, err := cachePolicy(r.properties.object("CachePolicyConfig"))
	c.draft.edge.caches[id] = p
	return assembly.Values{Ref: id, Attributes: map[string]any{"Id": id}}, err
}

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-distribution.html
func createDistribution(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	if c.draft.distribution != nil {
		return assembly.Values{}, errors.New("the local cloud serves one distribution, and the assembly has a second")
	}
	d, err := c.draft.edge.distribution(r.properties.object("DistributionConfig"))
	if err != nil {
		return assembly.Values{}, err
	}
	d.ID, d.DomainName = "E"+strings.ToUpper(r.hash()[:13]), "d"+r.hash()[:13]+".cloudfront.net"
	c.draft.distribution = &d
	return assembly.Values{Ref: d.ID, Attributes: map[string]any{"Id": d.ID, "DomainName": d.DomainName}}, nil
}

// invalidate empties the distribution's cache under the paths. Before the distribution serves there is nothing in it.
func (c *Cloud) invalidate(paths []string) {
	if len(paths) == 0 {
		paths = []string{"/*"}
	}
	if c.site != nil {
		c.site.Invalidate(paths...)
	}
}

// buildSite makes the handler of the distribution, when there is one.
func (c *Cloud) buildSite() error {
	if c.draft.distribution == nil {
		return nil
	}
	site, err := cloudfront.New(*c.draft.distribution, c.Origin)
	if err != nil {
		return fmt.Errorf("distribution %s: %w", c.draft.distribution.ID, err)
	}
	c.site = site
	return nil
}
