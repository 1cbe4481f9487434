package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/iam"
	"github.com/miyabi-society/platform/infra/local/s3"
)

// Condition keys that CloudFront's requests to a bucket have.
//
// Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
const (
	sourceARN       = "aws:sourcearn"
	sourceAccount   = "aws:sourceaccount"
	secureTransport = "aws:securetransport"
	tlsVersion      = "s3:tlsversion"
)

func bucketARN(name string) string { return "arn:aws:s3:::" + name }

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
func createBucket(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	name := strings.ToLower(r.name("BucketName", 63))
	r.properties.refuse("NotificationConfiguration", "WebsiteConfiguration", "CorsConfiguration")
	bucket, err := s3.Open(c.stateDir("buckets"), name, func(action, key string) bool { return c.permitsObject(name, action, key) })
	if err != nil {
		return assembly.Values{}, err
	}
	c.buckets[name] = bucket
	global, regional := name+".s3.amazonaws.com", name+".s3."+c.here.Region+".amazonaws.com"
	c.origins[global], c.origins[regional] = bucket, bucket
	return assembly.Values{Ref: name, Attributes: map[string]any{
		"Arn": bucketARN(name), "DomainName": global, "RegionalDomainName": regional,
		"DualStackDomainName": name + ".s3.dualstack." + c.here.Region + ".amazonaws.com",
	}}, nil
}

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucketpolicy.html
func createBucketPolicy(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	bucket := r.properties.text("Bucket")
	raw, err := json.Marshal(r.properties.object("PolicyDocument").all)
	var p iam.Policy
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	p = p.Of("cloudfront.amazonaws.com")
	c.draft.bucketPolicies[bucket] = p
	return assembly.Values{Ref: bucket}, errors.Join(err, p.Check(sourceARN, sourceAccount, secureTransport, tlsVersion))
}

// permitsObject evaluates the bucket's policy for the distribution. A bucket without one permits nothing.
func (c *Cloud) permitsObject(bucket, action, key string) bool {
	resource := bucketARN(bucket)
	if key != "" {
		resource += "/" + key
	}
	return c.draft.bucketPolicies[bucket].Allows(iam.Request{
		Action: action, Resource: resource,
		Context: map[string]string{sourceARN: c.draft.distribution, sourceAccount: c.here.Account, secureTransport: "true", tlsVersion: "1.2"},
	})
}

// createBucketDeployment does the work of CDK's function: it copies the source assets into the bucket. There is nothing to
// invalidate: the cache of a distribution begins empty when all resources are there.
//
// Source: https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_s3_deployment-readme.html
func createBucketDeployment(ctx context.Context, c *Cloud, r request) (assembly.Values, error) {
	p, none := r.properties, assembly.Values{}
	p.refuse("UserMetadata", "Exclude", "Include")
	if !p.boolean("Extract", true) {
		return none, errors.New("the local cloud deploys extracted sources only")
	}
	sources, keys := p.texts("SourceBucketNames"), p.texts("SourceObjectKeys")
	if len(sources) != len(keys) {
		return none, errors.New("SourceBucketNames and SourceObjectKeys differ in length")
	}
	d := s3.Deployment{
		Prefix: p.text("DestinationBucketKeyPrefix"), Prune: p.boolean("Prune", true), Markers: markersOf(p), Metadata: p.textMap("SystemMetadata"),
	}
	for i, key := range keys {
		asset, err := c.config.Assembly.Asset(sources[i], key)
		if err != nil {
			return none, err
		}
		d.Sources = append(d.Sources, asset)
	}
	name := p.text("DestinationBucketName")
	bucket, ok := c.buckets[name]
	if !ok {
		return none, fmt.Errorf("the bucket %s is not in the assembly", name)
	}
	if err := bucket.Deploy(ctx, d); err != nil {
		return none, err
	}
	return assembly.Values{Ref: r.name("", 128), Attributes: map[string]any{"DestinationBucketArn": bucketARN(name)}}, nil
}

// markersOf are what CDK writes for values that only a deployment knows into the files of each source, such as those of
// Source.jsonData, and these values.
func markersOf(p properties) []map[string]string {
	var out []map[string]string
	configs := p.objects("SourceMarkersConfig")
	for i, source := range p.objects("SourceMarkers") {
		values := map[string]string{}
		for marker := range source.all {
			values[marker] = source.text(marker)
			if i < len(configs) && configs[i].boolean("jsonEscape", false) {
				quoted := asJSON(values[marker])
				values[marker] = quoted[1 : len(quoted)-1]
			}
		}
		out = append(out, values)
	}
	return out
}
